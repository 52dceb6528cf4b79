"""CEILNet's blend (Fan et al. 2017, the paper's [5]) in exact integers.

Light adds: I = T + R. The reflection is out of focus (a Gaussian blur) and, where the sum would
overflow white, all of R is lowered by a multiple of the mean overflow, so that bright scenes do not
wash out. Integers decide what floats leave to noise: whether a pixel with T + R = 255 overflows.
The arithmetic is specified in docs/shard-format.md.
"""

import math
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image, Views
from seqsynth.synthesis.layers import MARGIN
from seqsynth.synthesis.windows import cut_windows

FineImage = NDArray[np.uint16]
"""uint16 (H, W, 3) in 1/256 of an 8-bit level, 0 to 65280."""

WHITE = 255 * 256


def blur_weights(kernel: int, sigma_px: float) -> NDArray[np.float64]:
    """Return the ``kernel`` Gaussian weights as whole numbers that sum to 65536."""
    radius = kernel // 2
    places = range(-radius, radius + 1)
    # math.exp, not numpy's: that one differs between processors in the last bit.
    gaussian = [math.exp(-(place**2) / (2 * sigma_px**2)) for place in places]
    scale = 65536 / math.fsum(gaussian)
    weights = [math.floor(scale * value + 0.5) for value in gaussian]
    weights[radius] += 65536 - sum(weights)
    return np.array(weights, np.float64)


def blur(photo: Image, weights: NDArray[np.float64]) -> FineImage:
    """Blur a crop that carries its surroundings, and cut the surroundings off.

    Parameters
    ----------
    photo : uint8 (H + 2 MARGIN, W + 2 MARGIN, 3)
    weights : from `blur_weights`

    Returns
    -------
    uint16 (H, W, 3) in 1/256 level, rounded once, half up
    """
    radius = len(weights) // 2
    sums = _filter(surroundings(photo, radius), weights)
    height, width = photo.shape[0] - 2 * MARGIN, photo.shape[1] - 2 * MARGIN
    return sums[radius : radius + height, radius : radius + width].astype(np.uint16)


def surroundings(photo: Image, radius: int) -> Image:
    """Narrow the scene around a crop from MARGIN to what a blur of this radius sees."""
    spare = MARGIN - radius
    return photo[spare : photo.shape[0] - spare, spare : photo.shape[1] - spare]


def reflection_layer(
    photo: Image, weights: NDArray[np.float64], strength: float
) -> tuple[FineImage, Image]:
    """Blur and scale a crop that carries its surroundings.

    Parameters
    ----------
    photo, weights : as for `blur`
    strength : as for `scale_reflection`

    Returns
    -------
    R in 1/256 level, uint16 (H, W, 3), and in whole levels, uint8 (H, W, 3)
    """
    fine = scale_reflection(blur(photo, weights), strength)
    return fine, to_levels(fine)


def blur_zero_padded(crop: Image, weights: NDArray[np.float64]) -> FineImage:
    """Blur a crop by itself, black beyond its border: CEILNet's letter.

    Returns
    -------
    uint16 of the crop's shape, in 1/256 level, rounded once, half up
    """
    return _filter(crop, weights).astype(np.uint16)


def scale_reflection(reflection: FineImage, strength: float) -> FineImage:
    """Multiply R by a strength in [0, 1], a multiple of 1/65536, rounding half up."""
    if strength == 1.0:
        return reflection
    factor = np.uint32(round(strength * 65536))
    return ((reflection * factor + np.uint32(32768)) >> np.uint32(16)).astype(np.uint16)


def headroom(transmission: Image) -> FineImage:
    """Return how much light fits on top of T before it is white, in 1/256 level."""
    return np.subtract(255, transmission, dtype=np.uint16) << np.uint16(8)


def overflow(room: FineImage, reflection: FineImage) -> tuple[int, int]:
    """Return the sum (in 1/256 level) and the number of values where T + R exceeds white.

    Parameters
    ----------
    room : uint16 (H, W, 3), the `headroom` of T
    reflection : uint16 (H, W, 3) in 1/256 level
    """
    # The saturating subtraction is max(256 T + R - 65280, 0) without leaving 16 bits.
    excess = cv2.subtract(reflection, room)
    total = sum(int(channel) for channel in cv2.sumElems(excess))
    return total, cv2.countNonZero(excess.reshape(excess.shape[0], -1))


def overflows(
    transmission: Image,
    reflection: FineImage,
    origins: tuple[NDArray[np.int16], NDArray[np.int16]],
    window: tuple[int, int],
) -> list[tuple[int, int]]:
    """Return the `overflow` of each view.

    Parameters
    ----------
    transmission : uint8 (h, w, 3), the layer
    reflection : uint16 (h', w', 3), the layer in 1/256 level
    origins : int16 (V, 2) each, row and column of the views in the T and in the R layer
    window : (H, W)
    """
    rooms = cut_windows(headroom(transmission), origins[0], window)
    views = cut_windows(reflection, origins[1], window)
    return [overflow(room, view) for room, view in zip(rooms, views, strict=True)]


def attenuation(total: int, count: int, factor: Fraction) -> int:
    """Return the levels to take from R: factor times the mean overflow, rounded, at most 255."""
    if count == 0:
        return 0
    # factor * total / (256 * count) + 1/2, rounded down, over one denominator.
    above, below = factor.numerator * total, factor.denominator * 256 * count
    return min(255, (2 * above + below) // (2 * below))


def to_levels(reflection: FineImage) -> Image:
    """Round 1/256 levels to whole ones, half up."""
    return ((reflection + np.uint16(128)) >> np.uint16(8)).astype(np.uint8)


def blend(transmission: Views, layer: Views, levels: NDArray[np.uint8]) -> tuple[Views, Views]:
    """Return I = min(T + R, 255) and R = max(layer - levels, 0) for every view.

    Parameters
    ----------
    transmission, layer : uint8 (V, H, W, 3)
    levels : uint8 (V,), the attenuation of each view
    """
    per_view = levels[:, None, None, None]
    reflection = np.maximum(layer, per_view) - per_view
    blended: Views = cv2.add(transmission.ravel(), reflection.ravel()).astype(np.uint8, copy=False)
    return blended.reshape(transmission.shape), reflection


def _filter(photo: Image, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both passes, in 1/256 level plus one half, so that truncation rounds half up.

    Exact on any processor: the sums of the first pass are whole numbers below 2**24, which float32
    holds, those of the second multiples of 2**-24 below 2**17, which float64 holds.
    """
    border = cv2.BORDER_CONSTANT
    single = np.float32
    sums = cv2.sepFilter2D(
        photo, cv2.CV_32F, weights.astype(single), np.ones(1, single), borderType=border
    )
    return cv2.sepFilter2D(  # type: ignore[return-value]  # CV_64F asks for float64
        sums, cv2.CV_64F, np.ones(1), weights / 2**24, delta=0.5, borderType=border
    )
