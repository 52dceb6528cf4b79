"""Pictures are shrunk by areas, to sides rounded half up."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.pictures.scaling import Image, shrink


@pytest.fixture
def scene() -> NDArray[np.uint8]:
    """Soft and without symmetry, so that JPEG keeps it well and every turn shows."""
    row, column = np.mgrid[0:40, 0:56]
    levels = np.stack([column * 4, row * 6, (row + column) * 2], -1)
    levels[5:12, 7:20] = (230, 30, 60)
    return levels.astype(np.uint8)


def test_full_scale_changes_nothing(scene: Image) -> None:
    assert shrink(scene, 1.0) is scene


def test_half_scale_averages_two_by_two(scene: Image) -> None:
    truth = scene.reshape(20, 2, 28, 2, 3).astype(float).mean((1, 3))
    # Columns are rounded before rows are averaged: half a level each.
    np.testing.assert_allclose(shrink(scene, 0.5), truth, atol=1)


@pytest.mark.parametrize(
    ("shape", "scale", "expected"),
    [((5, 7), 0.5, (3, 4)), ((375, 500), 0.6, (225, 300)), ((9, 10), 0.01, (1, 1))],
)
def test_sides_are_rounded_half_up(
    shape: tuple[int, int], scale: float, expected: tuple[int, int]
) -> None:
    assert shrink(np.zeros((*shape, 3), np.uint8), scale).shape[:2] == expected
