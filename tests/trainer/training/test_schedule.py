import pytest

from trainer.recipe import StageConfig
from trainer.training.schedule import epoch_of, learning_rate, stage_steps


def test_rate_drops_tenfold_with_the_first_step_of_the_fortieth_epoch() -> None:
    plan = StageConfig(batch=10)
    length = 95  # epoch 40 begins at sample 3800, in step 380
    assert learning_rate(379, plan, length) == pytest.approx(2e-4)
    assert learning_rate(380, plan, length) == pytest.approx(2e-5)


def test_steps_cover_every_epoch() -> None:
    assert stage_steps(StageConfig(epochs=3, batch=10), 95) == 29  # 285 samples
    assert stage_steps(StageConfig(steps=7), 95) == 7


def test_epoch_is_that_of_the_steps_first_sample() -> None:
    plan = StageConfig(batch=4)
    assert [epoch_of(step, plan, 6) for step in range(4)] == [0, 0, 1, 2]


def test_cosine_ends_at_zero_and_halves_in_the_middle() -> None:
    plan = StageConfig(schedule="cosine", steps=100, learning_rate=1.0)
    assert learning_rate(50, plan, 10) == pytest.approx(0.5)
    assert learning_rate(100, plan, 10) == pytest.approx(0.0)


def test_warm_up_rises_evenly_to_the_full_rate() -> None:
    plan = StageConfig(warmup_steps=4, learning_rate=8.0)
    assert [learning_rate(step, plan, 1000) for step in range(5)] == [2.0, 4.0, 6.0, 8.0, 8.0]
