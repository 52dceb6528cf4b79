"""What the pixels of a sequence say: brightness, saturation, and how far I is from T."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image, ViewSequence

WHITE = 255

COVERED_LEVELS = 8
"""A pixel is covered where a channel of I lies this far above T."""


@dataclass(frozen=True)
class Levels:
    """Measurements of a sequence's centre view, over all pixels and channels.

    Attributes
    ----------
    blended, transmission, reflection : mean level of I, T and R, 0 to 255; None where unknown
    blended_saturated, transmission_saturated : share of values at 255
    psnr_db : I against T, 10 log10(255^2 / mean squared difference); infinite where they are equal
    """

    blended: float
    transmission: float | None
    reflection: float | None
    blended_saturated: float
    transmission_saturated: float | None
    psnr_db: float | None


def measure_levels(sequence: ViewSequence) -> Levels:
    """Measure the centre view of a sequence."""
    blended = sequence.centre_blended
    truth = sequence.centre_transmission
    reflection = sequence.reflection
    return Levels(
        blended=_mean(blended),
        transmission=None if truth is None else _mean(truth),
        reflection=None if reflection is None else _mean(reflection[sequence.centre]),
        blended_saturated=_saturated(blended),
        transmission_saturated=None if truth is None else _saturated(truth),
        psnr_db=None if truth is None else _psnr_db(blended, truth),
    )


def covered_share(difference: NDArray[Any]) -> float:
    """Return the share of pixels of I - T (H, W, 3), signed levels, that are covered."""
    red, green, blue = (difference[..., channel] > COVERED_LEVELS for channel in range(3))
    return float((red | green | blue).mean())


def _mean(image: Image) -> float:
    return float(np.mean(image, dtype=np.float64))


def _saturated(image: Image) -> float:
    return float(np.count_nonzero(image == WHITE) / image.size)


def _psnr_db(image: Image, truth: Image) -> float:
    # The sum of squares is a whole number below 2**53: exact.
    squares = cv2.norm(image, truth, cv2.NORM_L2SQR)
    return 10 * math.log10(WHITE**2 * image.size / squares) if squares else math.inf
