"""Linear light in whole ticks: 8-bit levels to ticks and back through gamma 2.2.

Ticks are whole numbers held in float64: their sums are exact, and so alike on every processor.
2**20 of them keep even level 1 well apart from level 0.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image
from seqsynth.synthesis.integers.reference import blur_weights

GAMMA = 2.2
"""Display gamma of Zhang et al. 2018, and of the models that followed."""

FULL_LIGHT = 2**20
"""Ticks of linear light at level 255."""

Light = NDArray[np.float64]
"""float64 (..., H, W, 3), linear light in ticks, 0 to FULL_LIGHT."""


def light_of(levels: NDArray[np.uint8]) -> Light:
    """Return the linear light of 8-bit levels, in whole ticks."""
    light: Light = cv2.LUT(levels.ravel(), _light_of_level()).astype(np.float64, copy=False)
    return light.reshape(levels.shape)


def levels_of(light: Light) -> NDArray[np.uint8]:
    """Return the 8-bit levels of linear light, clipped: the rounded level of the nearest tick."""
    ticks = np.rint(np.clip(light, 0, FULL_LIGHT)).astype(np.intp)
    return _level_of_light().take(ticks)


@cache
def level_steps() -> NDArray[np.int32]:
    """Return the light that each level begins at, in half ticks: int32 (256,), level 0 at 0."""
    first_ticks = np.searchsorted(_level_of_light(), np.arange(256))
    steps = np.maximum(2 * first_ticks - 1, 0).astype(np.int32)
    steps.setflags(write=False)
    return steps


def blurred_light(scene: Image, sigma_px: float, radius_px: int) -> Light:
    """Blur a scene in linear light; the outer ``radius_px`` that lack neighbours are cut off.

    Returns
    -------
    float64 (h - 2 radius, w - 2 radius, 3), in exact multiples of 2**-32 tick
    """
    weights = blur_weights(2 * radius_px + 1, sigma_px)
    # Ticks times two weights stay below 2**53: exact in any order of addition.
    sums = cv2.sepFilter2D(light_of(scene), cv2.CV_64F, weights, weights)
    height, width = scene.shape[:2]
    inner = sums[radius_px : height - radius_px, radius_px : width - radius_px]
    return np.asarray(inner * 2.0**-32, dtype=np.float64)


@cache
def _light_of_level() -> Light:
    return np.rint(FULL_LIGHT * (np.arange(256) / 255) ** GAMMA)


@cache
def _level_of_light() -> NDArray[np.uint8]:
    share = np.arange(FULL_LIGHT + 1) / FULL_LIGHT
    return np.floor(255 * share ** (1 / GAMMA) + 0.5).astype(np.uint8)
