"""Rebuilding of layers compiled by numba: the bytes of `rebuild`, each pixel touched once.

Importing this module needs numba and takes time; `rebuild` decides when that is repaid.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from seqsynth.shards.vignette import FULL_SHARE, Vignette, level_lookup

Frames = Mapping[str, NDArray[np.uint8]]
"""As in `rebuild`: "blended", "transmission", "reflection" -> uint8 (V, H, W, 3)."""

Function = TypeVar("Function", bound=Callable[..., Any])

Rows = NDArray[np.uint8]
"""uint8 (height, 3 width) or (views, height, 3 width): pixels in rows, channels side by side."""

Origins = NDArray[np.int16]
"""int16 (views, 2), row and column of each window in its layer."""

Place = tuple[int, int]
"""Row and column of a crop within each window."""

Darkness = tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.uint8],
    NDArray[np.uint8],
]
"""Share of each row of a crop, and of each value in a row; the light that each level begins at; the
level of every whole light; bits, (views, H, B), of whole windows."""


def _compile(function: Function) -> Function:
    try:
        compiled = numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # there is nowhere to keep the compiled code
        compiled = numba.njit(function, nogil=True)
    return compiled  # type: ignore[no-any-return]  # numba is not typed


# Indices are of 64 bits and no sign throughout: others cost the loops a test each.


@_compile
def look_up(
    tables: NDArray[np.uint8],
    transmission: NDArray[np.uint8],
    reflection: NDArray[np.uint8],
    blended: NDArray[np.uint8],
) -> None:
    """Write I of a row."""
    if len(tables) == 1:
        table = tables[0]
        for step in range(len(blended)):
            cell = (np.uint64(transmission[step]) << np.uint64(8)) | np.uint64(reflection[step])
            blended[step] = table[cell]
        return
    for channel in range(len(tables)):
        table = tables[channel]
        for step in range(channel, len(blended), len(tables)):
            cell = (np.uint64(transmission[step]) << np.uint64(8)) | np.uint64(reflection[step])
            blended[step] = table[cell]


@_compile
def unpack(packed: NDArray[np.uint8], bits: NDArray[np.uint8]) -> None:
    """Write the eight bits of each byte, the highest first."""
    for place in range(len(packed)):
        byte, first = packed[place], 8 * place
        bits[first] = byte >> 7
        bits[first + 1] = (byte >> 6) & 1
        bits[first + 2] = (byte >> 5) & 1
        bits[first + 3] = (byte >> 4) & 1
        bits[first + 4] = (byte >> 3) & 1
        bits[first + 5] = (byte >> 2) & 1
        bits[first + 6] = (byte >> 1) & 1
        bits[first + 7] = byte & 1


@_compile
def add(
    layers: tuple[Rows, ...],
    origins: tuple[Origins, ...],
    place: Place,
    levels: NDArray[np.uint8],
    out: tuple[Rows, ...],
) -> None:
    """Write T, R = max(layer - level, 0) and I = min(T + R, 255) of every view.

    Parameters
    ----------
    layers, origins : of T and of R
    place : of the crop within each window
    levels : uint8 (views,), the attenuation
    out : T, R and I, (views, height, 3 width)
    """
    views, height, width = out[0].shape
    for view in range(views):
        level = levels[view]
        top, left = origins[0][view, 0] + place[0], 3 * (origins[0][view, 1] + place[1])
        r_top, r_left = origins[1][view, 0] + place[0], 3 * (origins[1][view, 1] + place[1])
        for row in range(height):
            seen = layers[0][top + row, left : left + width]
            reflected = layers[1][r_top + row, r_left : r_left + width]
            transmission, reflection, blended = (
                out[0][view, row],
                out[1][view, row],
                out[2][view, row],
            )
            for step in range(width):
                behind = seen[step]
                added = np.uint8(max(reflected[step], level) - level)
                total = np.uint8(behind + added)
                transmission[step] = behind
                reflection[step] = added
                blended[step] = np.uint8(255) if total < behind else total


@_compile
def copy(
    layers: tuple[Rows, ...],
    origins: tuple[Origins, ...],
    place: Place,
    tables: NDArray[np.uint8],
    out: tuple[Rows, ...],
) -> None:
    """Write T, R and I = table[T, R] of every view.

    Parameters
    ----------
    tables : uint8 (1 or 3, 65536), by level of T and of R
    layers, origins, place, out : as for `add`
    """
    views, height, width = out[0].shape
    for view in range(views):
        top, left = origins[0][view, 0] + place[0], 3 * (origins[0][view, 1] + place[1])
        r_top, r_left = origins[1][view, 0] + place[0], 3 * (origins[1][view, 1] + place[1])
        for row in range(height):
            seen = layers[0][top + row, left : left + width]
            reflected = layers[1][r_top + row, r_left : r_left + width]
            transmission, reflection = out[0][view, row], out[1][view, row]
            for step in range(width):
                transmission[step] = seen[step]
                reflection[step] = reflected[step]
            look_up(tables, transmission, reflection, out[2][view, row])


@_compile
def darken(
    layers: tuple[Rows, ...],
    origins: tuple[Origins, ...],
    place: Place,
    tables: NDArray[np.uint8],
    vignette: Darkness,
    out: tuple[Rows, ...],
) -> None:
    """Write T, R under a vignette and I = table[T, R] of every view.

    Parameters
    ----------
    layers, origins, place, tables, out : as for `copy`
    """
    views, height, width = out[0].shape
    rows, columns, begins, levels, bits = vignette
    light = np.empty(width, np.int32)
    above = np.empty(8 * bits.shape[2], np.uint8)
    for view in range(views):
        top, left = origins[0][view, 0] + place[0], 3 * (origins[0][view, 1] + place[1])
        r_top, r_left = origins[1][view, 0] + place[0], 3 * (origins[1][view, 1] + place[1])
        for row in range(height):
            seen = layers[0][top + row, left : left + width]
            reflected = layers[1][r_top + row, r_left : r_left + width]
            transmission, reflection = out[0][view, row], out[1][view, row]
            unpack(bits[view, place[0] + row], above)
            for step in range(width):
                share = rows[row] * columns[step]
                light[step] = np.int32(begins[np.uint64(reflected[step])] * share)
            for step in range(width):
                least = levels[np.uint64(light[step])]
                reflection[step] = least + above[np.uint64(3 * place[1] + step)]
            for step in range(width):
                transmission[step] = seen[step]
            look_up(tables, transmission, reflection, out[2][view, row])


def rebuild(
    stored: Mapping[str, Any], place: Place, vignette: Vignette | None, out: Frames
) -> None:
    """Do what `rebuild.rebuild_frames` does, whose checks come before.

    Parameters
    ----------
    stored : the datasets of a sequence by name
    place : row and column of the crop wanted of every view
    vignette : of the crop
    out : "blended", and whatever else is wanted
    """
    shape = out["blended"].shape
    flat = (*shape[:2], shape[2] * shape[3])
    frames = [out.get(name) for name in ("transmission", "reflection", "blended")]
    rows = tuple(
        # What is not wanted, or no run of rows, is written elsewhere.
        pixels.reshape(flat)
        if pixels is not None and pixels.flags.c_contiguous
        else np.empty(flat, np.uint8)
        for pixels in frames
    )
    layers = tuple(_flat(stored[name]) for name in ("transmission_layer", "reflection_layer"))
    windows = layers, (stored["transmission_origin"], stored["reflection_origin"]), place
    if "level_table" not in stored:
        add(*windows, stored["attenuation"], rows)
    else:
        tables = stored["level_table"].reshape(-1, 65536)
        if vignette is None:
            copy(*windows, tables, rows)
        else:
            darken(*windows, tables, _darkness(vignette, stored["vignette_bits"]), rows)
    for pixels, written in zip(frames, rows, strict=True):
        if pixels is not None and not pixels.flags.c_contiguous:
            pixels[:] = written.reshape(shape)


def _flat(layer: NDArray[np.uint8]) -> Rows:
    return layer.reshape(len(layer), -1)


def _darkness(vignette: Vignette, bits: NDArray[np.uint8]) -> Darkness:
    return (
        vignette.rows / FULL_SHARE,
        np.repeat(vignette.columns / FULL_SHARE, 3),
        vignette.steps.astype(np.float64),
        level_lookup(vignette.steps.tobytes()),
        bits,
    )
