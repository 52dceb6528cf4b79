"""The resampling compiled by numba: the integers of `resampling`, many times as fast.

Importing this module needs numba and takes time.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.homography import FINE, SourceMap
from seqsynth.motion.resampling import (
    ACROSS_SHIFT,
    BEFORE,
    DOWN_SHIFT,
    TAPS,
    WHITEST,
    tap_weights,
)

CHANNELS = 3
LANES = 24
"""Values of a row read at once: six pixels of three channels, filled up to whole vectors."""

Value = TypeVar("Value", np.uint8, np.uint16, np.float64)


def resample(layer: NDArray[Value], view: SourceMap, corner: tuple[int, int]) -> NDArray[Value]:
    """Do what `resampling.resample` does, of three channels."""
    height, width = view.window
    kind = layer.dtype if layer.dtype == np.uint8 else np.dtype(np.int64)
    # The last pixel's run of LANES values ends beyond the layer.
    values = np.zeros((len(layer), layer.shape[1] * CHANNELS + LANES - TAPS * CHANNELS), kind)
    values[:, : layer.shape[1] * CHANNELS] = layer.reshape(len(layer), -1)
    out = np.empty((height, width * CHANNELS), layer.dtype)
    most = WHITEST.get(layer.dtype.str[1:], 2**62)
    entries = view.entries.astype(np.float64)
    _loop()(values, entries, corner, _tables(kind == np.uint8, most), out)
    return out.reshape(height, width, CHANNELS)


@functools.cache
def _tables(narrow: bool, most: int) -> tuple[NDArray[Any], ...]:
    """Return the weights of every 1/256 px, and the same for each value of a run of pixels.

    The third table holds what is added before either shift, and the largest level.
    """
    kind = np.int32 if narrow else np.int64
    weights = tap_weights().astype(kind)
    lanes = np.zeros((FINE, LANES), kind)
    lanes[:, : TAPS * CHANNELS] = np.repeat(weights, CHANNELS, axis=1)
    constants = np.array([1 << (DOWN_SHIFT - 1), 1 << (ACROSS_SHIFT - 1), most], kind)
    return weights, lanes, constants


@functools.cache
def _loop() -> Callable[..., None]:
    """Return the loop over a view's pixels."""

    def loop(
        values: NDArray[Any],
        m: NDArray[np.float64],
        corner: tuple[int, int],
        tables: tuple[NDArray[Any], ...],
        out: NDArray[Any],
    ) -> None:
        weights, lanes, constants = tables
        height, width = out.shape[0], out.shape[1] // CHANNELS
        xs, ys = np.empty(width, np.int64), np.empty(width, np.int64)
        sums = np.empty(LANES, lanes.dtype)
        half_down, half_across, most = constants[0], constants[1], constants[2]
        kind = lanes.dtype.type
        for i in range(height):
            v = 2.0 * i - (height - 1)
            for j in range(width):
                u = 2.0 * j - (width - 1)
                depth = m[2, 0] * u + m[2, 1] * v + m[2, 2]
                along_x = (m[0, 0] * u + m[0, 1] * v + m[0, 2]) / depth
                along_y = (m[1, 0] * u + m[1, 1] * v + m[1, 2]) / depth
                xs[j] = np.int64(np.floor(128.0 * along_x + 0.5)) + 128 * (width - 1)
                ys[j] = np.int64(np.floor(128.0 * along_y + 0.5)) + 128 * (height - 1)
            for j in range(width):
                top = (ys[j] >> 8) - BEFORE - corner[0]
                first = CHANNELS * ((xs[j] >> 8) - BEFORE - corner[1])
                last = first + LANES
                d, across = weights[ys[j] & 255], lanes[xs[j] & 255]
                d0, d1, d2, d3, d4, d5 = d[0], d[1], d[2], d[3], d[4], d[5]
                r0, r1 = values[top, first:last], values[top + 1, first:last]
                r2, r3 = values[top + 2, first:last], values[top + 3, first:last]
                r4, r5 = values[top + 4, first:last], values[top + 5, first:last]
                for lane in range(LANES):
                    upper = d0 * kind(r0[lane]) + d1 * kind(r1[lane]) + d2 * kind(r2[lane])
                    lower = d3 * kind(r3[lane]) + d4 * kind(r4[lane]) + d5 * kind(r5[lane])
                    sums[lane] = kind(kind(upper + lower + half_down) >> kind(7)) * across[lane]
                for channel in range(CHANNELS):
                    total = half_across
                    for tap in range(TAPS):
                        total += sums[channel + CHANNELS * tap]
                    level = total >> 21
                    out[i, CHANNELS * j + channel] = min(max(level, 0), most)

    return _compile(loop)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        compiled: Callable[..., Any] = numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # there is nowhere to keep the compiled code
        compiled = numba.njit(function, nogil=True)
    return compiled
