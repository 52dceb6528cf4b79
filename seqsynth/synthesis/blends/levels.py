"""I as a table over the levels of T and of R: the last step of every blend.

I is computed from T and R as they are returned, 8-bit, so that whoever holds the two and the
recorded parameters can compute it again.
"""

import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Views
from seqsynth.synthesis.blends.light import GAMMA

LevelTable = NDArray[np.uint8]
"""uint8 (256, 256), the level of I for each level of T (row) and of R (column); (256, 256, 3) where
the channels of a sequence differ."""

TRANSMISSION = np.arange(256.0)[:, np.newaxis]
REFLECTION = np.arange(256.0)[np.newaxis, :]


def add_levels(gain: float) -> LevelTable:
    """Tabulate I = gain T + R."""
    return round_levels(gain * TRANSMISSION + REFLECTION)


def screen_levels(gain: float) -> LevelTable:
    """Tabulate I = S + R - S R / 255 with S = gain T."""
    scaled = gain * TRANSMISSION
    return round_levels((255 * (scaled + REFLECTION) - scaled * REFLECTION) / 255)


def add_light(gain: float) -> LevelTable:
    """Tabulate I = 255 (gain (T / 255)^2.2 + (R / 255)^2.2)^(1 / 2.2)."""
    light = gain * (TRANSMISSION / 255) ** GAMMA + (REFLECTION / 255) ** GAMMA
    return round_levels(255 * light ** (1 / GAMMA))


def round_levels(levels: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return float64 levels as 8-bit ones: floor(x + 1/2), then clipped to [0, 255]."""
    return np.clip(np.floor(levels + 0.5), 0, 255).astype(np.uint8)


def look_up(table: LevelTable, transmission: Views, reflection: Views) -> Views:
    """Return I for every pixel of T and R."""
    # One flat index takes half the time of indexing by two arrays.
    cell = transmission.astype(np.uint16)
    cell <<= 8
    cell |= reflection
    if table.ndim == 2:
        return table.ravel().take(cell)
    by_channel: Views = table.reshape(65536, 3)[cell, range(3)]
    return by_channel
