from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import ConfigError
from trainer.nets.config import ABLATIONS
from trainer.recipe import PRESETS, FitConfig, load_recipe


def test_defaults_are_the_papers_numbers() -> None:
    recipe = FitConfig()
    teacher, student = recipe.teacher, recipe.student
    assert (teacher.epochs, teacher.batch, student.epochs, student.batch) == (80, 10, 80, 1)
    assert {teacher.learning_rate, student.learning_rate} == {2e-4}
    assert {teacher.decay_epochs, student.decay_epochs} == {40}
    assert {teacher.decay, student.decay} == {0.1}
    assert {teacher.crop, student.crop} == {224}
    assert teacher.weights.model_dump() == {
        "reconstruction": 1.0,
        "perceptual": 1.0,
        "decoupling": 1.0,
        "view_synthesis": 0.1,
        "flow_supervision": 0.0,
    }
    assert student.weights.model_dump() == {
        "reconstruction": 1.0,
        "perceptual": 1.0,
        "adversarial": 1.0,
        "transfer": 1.0,
        "labels": 0.0,
    }


def test_extras_beyond_the_paper_are_off() -> None:
    recipe = FitConfig()
    for stage in (recipe.teacher, recipe.student):
        assert (stage.schedule, stage.warmup_steps, stage.ema, stage.steps) == ("step", 0, 0.0, 0)
    assert not recipe.net.residual
    assert recipe.net.res_scale == 1
    assert recipe.reverse_time == 0
    assert not recipe.flip_vertical
    assert recipe.student.gamma_start_epoch == 0


def test_file_overrides_preset_and_options_override_the_file(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text("seed = 4\n[teacher]\nbatch = 6\ncrop = 48\n")
    recipe = load_recipe("small", file, {"teacher": {"crop": 64}})
    assert recipe.seed == 4
    assert (recipe.teacher.batch, recipe.teacher.crop) == (6, 64)
    assert recipe.teacher.schedule == "cosine"


def test_every_unknown_setting_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        load_recipe(overrides={"sead": 1, "teacher": {"bach": 2}, "student": {"crop": 3}})
    for fault in ("sead", "teacher.bach", "student.crop"):
        assert fault in str(error.value)


@pytest.mark.parametrize("row", ABLATIONS)
def test_each_row_of_table_2_is_a_switch(row: str) -> None:
    net = load_recipe(ablate=[row]).net
    switches = [name for name in ABLATIONS.values() if not getattr(net, name)]
    assert switches == [ABLATIONS[row]]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid(preset: str) -> None:
    assert isinstance(load_recipe(preset), FitConfig)


def test_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="paper, small, photo"):
        load_recipe("tiny")


def test_photo_trains_the_student_alone() -> None:
    assert load_recipe("photo").stages == ("student",)


def test_without_knowledge_transfer_there_is_no_teacher() -> None:
    assert load_recipe(ablate=["kt"]).stages == ("student",)


PARTS = {"batch": 2, "accumulate": 2}


@pytest.mark.parametrize("loop", [{"student": PARTS}, {"method": {"name": "errnet", **PARTS}}])
def test_graphs_are_not_replayed_over_parts_of_a_step(loop: dict[str, Any]) -> None:
    replayed = {"compile": True, "graphs": True}
    with pytest.raises(ConfigError, match="set accumulate = 1, or graphs = false"):
        load_recipe("paper", overrides=replayed | loop)
    load_recipe("paper", overrides=loop)


def test_time_is_not_reversed_where_another_view_would_be_the_centre() -> None:
    with pytest.raises(ConfigError, match="odd number of views"):
        load_recipe(overrides={"reverse_time": 0.5, "net": {"views": 4}})


@pytest.mark.parametrize("preset", ["small", "photo", "demo"])
def test_narrow_residual_networks_leak(preset: str) -> None:
    # With ReLU they die: docs/training-on-cpu.md.
    net = load_recipe(preset).net
    assert net.residual
    assert net.leaky_slope > 0


def test_a_set_s_name_that_makes_no_file_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'a/b' becomes part of a file's name"):
        load_recipe(overrides={"validate_on": {"a/b": tmp_path}})


def test_further_sets_are_named_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text('[validate_on]\nsir2 = "shards/sir2"\n')
    assert load_recipe("photo", file).validate_on == {"sir2": Path("shards/sir2")}
