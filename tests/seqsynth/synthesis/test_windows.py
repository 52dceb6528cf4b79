"""Layers out of photos, windows out of layers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.sequence import Trajectory
from seqsynth.synthesis.layers import MARGIN
from seqsynth.synthesis.windows import cut_layers, cut_windows

CONFIG = SynthesisConfig(window=(8, 10), views=2, transmission_step=(0, 2), reflection_step=(0, 3))
STEPS = Trajectory(np.array([[0, 0], [2, 1]], np.int16), np.array([[0, 0], [3, 2]], np.int16))


def numbered(height: int, width: int) -> NDArray[np.uint8]:
    """A photo whose red says the row and whose green the column."""
    photo = np.zeros((height, width, 3), np.uint8)
    photo[..., 0], photo[..., 1] = np.indices((height, width))
    return photo


def test_layer_covers_every_window_and_no_more() -> None:
    pair = cut_layers(numbered(60, 70), numbered(200, 210), [(5, 7), (50, 60)], STEPS, CONFIG)
    assert pair.transmission.shape == (10, 12, 3)
    assert pair.transmission[0, 0].tolist() == [5, 7, 0]
    assert pair.reflection.shape == (11 + 2 * MARGIN, 13 + 2 * MARGIN, 3)
    assert pair.reflection[MARGIN, MARGIN].tolist() == [50, 60, 0]


@pytest.mark.parametrize("place", [(50, 60), (0, 0), (189, 3), (100, 197)])
def test_scene_around_the_reflection_is_mirrored_where_the_photo_ends(
    place: tuple[int, int],
) -> None:
    photo = numbered(200, 210)
    pair = cut_layers(numbered(60, 70), photo, [(0, 0), place], STEPS, CONFIG)
    mirrored = np.pad(photo, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="reflect")
    row, column = place
    wanted = mirrored[row : row + 11 + 2 * MARGIN, column : column + 13 + 2 * MARGIN]
    np.testing.assert_array_equal(pair.reflection, wanted)


def test_windows_are_views_of_the_layer() -> None:
    layer = numbered(10, 12)
    windows = cut_windows(layer, STEPS.transmission, (8, 10))
    assert [window[0, 0].tolist() for window in windows] == [[0, 0, 0], [2, 1, 0]]
    assert all(window.shape == (8, 10, 3) and window.base is layer for window in windows)
