from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from trainer.methods import find_method
from trainer.methods.method import Method
from trainer.methods.pair import Pair


def draw_images(count: int, side: int, generator: torch.Generator) -> Tensor:
    """Draw pictures with structure at several scales, float32 (B, 3, H, W) in [0, 1]."""
    total = torch.zeros(count, 3, side, side)
    for cells in (2, 5, 11):
        coarse = torch.rand(count, 3, cells, cells, generator=generator)
        total += functional.interpolate(coarse, (side, side), mode="bilinear")
    return total / 3


DrawPair = Callable[..., Pair]


@pytest.fixture
def draw_pair() -> DrawPair:
    """Draw photos with both layers known: (count, side, seed) -> pair whose I is 0.8 T + R."""

    def draw(count: int = 2, side: int = 64, seed: int = 0) -> Pair:
        generator = torch.Generator().manual_seed(seed)
        transmission = draw_images(count, side, generator)
        reflection = 0.4 * draw_images(count, side, generator)
        known, one = torch.ones(count, dtype=torch.bool), torch.ones(count)
        blended = 0.8 * transmission + reflection
        return Pair(blended, transmission, reflection, known, known, 0.8 * one, one, known)

    return draw


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


TINY: dict[str, dict[str, Any]] = {
    "ceilnet": {"width": 1 / 16},
    "zhang": {"width": 1 / 16, "vgg_width": 1 / 64},
    "bdn": {"width": 1 / 32},
    "rmnet": {"width": 1 / 32},
    "errnet": {"width": 1 / 64, "vgg_width": 1 / 64, "output": "linear"},
    "corrn": {"width": 1 / 32, "encoder": "random"},
    "ibcln": {"width": 1 / 32, "start": "torch"},
    "veil": {"width": 1 / 4, "blocks": 1},
}
"""Settings of seconds, VGG features of random weights included."""


def tiny(name: str, **changes: Any) -> tuple[Method[Any], Any]:
    """Return a method and a configuration of seconds."""
    method = find_method(name)
    return method, method.settings(**{**TINY[name], **changes})
