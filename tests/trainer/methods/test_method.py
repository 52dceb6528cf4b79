"""A method has one phase and no discriminator unless it says otherwise."""

import pytest
import torch

from tests.documentation.pages import blocks
from tests.trainer.methods.conftest import TINY, tiny
from trainer.methods.layers import patches_fool, patches_tell
from trainer.methods.method import Adversary, one_phase
from trainer.methods.settings import MethodConfig


def adversary(*phases: str) -> Adversary:
    return Adversary(
        network=torch.nn.Identity(),
        show=lambda outputs, pair: (outputs["transmission"], pair.transmission),
        fool=patches_fool,
        tell=patches_tell,
        phases=frozenset(phases),
    )


def test_an_adversary_of_no_named_phase_plays_in_all() -> None:
    assert adversary().plays("whole")
    assert adversary().plays("apart")


def test_an_adversary_of_named_phases_plays_in_these_alone() -> None:
    judge = adversary("joint", "late")
    assert [judge.plays(phase) for phase in ("apart", "joint", "late")] == [False, True, True]


def test_the_one_phase_has_the_recipe_of_the_method() -> None:
    config = MethodConfig(epochs=7, learning_rate=3e-4)
    ((name, phase),) = one_phase(config).items()
    assert name == "whole"
    assert (phase.epochs, phase.learning_rate) == (7, 3e-4)


@pytest.mark.parametrize("name", TINY)
def test_phases_that_are_fed_the_truth_are_phases_of_the_method(name: str) -> None:
    method, config = tiny(name)
    assert method.fed <= method.phases(config).keys()


def test_a_method_of_ones_own_takes_sixty_lines() -> None:
    (program,) = blocks("docs/own-method.md", "python")
    assert len(program.text.strip().splitlines()) <= 60
