"""What tells glass from a sum of pictures: how I follows from T, in tone and by channel.

Lines are fitted by least squares. Of light that adds to dimmed light, the slope in linear light is
the share that the glass lets through, as long as the reflection knows nothing of T.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.metrics import psnr_pooled, stretch_black_level
from seqsynth.sequence import Image

GAMMA = 2.2
"""Display gamma that pictures are taken to have."""

BRIGHT_PERCENT = 90
"""Percentile of T's values from which on they are bright."""

FLAT = 1e-9
"""Variance below which a picture tells no slope."""

CHANNELS = ("red", "green", "blue")

Floats = NDArray[np.float64]

_LIGHT = (np.arange(256) / 255) ** GAMMA
"""Linear light of a level, in [0, 1]."""


def measure_glass(blended: Image, truth: Image) -> dict[str, float]:
    """Measure how I follows from T; what flat or black pictures do not tell is left out.

    Parameters
    ----------
    blended, truth : uint8 (H, W, 3)
    """
    values = {}
    line = fit_line(truth.ravel(), blended.ravel())
    if line is not None:
        values["slope"], values["intercept"] = line
    if truth.any():
        values["bright"] = bright_ratio(blended, truth)
    gains = channel_gains(blended, truth)
    if gains is not None:
        values |= {f"gain_{name}": gain for name, gain in zip(CHANNELS, gains, strict=True)}
        values["gain_spread"] = max(gains) - min(gains)
    gained = psnr_pooled(stretch_black_level(blended), truth) - psnr_pooled(blended, truth)
    return {**values, "stretch": gained} if math.isfinite(gained) else values


def fit_line(given: NDArray[np.generic], wanted: NDArray[np.generic]) -> tuple[float, float] | None:
    """Return slope and intercept of the least-squares line; None where ``given`` is flat.

    Parameters
    ----------
    given, wanted : of any type, (n,)
    """
    x, y = given.astype(np.float64), wanted.astype(np.float64)
    mean_x, mean_y = float(x.mean()), float(y.mean())
    x -= mean_x
    variance = inner(x, x) / x.size
    if variance < FLAT:
        return None
    slope = inner(x, y) / x.size / variance
    return slope, mean_y - slope * mean_x


def inner(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the sum of products of (n,) and (n,).

    Not by BLAS, which shares a photo's values out over threads that then wait for one another.
    """
    return float(np.einsum("i,i->", x, y))


def bright_ratio(blended: Image, truth: Image) -> float:
    """Return mean I over mean T of the brightest tenth of T's values; T must not be black."""
    bright = truth >= max(1, np.percentile(truth, BRIGHT_PERCENT))
    where: NDArray[np.bool_] = bright if bright.any() else truth > 0
    return float(blended[where].sum(dtype=np.int64) / truth[where].sum(dtype=np.int64))


def channel_gains(blended: Image, truth: Image) -> tuple[float, float, float] | None:
    """Return the slope of I on T in linear light, by channel; None where one of T is flat."""
    planes = zip(cv2.split(truth), cv2.split(blended), strict=True)
    lines = [fit_line(*(cv2.LUT(plane, _LIGHT).ravel() for plane in pair)) for pair in planes]
    red, green, blue = (None if line is None else line[0] for line in lines)
    return None if red is None or green is None or blue is None else (red, green, blue)
