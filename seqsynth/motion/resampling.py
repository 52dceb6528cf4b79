"""Resampling of a layer in whole numbers: one view of a plane, six pixels a side deep.

A value between pixels is that of the polynomial of degree five through the six nearest pixels of
an axis (Lagrange): it keeps every polynomial up to that degree, and pixels that fall on pixels.
Its weights are fractions, so no mathematical library decides them.
"""

from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.homography import FINE, SourceMap

TAPS = 6
BEFORE = 2
"""Pixels read before the one that a position lies in; after it are one more."""
AFTER = 3

WEIGHT = 2**14
"""The sum of the six weights of a position."""
DOWN_SHIFT = 7
ACROSS_SHIFT = 21
"""Bits dropped, rounding half up, of the sums down the columns and then across: 8-bit levels and
their sums fit 32 bits."""

BAND = 64
"""Rows made at a time, so that what is gathered stays in the processor's cache."""

WHITEST = {"u1": 255, "u2": 255 * 256}
"""The largest value of a layer by its type; light, in float64, has none."""

Value = TypeVar("Value", np.uint8, np.uint16, np.float64)


@cache
def tap_weights() -> NDArray[np.int32]:
    """Return the weights of every 1/256 px: int32 (256, 6), each row summing to `WEIGHT`."""
    return np.array([_weights(Fraction(step, FINE)) for step in range(FINE)], np.int32)


def resample(layer: NDArray[Value], view: SourceMap, corner: tuple[int, int]) -> NDArray[Value]:
    """Return a view of a layer.

    Parameters
    ----------
    layer : uint8, uint16, or float64 of whole numbers below 2**31; (h, w, 3). It covers all that
        the view reads
    view : where the view's pixels lie in the centre view
    corner : row and column of the layer's top-left pixel in the centre view

    Returns
    -------
    (H, W, 3) of the same type, clipped to 0 from below, and from above to 255 (uint8) or to
    255 * 256 (uint16)
    """
    height, width = view.window
    depth = layer.shape[2]
    # Channel by channel, in floats that hold every sum down: 2**24 for 8 bits, 2**53 for more.
    wide = np.float32 if layer.dtype == np.uint8 else np.float64
    planes = np.ascontiguousarray(layer.reshape(-1, depth).T, wide)
    out = np.empty((height, width, depth), layer.dtype)
    for first in range(0, height, BAND):
        rows = slice(first, min(first + BAND, height))
        x, y = (fine.ravel() for fine in view.positions(rows))
        levels = _band(planes, layer.shape[1], x, y, corner)
        out[rows] = _clipped(levels, layer.dtype).T.reshape(-1, width, depth)
    return out


def _band(
    planes: NDArray[Any],
    stride: int,
    x: NDArray[np.int64],
    y: NDArray[np.int64],
    corner: tuple[int, int],
) -> NDArray[np.float64]:
    """Return some pixels of a view, float64 (C, n) in whole levels, from planes (C, h * stride)."""
    down = tap_weights().astype(planes.dtype).T[:, y % FINE]
    across = tap_weights().astype(np.float64).T[:, x % FINE]
    row, column = y // FINE - BEFORE - corner[0], x // FINE - BEFORE - corner[1]
    place = row * stride + column
    total = np.zeros((len(planes), len(x)))
    for step in range(TAPS):
        line = planes.take(place + step, axis=1) * down[0]
        for tap in range(1, TAPS):
            line += planes.take(place + tap * stride + step, axis=1) * down[tap]
        total += np.floor(line / 2**DOWN_SHIFT + 0.5) * across[step]
    levels: NDArray[np.float64] = np.floor(total / 2**ACROSS_SHIFT + 0.5)
    return levels


def _clipped(levels: NDArray[np.float64], kind: np.dtype[Any]) -> NDArray[np.float64]:
    return np.clip(levels, 0, WHITEST.get(kind.str[1:]))


def _weights(place: Fraction) -> list[int]:
    """Return the weights of a position between the third and the fourth of six pixels."""
    taps = range(-BEFORE, AFTER + 1)
    exact = []
    for tap in taps:
        value = Fraction(WEIGHT)
        for other in taps:
            if other != tap:
                value *= (place - other) / (tap - other)
        exact.append(value)
    weights = [(2 * value + 1) // 2 for value in exact]
    nearest = BEFORE if place <= Fraction(1, 2) else BEFORE + 1
    weights[nearest] += WEIGHT - sum(weights)
    return [int(weight) for weight in weights]
