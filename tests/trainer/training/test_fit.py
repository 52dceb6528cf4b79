import csv
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqsynth.errors import ConfigError, ShardError
from tests.trainer.training.runs import Recipe, train
from trainer.checkpoint import load_checkpoint, load_student
from trainer.cli.display import Display
from trainer.errors import (
    CheckpointError,
    CollapseError,
    DivergenceError,
    ResourceError,
    WeightsError,
)
from trainer.nets.config import ABLATIONS
from trainer.recipe import FitConfig
from trainer.training.fit import fit
from trainer.training.stages import StudentStage, TeacherStage
from trainer.training.watching import observer, validation
from trainer.training.watching.step_log import TIMINGS

RUN_AND_DIE = """
import json, os, signal, sys
from pathlib import Path
from trainer.training.fit import fit
from trainer.recipe import FitConfig
from trainer.training.watching import observer
observer.draw_curves = lambda *_: None
recipe, shards, out, stage, step = sys.argv[1:]
for report in fit(FitConfig.model_validate_json(recipe), [Path(shards)], Path(out)):
    if (report.stage, report.step) == (stage, int(step)):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def rows(file: Path) -> list[dict[str, str]]:
    """Return a log without the columns that differ from run to run."""
    with file.open(newline="") as source:
        return [
            {name: value for name, value in row.items() if name not in TIMINGS}
            for row in csv.DictReader(source)
        ]


def assert_same_run(first: Path, second: Path) -> None:
    """Compare weights bit for bit and logs word for word."""
    for stage in ("teacher", "student"):
        for log in ("metrics.csv", "validation.csv"):
            assert rows(first / stage / log) == rows(second / stage / log), (stage, log)
        weights = [load_checkpoint(out / stage / "last.pt").weights for out in (first, second)]
        assert weights[0].keys() == weights[1].keys()
        assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def kill_at(config: FitConfig, shards: Path, out: Path, stage: str, step: int) -> None:
    """Run in a process of its own that dies without warning after a step."""
    arguments = [config.model_dump_json(), shards, out, stage, step]
    command = [sys.executable, "-c", RUN_AND_DIE, *map(str, arguments)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


def stop_at(config: FitConfig, shards: Path, out: Path, stage: str, step: int) -> None:
    """Run and close the generator after a step."""
    steps = fit(config, [shards], out)
    for report in steps:
        if (report.stage, report.step) == (stage, step):
            break
    steps.close()


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda folder, *_: (folder / "curves.png").touch())


def test_killed_and_run_again_equals_an_uninterrupted_run(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    # A checkpoint every second step, so that a killed run has one behind it and steps to repeat.
    config = tiny({"save_steps": 2, "reverse_time": 0.5, "teacher": {"ema": 0.9}})
    train(config, [synthetic], tmp_path / "whole")
    kill_at(config, synthetic, tmp_path / "killed", "teacher", 5)
    kill_at(config, synthetic, tmp_path / "killed", "student", 3)
    train(config, [synthetic], tmp_path / "killed")
    assert_same_run(tmp_path / "whole", tmp_path / "killed")


def test_stopped_between_checkpoints_keeps_every_step(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"save_steps": 0})
    stop_at(config, synthetic, tmp_path, "teacher", 2)
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 2
    train(config, [synthetic], tmp_path)
    train(config, [synthetic], tmp_path / "whole")
    assert_same_run(tmp_path / "whole", tmp_path)


def test_threads_change_nothing(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    for ahead in (0, 3):
        train(tiny({"prefetch": ahead}), [synthetic], tmp_path / str(ahead))
    assert_same_run(tmp_path / "0", tmp_path / "3")


def test_a_trial_can_be_lengthened(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    train(tiny({"max_steps": 3}), [synthetic], tmp_path)
    assert load_checkpoint(tmp_path / "student" / "last.pt").step == 3
    again = train(tiny({"stage": "teacher"}), [synthetic], tmp_path)
    assert [report.step for report in again] == [4, 5, 6]


def test_a_finished_run_does_nothing(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    config = tiny({"stage": "teacher"})
    train(config, [synthetic], tmp_path)
    assert train(config, [synthetic], tmp_path) == []


def test_a_run_leaves_checkpoints_logs_curves_and_panels(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    stages = {stage: {"validate_steps": 3} for stage in ("teacher", "student")}
    train(tiny(stages), [synthetic], tmp_path)
    for stage in stages:
        left = {path.name for path in (tmp_path / stage).iterdir()}
        assert left == {
            "run.txt",
            "best.pt",
            "last.pt",
            "metrics.csv",
            "validation.csv",
            "curves.png",
            "panels",
        }
        panels = sorted(path.name for path in (tmp_path / stage / "panels").iterdir())
        assert panels == ["step-0000003.png", "step-0000006.png"]


def test_every_term_is_logged_every_step(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    train(tiny({"perceptual": "random"}), [synthetic], tmp_path)
    shared = {
        "step",
        "epoch",
        "learning_rate",
        "objective",
        "gradient_norm",
        "reconstruction",
        "perceptual",
    }
    own = {
        "teacher": {"decoupling", "view_synthesis", "flow_supervision"},
        "student": {
            "transfer",
            "adversarial",
            "discriminator",
            "discriminator_real",
            "discriminator_fake",
            "discriminator_gradient_norm",
            "knowledge_mean",
        },
    }
    for stage, terms in own.items():
        log = rows(tmp_path / stage / "metrics.csv")
        assert [row["step"] for row in log] == list("123456")
        for row in log:
            assert {name for name, value in row.items() if value} == shared | terms


def test_validation_stands_beside_its_baselines(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    reports = train(tiny(), [synthetic], tmp_path)
    teacher, student = (report.validations[-1].scores for report in reports if report.step == 6)
    for score in ("psnr", "ssim", "lmse", "structure_psnr"):
        for beside in ("", "_identity", "_stretch", "_linear"):
            assert score + beside in teacher
            assert score + beside in student
        assert f"{score}_repeated" in teacher
    assert {"epe_reflection", "epe_zero_reflection", "epe_constant_reflection"} <= teacher.keys()
    assert {"transfer_ratio", "dead_channels"} <= student.keys()


def test_every_network_s_life_is_logged_with_and_without_transfer(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    train(tiny({"max_steps": 2}), [synthetic], tmp_path / "both")
    train(tiny({"max_steps": 2, "net": {"kt": False}}), [synthetic], tmp_path / "alone")
    for stage in ("both/teacher", "both/student", "alone/student"):
        last = rows(tmp_path / stage / "validation.csv")[-1]
        for name in ("dead_everywhere", "dead_before_colours", "residual_std", "residual_std_true"):
            assert float(last[name]) >= 0, (stage, name)


@pytest.fixture
def _dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every validation find its network dead."""

    def killing(*parts: object) -> validation.Scoring:
        dead = {"residual_std": 0.001, "dead_before_colours": 0.8}
        found = validation.validate(*parts)
        return replace(found, inner=found.inner | dead)

    monkeypatch.setattr(observer, "validate", killing)


@pytest.mark.usefixtures("_dying")
def test_a_dead_network_ends_the_run_with_a_sentence(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"teacher": {"validate_steps": 2}})
    with pytest.raises(
        CollapseError, match=r"the teacher is dead at step 2: .*80% of the channels"
    ):
        train(config, [synthetic], tmp_path)
    # What was seen stays there to be looked at.
    assert rows(tmp_path / "teacher" / "validation.csv")[-1]["step"] == "2"
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 2


@pytest.mark.usefixtures("_dying")
def test_nobody_learns_from_a_teacher_that_was_dead_at_its_last_step(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        with pytest.raises(CollapseError, match=r"the teacher is dead at step 2.*another folder"):
            train(tiny({"max_steps": 2}), [synthetic], tmp_path)
    assert not (tmp_path / "student").exists()
    named = {"stage": "student", "teacher_from": tmp_path / "teacher" / "last.pt"}
    with pytest.raises(CollapseError, match=r"last\.pt: the teacher is dead at step 2"):
        train(tiny(named), [synthetic], tmp_path / "other")


@pytest.mark.usefixtures("_dying")
def test_a_network_is_found_dead_on_a_further_set_where_nothing_else_is_held_out(
    tiny: Recipe, captured: Path, pairs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tiny({"net": {"kt": False}, "max_steps": 2, "validate_on": {"real": pairs}})
    with pytest.raises(CollapseError, match="the student is dead at step 2"):
        train(config, [captured], tmp_path)
    assert "nothing is validated" not in caplog.text


def test_further_sets_are_scored_at_every_validation(
    tiny: Recipe, synthetic: Path, captured: Path, pairs: Path, tmp_path: Path
) -> None:
    config = tiny({"validate_on": {"real": pairs, "walk": captured}})
    reports = train(config, [synthetic], tmp_path)
    last = {report.stage: report.validations[-1] for report in reports if report.validations}
    # A teacher has nothing to say of single photos.
    assert list(last["teacher"].further) == ["walk"]
    assert list(last["student"].further) == ["real", "walk"]
    log = rows(tmp_path / "student" / "validation-real.csv")
    assert [row["step"] for row in log] == [
        row["step"] for row in rows(tmp_path / "student" / "validation.csv")
    ]
    for name in ("psnr", "structure_psnr", "structure_psnr_identity", "residual_std"):
        assert float(log[-1][name]) == pytest.approx(last["student"].further["real"][name])


def test_other_further_sets_do_not_keep_a_run_from_going_on(
    tiny: Recipe, synthetic: Path, pairs: Path, tmp_path: Path
) -> None:
    train(tiny({"stage": "teacher", "max_steps": 1}), [synthetic], tmp_path)
    config = tiny({"stage": "teacher", "max_steps": 2, "validate_on": {"real": pairs}})
    assert [report.step for report in train(config, [synthetic], tmp_path)] == [2]


def test_finished_run_says_of_further_sets_that_it_does_not_score_them(
    tiny: Recipe,
    synthetic: Path,
    pairs: Path,
    captured: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = {"max_steps": 1, "stage": "both"}
    train(tiny({**settings, "validate_on": {"walk": captured}}), [synthetic], tmp_path)
    assert not caplog.messages
    train(
        tiny({**settings, "validate_on": {"walk": captured, "real": pairs}}), [synthetic], tmp_path
    )
    # A teacher has nothing to say of single photos, and the other set was scored before.
    student = tmp_path / "student"
    assert caplog.messages == [
        f"{student} is trained to its end, so real of validate_on is not scored: trainer evaluate "
        f"scores {student / 'best.pt'} on a set"
    ]


def test_finished_teacher_is_not_sent_to_what_scores_students_alone(
    tiny: Recipe,
    synthetic: Path,
    captured: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = tiny({"stage": "teacher", "teacher": {"steps": 1}})
    train(config, [synthetic], tmp_path)
    scored = {"validate_on": {"walk": captured}}
    train(config.model_copy(update=scored), [synthetic], tmp_path)
    assert "walk of validate_on is not scored: with more teacher.steps" in caplog.text
    assert "trainer evaluate" not in caplog.text
    longer = tiny({"stage": "teacher", "teacher": {"steps": 2}, **scored})
    assert "walk" in train(longer, [synthetic], tmp_path)[-1].validations[-1].further


def test_the_objective_falls(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    teacher = {"steps": 40, "learning_rate": 2e-3, "validate_steps": 40}
    config = tiny({"teacher": teacher, "stage": "teacher"})
    reports = train(config, [synthetic], tmp_path)
    objective = [report.measures["objective"] for report in reports]
    assert sum(objective[-5:]) < 0.7 * sum(objective[:5])


@pytest.mark.parametrize("row", ABLATIONS.values())
def test_every_ablation_trains_both_stages(
    tiny: Recipe, synthetic: Path, tmp_path: Path, row: str
) -> None:
    config = tiny({"net": {row: False}, "max_steps": 1})
    reports = train(config, [synthetic], tmp_path)
    assert [report.stage for report in reports] == list(config.stages)


def test_five_views_train(tiny: Recipe, five_views: Path, tmp_path: Path) -> None:
    config = tiny({"net": {"views": 5}, "max_steps": 1})
    reports = train(config, [five_views], tmp_path)
    assert reports[0].validations[0].scores["psnr_repeated"] > 0


def test_all_kinds_train_together(
    tiny: Recipe, synthetic: Path, captured: Path, pairs: Path, tmp_path: Path
) -> None:
    config = tiny({"student": {"batch": 13}, "max_steps": 1})
    reports = train(config, [synthetic, captured, pairs], tmp_path)
    assert all(torch.isfinite(torch.tensor(r.measures["objective"])) for r in reports)


def test_views_without_a_truth_teach_a_student_what_its_teacher_draws(
    tiny: Recipe, synthetic: Path, write_views: Callable[..., Path], tmp_path: Path
) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    student = {"batch": 10, "weights": {"labels": 1.0}}
    train(tiny({"student": student, "max_steps": 2}), [synthetic, blind], tmp_path)
    for row in rows(tmp_path / "student/metrics.csv"):
        assert float(row["labels"]) > 0
    assert not any(row["labels"] for row in rows(tmp_path / "teacher/metrics.csv"))


def test_where_no_training_sequence_has_a_truth_no_colour_map_is_beside(
    tiny: Recipe,
    write_views: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    held_out = write_views("pair", 3, 2, split="val")
    config = tiny({"stage": "teacher", "max_steps": 2})
    reports = train(config, [blind, held_out], tmp_path)
    scores = reports[-1].validations[-1].scores
    assert scores["psnr_stretch"] > 0
    assert not [name for name in scores if name.endswith("_linear")]
    with Display(quiet=False) as display:
        display.show(reports[-1])
    assert f"(identity {scores['ssim_identity']:.3f}), LMSE" in capsys.readouterr().err


def test_single_photos_teach_no_teacher(tiny: Recipe, pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"teacher: .*pair: no .* with neighbouring views"):
        train(tiny(), [pairs], tmp_path)


def test_single_photos_teach_a_student_alone(tiny: Recipe, pairs: Path, tmp_path: Path) -> None:
    config = tiny({"net": {"kt": False}})
    assert len(train(config, [pairs], tmp_path)) == 6


def test_repeated_photos_may_teach_the_teacher(tiny: Recipe, pairs: Path, tmp_path: Path) -> None:
    config = tiny({"static": "repeat", "max_steps": 1})
    assert len(train(config, [pairs], tmp_path)) == 2


def test_without_held_out_sequences_the_last_is_the_best(
    tiny: Recipe, captured: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(tiny({"stage": "teacher"}), [captured], tmp_path)
    assert load_checkpoint(tmp_path / "teacher" / "best.pt").step == 6
    assert "no held-out sequences" in caplog.text


def test_a_loss_that_is_no_number_stops_and_is_named(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"stage": "teacher", "save_steps": 1, "teacher": {"learning_rate": 1e30}})
    with pytest.raises(DivergenceError, match=r"(reconstruction|decoupling|view_synthesis) is"):
        train(config, [synthetic], tmp_path)
    kept = load_checkpoint(tmp_path / "teacher" / "last.pt")
    assert kept.step == 1


def test_a_full_memory_says_what_to_lower(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(TeacherStage, "step", fail)
    with pytest.raises(ResourceError, match=r"at batch 2, crop 32 px.* lower teacher.batch"):
        train(tiny(), [synthetic], tmp_path)


def test_a_torn_shard_is_named_before_the_first_step(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    torn = tmp_path / "torn"
    shutil.copytree(synthetic, torn)
    file = torn / "train-00000.h5"
    file.write_bytes(file.read_bytes()[:-5000])
    with pytest.raises(ShardError, match=r"train-00000\.h5"):
        train(tiny(), [torn], tmp_path / "run")


def test_without_vgg_weights_nothing_begins(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))

    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(WeightsError, match=r"--vgg-weights FILE.*--perceptual none"):
        train(tiny({"perceptual": "vgg19"}), [synthetic], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_student_without_a_teacher_is_refused(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="no teacher yet"):
        train(tiny({"stage": "student"}), [synthetic], tmp_path)


def test_a_teacher_of_another_width_is_refused(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    train(tiny({"stage": "teacher", "max_steps": 1}), [synthetic], tmp_path / "narrow")
    wide = tiny(
        {
            "stage": "student",
            "net": {"width": 1 / 16},
            "teacher_from": tmp_path / "narrow" / "teacher" / "best.pt",
        }
    )
    with pytest.raises(CheckpointError, match="knowledge_channels is 4, the student's 8"):
        train(wide, [synthetic], tmp_path / "wide")


def test_a_crop_too_small_for_the_discriminator_is_found_before_the_teacher_trains(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="too small for d_layers = 3"):
        train(tiny({"net": {"d_layers": 3}}), [synthetic], tmp_path)


def test_the_discriminator_s_loss_never_reaches_the_student(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny({"max_steps": 2})
    train(config, [synthetic], tmp_path / "trained")

    def skip(*_: object) -> dict[str, torch.Tensor]:
        return {}

    monkeypatch.setattr(StudentStage, "_train_judge", skip)
    train(config.model_copy(update={"max_steps": 1}), [synthetic], tmp_path / "skipped")
    monkeypatch.undo()
    train(config.model_copy(update={"max_steps": 1}), [synthetic], tmp_path / "once")
    once, skipped = (
        load_checkpoint(tmp_path / name / "student" / "last.pt").weights
        for name in ("once", "skipped")
    )
    assert all(torch.equal(once[name], skipped[name]) for name in once)


def test_the_adversarial_terms_start_with_their_epoch(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    # Eight sequences at batch 2: the second epoch begins with the fifth step.
    config = tiny({"student": {"gamma_start_epoch": 1}})
    train(config, [synthetic], tmp_path)
    seen = [bool(row["adversarial"]) for row in rows(tmp_path / "student" / "metrics.csv")]
    assert seen == [False] * 4 + [True] * 2


def test_the_best_student_restores_a_photo_of_any_size(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    train(tiny(), [synthetic], tmp_path)
    student, checkpoint = load_student(tmp_path / "student" / "best.pt")
    assert checkpoint.config.net == student.config
    assert student(torch.rand(1, 3, 45, 37)).transmission.shape == (1, 3, 45, 37)


def test_bfloat16_trains(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    reports = train(tiny({"precision": "bfloat16", "max_steps": 1}), [synthetic], tmp_path)
    assert [report.stage for report in reports] == ["teacher", "student"]
