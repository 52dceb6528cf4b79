"""Structural similarity (SSIM, Wang et al. 2004) over windows that lie inside the picture."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from seqsynth.metrics.pictures import PEAK, Floats
from seqsynth.metrics.strips import Strip

BRIGHTNESS, CONTRAST = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
"""The two constants of the definition: they decide the score of flat windows."""


@dataclass(frozen=True)
class SsimWindow:
    """How SSIM averages: the window's side in px, its weighted mean, and n / (n - 1) or 1."""

    side: int
    blur: Callable[[Floats], Floats]
    sample_factor: float


def sum_ssim(strip: Strip, window: SsimWindow) -> Floats:
    """Return the sum of SSIM over the windows that begin in a strip, and their number.

    The two variances occur only as a sum, so four blurs do: both means, the mean of the summed
    squares, the mean of the product.
    """
    if len(strip.truth) < window.side:
        return np.zeros(2)
    rows, margin = slice(strip.own + window.side - 1), window.side // 2

    def means(values: Floats) -> Floats:
        return window.blur(values[rows])[margin:-margin]

    # The columns are cropped last: arithmetic on whole rows is three times as fast.
    ratio = _ratio(
        means(strip.prediction),
        means(strip.truth),
        means(strip.squares),
        means(strip.product),
        CONTRAST / window.sample_factor,
    )[:, margin:-margin]
    return np.array([ratio.sum(), ratio.size])


def _ratio(
    first: Floats, second: Floats, squares: Floats, product: Floats, contrast: float
) -> Floats:
    """Return SSIM from window means, in place: new arrays would cost more than the arithmetic.

    With m the product of both means and e the sum of their squares, SSIM is 4 times
    ``(m + B/2) (product - m + C/2) / ((e + B) (squares - e + C))``; C divided by the sample
    factor stands for multiplying both covariances by it.

    Parameters
    ----------
    first, second : means of the two pictures
    squares : mean of the sum of both squares
    product : mean of the product
    contrast : C
    """
    brightness = first * second
    brightness += BRIGHTNESS / 2
    first *= first
    second *= second
    first += second
    first += BRIGHTNESS
    product -= brightness
    product += (BRIGHTNESS + contrast) / 2
    squares -= first
    squares += BRIGHTNESS + contrast
    product *= brightness
    squares *= first
    product /= squares
    product *= 4
    return product


def _box_blur(rows: Floats) -> Floats:
    return np.asarray(cv2.boxFilter(rows, cv2.CV_64F, (7, 7)), np.float64)


def _gaussian_blur(rows: Floats) -> Floats:
    kernel = cv2.getGaussianKernel(11, 1.5, cv2.CV_64F)
    return np.asarray(cv2.sepFilter2D(rows, cv2.CV_64F, kernel, kernel), np.float64)


UNIFORM = SsimWindow(7, _box_blur, 49 / 48)
"""The field's: skimage's defaults, with sample covariances."""

GAUSSIAN = SsimWindow(11, _gaussian_blur, 1.0)
"""The definition's own."""
