"""The soft mask that parts T between its nearer and its farther plane, in whole numbers."""

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.extent import Extent
from seqsynth.seeds import Draws

KNOTS = 4
"""Knots a side of the frame; between them the mask's height is bilinear."""
HIGHEST = 255
STEEPNESS = 6
"""The mask goes from none to all over this fraction of the heights."""


def draw_knots(draws: Draws) -> NDArray[np.int64]:
    """Draw the heights of the knots, int64 (KNOTS, KNOTS), row by row, each 0 to 255."""
    heights = [draws.integer(0, HIGHEST) for _ in range(KNOTS**2)]
    return np.array(heights, np.int64).reshape(KNOTS, KNOTS)


def paint_mask(
    knots: NDArray[np.int64], window: tuple[int, int], extent: Extent
) -> NDArray[np.uint8]:
    """Return the share of the nearer plane over an extent, uint8 (h, w), 255 is all.

    Beyond the frame the mask goes on as it is at the frame's edge.
    """
    down = _between(window[0], extent.top, extent.height)
    across = _between(window[1], extent.left, extent.width)
    heights = down @ knots @ across.T  # in 1/65536 of a level
    middle = (HIGHEST * 65536) // 2
    levels = (STEEPNESS * (heights - middle) + middle + 32768) >> 16
    mask: NDArray[np.uint8] = np.clip(levels, 0, HIGHEST).astype(np.uint8)
    return mask


def _between(side: int, first: int, count: int) -> NDArray[np.int64]:
    """Return the weight of each knot at some pixels of an axis, in 1/256, (count, KNOTS)."""
    places = np.clip(np.arange(first, first + count), 0, side - 1)
    fine = places * (KNOTS - 1) * 256 // max(1, side - 1)
    before = np.minimum(fine >> 8, KNOTS - 2)
    weights = np.zeros((count, KNOTS), np.int64)
    rows = np.arange(count)
    weights[rows, before + 1] = fine - (before << 8)
    weights[rows, before] = 256 - weights[rows, before + 1]
    return weights
