"""One network and what moves it, against Adam worked by hand."""

import math

import pytest
import torch
from torch import nn

from trainer.machine import Machine
from trainer.recipe import StageConfig
from trainer.training.learner import Learner

CPU = Machine(torch.device("cpu"))


def learner(**settings: object) -> Learner[nn.Linear]:
    """A network of one weight, 1.0, and no bias."""
    net = nn.Linear(1, 1, bias=False)
    nn.init.ones_(net.weight)
    return Learner(net, StageConfig.model_validate(settings), CPU)


def slope(of: Learner[nn.Linear], gradient: float) -> torch.Tensor:
    """Return an objective with this gradient."""
    return (of.forward(torch.ones(1, 1)) * gradient).sum()


def test_the_first_step_of_adam_is_the_learning_rate_downhill() -> None:
    one = learner()
    one.update(slope(one, 3.0), 0.25)
    assert one.net.weight.item() == pytest.approx(0.75)


def test_a_second_step_follows_adam_s_moments() -> None:
    one = learner(clip=0.0)
    one.update(slope(one, 1.0), 0.1)
    one.update(slope(one, -2.0), 0.1)
    mean = (0.9 * 0.1 - 0.1 * 2) / (1 - 0.9**2)
    square = (0.999 * 0.001 + 0.001 * 4) / (1 - 0.999**2)
    assert one.net.weight.item() == pytest.approx(0.9 - 0.1 * mean / math.sqrt(square), rel=1e-5)


def test_the_norm_is_that_before_clipping() -> None:
    one = learner(clip=0.5)
    assert float(one.update(slope(one, 3.0), 0.1)) == pytest.approx(3.0)
    assert one.net.weight.grad is not None
    assert one.net.weight.grad.item() == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("objective", [math.nan, math.inf])
def test_an_objective_that_is_no_number_moves_nothing(objective: float) -> None:
    one = learner()
    one.update(slope(one, 1.0) * objective, 0.1)
    assert one.net.weight.item() == 1.0


def test_the_average_follows_by_its_decay_and_is_what_is_used() -> None:
    one = learner(ema=0.75)
    one.update(slope(one, 1.0), 0.4)
    assert one.usable is one.average
    assert one.usable.weight.item() == pytest.approx(0.75 * 1.0 + 0.25 * 0.6)
    assert not one.usable.weight.requires_grad


def test_what_is_saved_goes_on_as_if_nothing_had_been() -> None:
    plain, broken = learner(ema=0.5), learner(ema=0.5)
    for one in (plain, broken):
        one.update(slope(one, 1.0), 0.1)
    again = learner(ema=0.5)
    again.load(broken.state())
    for one in (plain, again):
        one.update(slope(one, -2.0), 0.1)
    assert torch.equal(plain.net.weight, again.net.weight)
    assert torch.equal(plain.usable.weight, again.usable.weight)


HALF = Machine(torch.device("cpu"), torch.float16)


def scaled(**settings: object) -> Learner[nn.Linear]:
    """A network of one weight, 1.0, trained in float16."""
    net = nn.Linear(1, 1, bias=False)
    nn.init.ones_(net.weight)
    return Learner(net, StageConfig.model_validate(settings), HALF)


def test_a_gradient_too_small_for_float16_still_moves() -> None:
    one = scaled()
    with HALF.autocast():
        # 1e-8 is zero in float16, where the smallest number is 6e-8.
        objective = one.forward(torch.ones(1, 1)).float().sum() * 1e-8
    assert float(one.update(objective, 0.25)) == pytest.approx(1e-8, rel=1e-2)
    # Adam's eps is 1e-8 too, so that half a step is taken.
    assert one.net.weight.item() == pytest.approx(1 - 0.25 / 2, rel=1e-2)


def test_a_step_that_overflows_is_left_out_and_the_scale_lowered() -> None:
    one = scaled()
    before = one.state()["scaler"]["scale"]
    objective = one.forward(torch.ones(1, 1)).sum() * 1e36
    assert float(one.update(objective, 0.25)) == 0.0
    assert one.net.weight.item() == 1.0
    assert one.state()["scaler"]["scale"] == before / 2
    assert float(one.update(slope(one, 1.0), 0.25)) == pytest.approx(1.0, rel=1e-2)
    assert one.net.weight.item() == pytest.approx(0.75)


def test_overflow_without_end_says_so() -> None:
    one = scaled()
    for _ in range(20):
        # The root of zero: a number whose gradient is none.
        norm = one.update((one.forward(torch.ones(1, 1)) * 0).sqrt().sum(), 0.25)
    assert not math.isfinite(float(norm))


def test_the_scale_is_taken_up_again() -> None:
    one, again = scaled(), scaled()
    one.update(one.forward(torch.ones(1, 1)).sum() * 1e36, 0.25)
    again.load(one.state())
    assert again.state()["scaler"] == one.state()["scaler"]


def test_parts_of_a_step_add_up() -> None:
    one, whole = learner(), learner()
    for gradient in (1.0, 2.0):
        one.descend(slope(one, gradient))
    assert float(one.advance(0.25)) == pytest.approx(3.0)
    whole.update(slope(whole, 3.0), 0.25)
    assert torch.equal(one.net.weight, whole.net.weight)


def test_one_part_that_is_no_number_spoils_its_step_alone() -> None:
    one = learner()
    one.descend(slope(one, math.nan))
    one.descend(slope(one, 1.0))
    assert math.isnan(float(one.advance(0.25)))
    assert one.net.weight.item() == 1.0
    one.update(slope(one, 1.0), 0.25)
    assert one.net.weight.item() == pytest.approx(0.75)
