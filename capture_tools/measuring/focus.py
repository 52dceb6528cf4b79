"""How sharp a photo is, told only by comparison: with its scene's other photos.

No single number says sharp; the same scene shot a moment later says what it could have been.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Light, Plane, WorkingView

FINE_BAND, COARSE_BAND = (0.8, 1.6), (1.6, 4.0)
"""Sigmas in working pixels of the blurs whose difference is a band of detail."""
LEAST_ENERGY = 0.05
"""Variance in levels squared below which a picture shows nothing to be sharp."""


@dataclass(frozen=True)
class Sharpness:
    """Detail of one photo; means nothing by itself.

    Attributes
    ----------
    laplacian_variance : of the grey, the most sensitive to blur, raised by a reflection
    band_ratio : fine over coarse detail, nearly blind to a reflection
    directions : gradient energy along x over y, and along the diagonal over the other
    doubt : why it cannot be told
    """

    laplacian_variance: float
    band_ratio: float
    directions: tuple[float, float]
    doubt: Doubt | None


@dataclass(frozen=True)
class SharpnessRatios:
    """Sharpness of a photo over the median of others; 1 is alike, less is blurrier.

    Attributes
    ----------
    laplacian, band : ratios of `Sharpness`'s measures
    direction : the ratio of directions further from 1; far from 1 is blur by motion
    doubt : why they cannot be told, or None
    """

    laplacian: float
    band: float
    direction: float
    doubt: Doubt | None


def measure_sharpness(view: WorkingView) -> Sharpness:
    """Measure the detail of one photo; in the dark noise passes for detail."""
    laplacian = float(np.asarray(cv2.Laplacian(view.grey, cv2.CV_32F)).var())
    fine, coarse = _band_energies(view.grey)
    directions = _direction_ratios(view.grey)
    doubt = None
    if min(laplacian, fine, coarse) < LEAST_ENERGY:
        doubt = Doubt.LITTLE_TEXTURE
    if view.light is Light.DARK:
        doubt = Doubt.TOO_DARK
    return Sharpness(laplacian, fine / max(coarse, 1e-9), directions, doubt)


def compare_sharpness(sharpness: Sharpness, others: Sequence[Sharpness]) -> SharpnessRatios:
    """Compare a photo with the median of others of its scene, all measured at one size."""
    doubts = [each.doubt for each in (sharpness, *others) if each.doubt is not None]
    if doubts or not others:
        return SharpnessRatios(1.0, 1.0, 1.0, doubts[0] if doubts else Doubt.LITTLE_TEXTURE)
    return SharpnessRatios(
        laplacian=_ratio(sharpness.laplacian_variance, [o.laplacian_variance for o in others]),
        band=_ratio(sharpness.band_ratio, [o.band_ratio for o in others]),
        direction=max(
            (_ratio(sharpness.directions[i], [o.directions[i] for o in others]) for i in (0, 1)),
            key=lambda ratio: abs(np.log(ratio)),
        ),
        doubt=None,
    )


def _ratio(value: float, others: list[float]) -> float:
    return max(value, 1e-9) / max(float(np.median(others)), 1e-9)


def _band_energies(grey: Plane) -> tuple[float, float]:
    """Return the variance of the fine and of the coarse band."""
    blurred = {
        sigma: np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
        for sigma in (*FINE_BAND, COARSE_BAND[1])
    }
    fine = blurred[FINE_BAND[0]] - blurred[FINE_BAND[1]]
    coarse = blurred[COARSE_BAND[0]] - blurred[COARSE_BAND[1]]
    return float(fine.var()), float(coarse.var())


def _direction_ratios(grey: Plane) -> tuple[float, float]:
    x, y = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    along, down, mixed = (float(np.vdot(a, b)) for a, b in ((x, x), (y, y), (x, y)))
    both = along + down
    across = (both + 2 * mixed + 1e-6) / (both - 2 * mixed + 1e-6)
    return (along + 1e-6) / (down + 1e-6), across
