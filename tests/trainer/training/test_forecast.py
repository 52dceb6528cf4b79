"""What a run would take, against numbers counted by hand and what a run really leaves."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from trainer.data.corpus import open_corpus
from trainer.nets import Discriminator, StudentNet, TeacherNet
from trainer.recipe import FitConfig
from trainer.training.cost import parameter_count
from trainer.training.fit import fit
from trainer.training.forecast import describe_run, forecast

Recipe = Callable[..., FitConfig]


def test_steps_are_epochs_over_the_mixture_rounded_up(tiny: Recipe, synthetic: Path) -> None:
    config = tiny({"teacher": {"steps": 0, "epochs": 3, "batch": 5}})
    found = forecast(config, open_corpus([synthetic], config), "teacher")
    assert (found.samples, found.steps) == (8, 5)  # 24 sequences in batches of 5


def test_a_trial_is_forecast_up_to_where_it_stops(tiny: Recipe, synthetic: Path) -> None:
    config = tiny({"max_steps": 4})
    assert forecast(config, open_corpus([synthetic], config), "teacher").steps == 4


def test_parts_of_a_batch_keep_only_their_own_activations(tiny: Recipe, synthetic: Path) -> None:
    found = []
    for batch, parts in ((4, 1), (4, 2), (2, 1)):
        config = tiny({"teacher": {"batch": batch, "accumulate": parts}})
        found.append(forecast(config, open_corpus([synthetic], config), "teacher"))
    whole, parted, half = found
    assert parted.memory == half.memory < whole.memory
    assert parted.flops == whole.flops


@pytest.mark.parametrize(("adversarial", "judged"), [(1.0, True), (0.0, False)])
def test_the_discriminator_is_counted_where_it_is_trained(
    tiny: Recipe, synthetic: Path, adversarial: float, judged: bool
) -> None:
    config = tiny({"student": {"weights": {"adversarial": adversarial}}})
    found = forecast(config, open_corpus([synthetic], config), "student")
    judge = parameter_count(Discriminator(config.net)) if judged else 0
    assert found.parameters == parameter_count(StudentNet(config.net)) + judge


def test_pictures_that_a_teacher_draws_as_labels_are_counted(
    tiny: Recipe, synthetic: Path, write_views: Callable[..., Path]
) -> None:
    shards = [synthetic, write_views("captured", 3, 2, truth=False, seed=9)]
    found = []
    for weight in (0.0, 1.0):
        config = tiny({"student": {"weights": {"labels": weight}}})
        found.append(forecast(config, open_corpus(shards, config), "student").flops)
    teacher, side, batch = TeacherNet(config.net), config.student.crop, config.student.batch
    views = torch.rand(batch, 3, 3, side, side)
    knowledge = teacher.distil(views)
    with FlopCounterMode(display=False) as counter:
        teacher.draw(knowledge, views[:, 1])
    assert found[1] - found[0] == pytest.approx(counter.get_total_flops())


def test_the_disk_holds_the_checkpoints_and_little_more(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"net": {"width": 1 / 8}, "stage": "teacher", "max_steps": 1})
    found = forecast(config, open_corpus([synthetic], config), "teacher")
    assert found.parameters == parameter_count(TeacherNet(config.net))
    for _ in fit(config, [synthetic], tmp_path):
        pass
    left = sum(file.stat().st_size for file in (tmp_path / "teacher").glob("*.pt"))
    # What two checkpoints share is counted twice: a forecast must not say too little.
    assert left < found.disk < 1.3 * left


def test_a_description_names_shards_and_stages(tiny: Recipe, synthetic: Path) -> None:
    text = describe_run(tiny(), [synthetic])
    assert f"{synthetic}: synthetic, 8 train, 2 val; seen 1 times an epoch" in text
    assert "teacher: " in text
    assert "student: " in text
