"""Cuts of a pair's layers: the windows of all views, and R with the surroundings a blend needs."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image, Views
from seqsynth.synthesis.layers import MARGIN, LayerPair
from seqsynth.synthesis.windows import cut_windows

Value = TypeVar("Value", np.uint8, np.uint16, np.float64)


def transmission_windows(pair: LayerPair) -> Views:
    """Return T of every view, the centre's an untouched photo: uint8 (V, H, W, 3)."""
    if pair.camera is not None:
        return pair.camera.transmission(pair.transmission)
    return np.stack(cut_windows(pair.transmission, pair.transmission_origin, pair.window))


def reflection_windows(pair: LayerPair, layer: NDArray[Value]) -> NDArray[Value]:
    """Return what every view shows of a reflection layer whose margin is gone.

    Parameters
    ----------
    layer : uint8 levels, uint16 in 1/256 level, or float64 of whole numbers below 2**31; (h, w, 3)
    """
    if pair.camera is not None:
        return pair.camera.reflection(layer)
    return np.stack(cut_windows(layer, pair.reflection_origin, pair.window))


def reflection_scene(pair: LayerPair, reach_px: int) -> Image:
    """Return the reflection layer with ``reach_px`` of scene left on every side."""
    return moved(pair.reflection, MARGIN - reach_px, (0, 0))


def moved(layer: NDArray[Value], edge_px: int, shift_px: tuple[int, int]) -> NDArray[Value]:
    """Move a layer's content down and right by a shift, and cut ``edge_px`` off every side.

    The shift is at most ``edge_px`` either way, so that what moves in is real scene.
    """
    down_px, right_px = shift_px
    height, width = layer.shape[:2]
    rows = slice(edge_px - down_px, height - edge_px - down_px)
    return layer[rows, edge_px - right_px : width - edge_px - right_px]
