import pytest

from trainer.methods.settings import PhaseConfig
from trainer.recipe import StageConfig
from trainer.training.schedule import learning_rate
from trainer.training.timetable import Timetable, phase_rate


def test_phases_follow_one_another():
    first, second = (
        PhaseConfig(epochs=2, learning_rate=1.0),
        PhaseConfig(steps=3, learning_rate=2.0),
    )
    table = Timetable({"apart": first, "joint": second}, batch=2, epoch_length=5)
    # Two epochs of 5 samples in pairs are 5 steps.
    assert table.steps == 8
    moments = [table.at(step) for step in range(8)]
    assert [moment.phase for moment in moments] == ["apart"] * 5 + ["joint"] * 3
    assert [moment.learning_rate for moment in moments] == [1.0] * 5 + [2.0] * 3
    assert [moment.epoch for moment in moments] == [0, 0, 0, 1, 1, 0, 0, 0]
    assert [moment.step for moment in moments] == list(range(8))
    assert table.epoch(7) == 2


def test_a_stage_of_the_paper_keeps_its_schedule():
    plan = StageConfig(epochs=3, decay_epochs=1, batch=2)
    table = Timetable({"student": plan}, batch=2, epoch_length=4)
    assert table.steps == 6
    for step in range(6):
        assert table.at(step).learning_rate == learning_rate(step, plan, 4)


@pytest.mark.parametrize(
    ("epoch", "factor"), [(0, 1), (29, 1), (30, 0.5), (40, 0.1), (45, 0.5), (59, 0.1)]
)
def test_milestones_may_rise_again(epoch, factor):
    phase = PhaseConfig(learning_rate=1.0, milestones=((30, 0.5), (40, 0.1), (45, 0.5), (50, 0.1)))
    assert phase_rate(phase, 0, epoch, 100) == factor


@pytest.mark.parametrize(("epoch", "factor"), [(0, 1), (100, 1), (150, 0.5), (200, 0)])
def test_a_line_falls_to_zero(epoch, factor):
    phase = PhaseConfig(epochs=200, learning_rate=1.0, schedule="linear", linear_from=100)
    assert phase_rate(phase, 0, epoch, 100) == factor


def test_cosine_and_warm_up():
    phase = PhaseConfig(steps=100, learning_rate=4.0, schedule="cosine", warmup_steps=4)
    assert phase_rate(phase, 0, 0, 100) == pytest.approx(1.0)
    assert phase_rate(phase, 50, 0, 100) == pytest.approx(2.0)
    assert phase_rate(phase, 100, 0, 100) == pytest.approx(0.0)
