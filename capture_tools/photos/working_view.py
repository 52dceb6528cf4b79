"""A photo reduced once to the size, greys and masks that every measurement works on.

About 900 pixels of width measure as well as the full picture and cost a seventh.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
Warp = NDArray[np.float64]

WORKING_WIDTH = 960
"""Aim of the longest side: photos of 1760 and of 4032 pixels are halved and quartered."""
CLIPPED_LEVEL = 250
"""A level so close to white no longer follows the light: there many cameras bend their curve."""

LOW_LIGHT_LEVEL = 50.0
DARK_LEVEL = 35.0


class Light(StrEnum):
    """How light a photo is, by its mean grey level; paper 4.1 wants normal and low light."""

    NORMAL = "normal"
    LOW = "low"
    DARK = "dark"


@dataclass(frozen=True)
class WorkingView:
    """One photo as measured: reduced by a whole factor, its greys and masks made once.

    Attributes
    ----------
    full_size : (H, W) of the photo
    factor : full-size pixels per working pixel
    pixels : uint8 (h, w, 3), RGB
    grey : float32 (h, w), 0 to 255 as displayed
    linear : float32 (h, w), 0 to 1, mean of the channels in linear light
    clipped : bool (h, w), some full-size pixel under it has a channel at or near white
    clipped_share : share (0 to 1) of the photo's own pixels that are white in some channel
    """

    full_size: tuple[int, int]
    factor: int
    pixels: Image
    grey: Plane
    linear: Plane
    clipped: Mask
    clipped_share: float
    mean_grey: float

    @property
    def width_px(self) -> int:
        """Width of the photo."""
        return self.full_size[1]

    @property
    def light(self) -> Light:
        """Label of the light level; in the dark most measurements cannot tell."""
        if self.mean_grey < DARK_LEVEL:
            return Light.DARK
        return Light.LOW if self.mean_grey < LOW_LIGHT_LEVEL else Light.NORMAL

    @property
    def to_full(self) -> Warp:
        """3x3: working pixel to the full-size position of its centre."""
        shift = (self.factor - 1) / 2
        return np.array([[self.factor, 0, shift], [0, self.factor, shift], [0, 0, 1.0]])


def reduce_view(image: Image, *, working_width: int = WORKING_WIDTH) -> WorkingView:
    """Reduce a photo, uint8 (H, W, 3) RGB, by area averaging; it need not be kept afterwards."""
    factor = max(1, round(max(image.shape[:2]) / working_width))
    pixels, clipped = _reduced(image, factor)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return WorkingView(
        full_size=(image.shape[0], image.shape[1]),
        factor=factor,
        pixels=pixels,
        grey=grey,
        linear=linear_grey(pixels),
        clipped=clipped,
        clipped_share=measure_clipping(image),
        mean_grey=float(grey.mean()),
    )


def measure_clipping(image: Image) -> float:
    """Return the share (0 to 1) of a photo's pixels that are white in some channel."""
    count = image.shape[0] * image.shape[1]
    unclipped = cv2.countNonZero(cv2.inRange(image, (0, 0, 0), (253, 253, 253)))
    return float((count - unclipped) / count)


def linear_grey(pixels: Image) -> Plane:
    """Return the mean of the three channels in linear light, float32 (h, w) in [0, 1]."""
    mean = np.full((1, 3), 1 / 3, np.float32)
    return np.asarray(cv2.transform(linear_light(pixels), mean), np.float32)


def linear_light(pixels: Image) -> Plane:
    """Undo the sRGB curve (IEC 61966-2-1) by a table: uint8 to float32 in [0, 1], same shape."""
    return np.asarray(cv2.LUT(pixels, _linear_table()), np.float32)


def _reduced(image: Image, factor: int) -> tuple[Image, Mask]:
    """Return the picture and its mask of clipped pixels, each ``factor`` times smaller."""
    height, width = image.shape[0] // factor, image.shape[1] // factor
    # Up to factor - 1 rows and columns are left out, so that the factor is a whole number.
    whole = image[: height * factor, : width * factor]
    unclipped = cv2.inRange(whole, (0, 0, 0), (CLIPPED_LEVEL - 1,) * 3)
    if factor == 1:
        return np.ascontiguousarray(whole), unclipped == 0
    pixels = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    share = cv2.resize(unclipped, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, np.uint8), np.asarray(share < 255)


@lru_cache(maxsize=1)
def _linear_table() -> Plane:
    coded = np.arange(256, dtype=np.float64) / 255
    toe, curve = coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4
    return np.where(coded <= 0.04045, toe, curve).astype(np.float32)
