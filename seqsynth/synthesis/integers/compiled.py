"""CEILNet's arithmetic compiled by numba: the integers of `reference`, in half the time.

Importing this module needs numba and takes time; `arithmetic_for` decides.
"""

import functools
from collections.abc import Callable
from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.integers.reference import FineImage
from seqsynth.synthesis.layers import MARGIN

CHANNELS = 3


def reflection_layer(
    photo: Image, weights: NDArray[np.float64], strength: float
) -> tuple[FineImage, Image]:
    """Do what `reference.reflection_layer` does.

    The columns are summed by OpenCV, into whole numbers below 2**24; the rows, the rounding and
    the whole levels are one pass over those sums. Exact like `reference`, and for its reasons.
    """
    radius = len(weights) // 2
    single = np.float32
    sums = cv2.sepFilter2D(
        reference.surroundings(photo, radius),
        cv2.CV_32F,
        np.ones(1, single),
        weights.astype(single),
        borderType=cv2.BORDER_CONSTANT,
    )
    height, width = photo.shape[0] - 2 * MARGIN, photo.shape[1] - 2 * MARGIN
    fine = np.empty((height, CHANNELS * width), np.uint16)
    levels = np.empty((height, CHANNELS * width), np.uint8)
    _row_pass(radius)(sums.reshape(len(sums), -1), weights / 2**24, fine, levels)
    fine, levels = (layer.reshape(height, width, CHANNELS) for layer in (fine, levels))
    if strength != 1.0:
        fine = reference.scale_reflection(fine, strength)
        levels = reference.to_levels(fine)
    return fine, levels


def overflows(
    transmission: Image,
    reflection: FineImage,
    origins: tuple[NDArray[np.int16], NDArray[np.int16]],
    window: tuple[int, int],
) -> list[tuple[int, int]]:
    """Do what `reference.overflows` does."""
    # The compiler makes fast loops of contiguous rows alone.
    rows = [
        np.ascontiguousarray(layer).reshape(len(layer), -1) for layer in (transmission, reflection)
    ]
    places = zip(*(origin.tolist() for origin in origins), strict=True)
    count = _overflow()
    return [count(*rows, tuple(of_t), tuple(of_r), window) for of_t, of_r in places]


@functools.cache
def _row_pass(radius: int) -> Callable[..., None]:
    """Return the second pass for one radius: a constant, so that its loop is unrolled."""
    far = 2 * radius

    def row_pass(
        sums: NDArray[np.float32],
        weights: NDArray[np.float64],
        fine: NDArray[np.uint16],
        levels: NDArray[np.uint8],
    ) -> None:
        height, width = fine.shape
        for row in range(height):
            for place in range(width):
                total = 0.5 + weights[radius] * np.float64(
                    sums[row + radius, place + CHANNELS * radius]
                )
                for step in range(radius):
                    total += weights[step] * (
                        np.float64(sums[row + radius, place + CHANNELS * step])
                        + np.float64(sums[row + radius, place + CHANNELS * (far - step)])
                    )
                value = np.int32(total)
                fine[row, place] = value
                levels[row, place] = np.int32(value + 128) >> 8

    return _compile(row_pass)


@functools.cache
def _overflow() -> Callable[..., tuple[int, int]]:
    """Return `reference.overflow` of one view, cut out of both layers by itself."""

    def overflow(
        transmission: NDArray[np.uint8],
        reflection: NDArray[np.uint16],
        place: tuple[int, int],
        reflection_place: tuple[int, int],
        window: tuple[int, int],
    ) -> tuple[int, int]:
        total, count = np.int64(0), np.int64(0)
        left, reflection_left = CHANNELS * place[1], CHANNELS * reflection_place[1]
        width = CHANNELS * window[1]
        for row in range(window[0]):
            light = transmission[place[0] + row, left : left + width]
            added = reflection[reflection_place[0] + row, reflection_left : reflection_left + width]
            # 32 bits hold a row's sum for views of up to 10,000 px.
            row_total, row_count = np.int32(0), np.int32(0)
            for column in range(width):
                excess = np.int32(
                    np.int32(added[column])
                    + np.int32(np.int32(light[column]) << 8)
                    - np.int32(reference.WHITE)
                )
                if excess > 0:
                    row_total = np.int32(row_total + excess)
                    row_count = np.int32(row_count + 1)
            total += row_total
            count += row_count
        return int(total), int(count)

    return _compile(overflow)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        compiled: Callable[..., Any] = numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # there is nowhere to keep the compiled code
        compiled = numba.njit(function, nogil=True)
    return compiled
