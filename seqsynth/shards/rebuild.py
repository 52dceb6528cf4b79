"""Bring a stored sequence back as frames: copied from layout views, rebuilt from layout layers.

The rebuilding is the format's arithmetic (docs/shard-format.md), exact on every machine:
``T = layer[window]``; ``R = max(layer[window] - attenuation, 0)`` and ``I = min(T + R, 255)``, or,
of a blend that has one, ``I = level_table[T, R]``, with R darkened by a vignette where there is
one.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.schema import VIGNETTE
from seqsynth.shards.vignette import Vignette, checked, least_levels, row_blocks, unpack_bits


@dataclass(frozen=True)
class Crop:
    """A rectangle of every view: row and column of its corner, height and width, px."""

    row: int
    column: int
    height: int
    width: int


Frames = Mapping[str, NDArray[np.uint8]]
"""Some of "blended", "transmission", "reflection" -> uint8 (V, H, W, 3)."""

_OF_TRANSMISSION = frozenset({"transmission_layer", "transmission_origin"})
_OF_REFLECTION = VIGNETTE | {"reflection_layer", "reflection_origin", "attenuation"}
_NEEDED = {
    "blended": _OF_TRANSMISSION | _OF_REFLECTION | {"level_table"},
    "transmission": _OF_TRANSMISSION,
    "reflection": _OF_REFLECTION,
}
"""What each kind of frame is rebuilt from."""

LAYERS = ("transmission", "reflection")

WORTHWHILE = {"vignette_bits": 250, "level_table": 1000, "attenuation": 6000}
"""Sequences rebuilt in a process, by what they are rebuilt with, from which on compiled code saves
more than its start costs."""

_rebuilt: Counter[str] = Counter()


def fill_frames(shard: MappedShard, row: int, crop: Crop, out: Frames) -> None:
    """Write the frames of one sequence into ``out``.

    Parameters
    ----------
    shard : an open shard
    row : the sequence's number in the shard
    crop : the rectangle wanted of every view
    out : the wanted kinds of frames -> uint8 (V, crop.height, crop.width, 3), written to

    Raises
    ------
    ShardError
        A wanted kind of frame is unknown to the shard.
    """
    if shard.layout == "layers":
        arrays = shard.arrays
        stored = {name: arrays[name][row] for name in _needed(frozenset(out)) if name in arrays}
        try:
            rebuild_frames(stored, crop, out)
        except ShardError as error:
            raise ShardError(f"sequence {row}: {error}; run seqsynth verify") from None
        return
    bottom, right = crop.row + crop.height, crop.column + crop.width
    for name, frames in out.items():
        if name not in shard:
            raise ShardError(f"the {name} of these sequences is unknown; it is not in the shard")
        frames[:] = shard.arrays[name][row, :, crop.row : bottom, crop.column : right]


@cache
def _needed(kinds: frozenset[str]) -> tuple[str, ...]:
    """Return the datasets that some kinds of frames are rebuilt from."""
    return tuple(sorted(frozenset[str]().union(*(_NEEDED[kind] for kind in kinds))))


def rebuild_frames(stored: Mapping[str, Any], crop: Crop, out: Frames) -> None:
    """Write the frames of one sequence of layout layers into ``out``.

    Parameters
    ----------
    stored : its datasets by name, those that the frames need
    crop, out : as for `fill_frames`

    Raises
    ------
    ShardError
        A window leaves its layer, or the vignette is none.
    """
    layers = [layer for layer in LAYERS if f"{layer}_layer" in stored]
    for layer in layers:
        _check_windows(stored, layer, crop)
    vignette = _vignette(stored, crop) if "vignette_bits" in stored else None
    if "blended" in out and (compiled := _compiled(stored)) is not None:
        compiled.rebuild(stored, (crop.row, crop.column), vignette, out)
        return
    windows = {layer: _windows(stored, layer, crop) for layer in layers}
    reflect = _reflection_of(stored, crop, vignette)
    spare = None
    for view in range(len(windows[layers[0]])):
        if (kept := out.get("transmission")) is not None:
            kept[view] = windows["transmission"][view]
        if "reflection" not in windows:
            continue
        window = windows["reflection"][view]
        if (kept := out.get("reflection")) is not None:
            reflection = kept[view]
        else:
            reflection = spare = np.empty(window.shape, np.uint8) if spare is None else spare
        reflect(view, window, reflection)
        if (blended := out.get("blended")) is not None:
            _blend(stored, windows["transmission"][view], reflection, blended[view])


Reflect = Callable[[int, NDArray[np.uint8], NDArray[np.uint8]], None]
"""Writes R of a view, by number, from its window of the layer to an array."""


def _reflection_of(stored: Mapping[str, Any], crop: Crop, vignette: Vignette | None) -> Reflect:
    """Return what makes R of the windows of its layer."""
    if "attenuation" in stored:
        levels = stored["attenuation"].tolist()

        def lower(view: int, window: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
            cv2.subtract(window, (levels[view],) * 4, dst=target)  # type: ignore[call-overload]  # the stubs leave out scalars

        return lower
    if vignette is None:
        return lambda _, window, target: np.copyto(target, window)
    packed = stored["vignette_bits"][:, crop.row : crop.row + crop.height]

    def darken(view: int, window: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
        bits = unpack_bits(packed[view], crop.column, crop.width)
        np.add(least_levels(window, vignette), bits, out=target)

    return darken


def _vignette(stored: Mapping[str, Any], crop: Crop) -> Vignette:
    """Return what darkens R in a rectangle of the frame."""
    return checked(
        Vignette(
            stored["vignette_rows"][crop.row : crop.row + crop.height],
            stored["vignette_columns"][crop.column : crop.column + crop.width],
            stored["vignette_steps"],
        )
    )


def _blend(
    stored: Mapping[str, Any],
    transmission: NDArray[np.uint8],
    reflection: NDArray[np.uint8],
    target: NDArray[np.uint8],
) -> None:
    """Write I of a view, by the table of levels or else as the sum."""
    if "level_table" not in stored:
        cv2.add(transmission, reflection, dst=target)
        return
    tables = stored["level_table"]
    levels, first = tables.ravel(), np.arange(len(tables), dtype=np.intp) << 16
    for rows in row_blocks(len(target)):
        # One flat index takes half the time of indexing by two arrays.
        cell = np.left_shift(transmission[rows], 8, dtype=np.intp)
        cell |= reflection[rows]
        if len(tables) > 1:
            cell += first
        # No index lies outside: this spares numpy its own copy.
        levels.take(cell, out=target[rows], mode="wrap")


def _check_windows(stored: Mapping[str, Any], layer: str, crop: Crop) -> None:
    """Refuse a window whose crop leaves its layer."""
    height, width, _ = stored[f"{layer}_layer"].shape
    bottom, right = height - crop.row - crop.height, width - crop.column - crop.width
    for top, left in stored[f"{layer}_origin"].tolist():
        if not (-crop.row <= top <= bottom and -crop.column <= left <= right):
            raise ShardError(f"a window at {top}, {left} leaves its {layer} layer")


def _windows(stored: Mapping[str, Any], layer: str, crop: Crop) -> list[NDArray[Any]]:
    """Return the cropped windows of a layer, without copying."""
    pixels = stored[f"{layer}_layer"]
    corners = stored[f"{layer}_origin"].tolist()
    places = [(top + crop.row, left + crop.column) for top, left in corners]
    return [pixels[y : y + crop.height, x : x + crop.width] for y, x in places]


def _compiled(stored: Mapping[str, Any]) -> ModuleType | None:
    """Return the compiled form where numba is installed (extra ``fast``) and repays its start."""
    kind = next(name for name in WORTHWHILE if name in stored)
    _rebuilt[kind] += 1
    return _load() if _rebuilt[kind] > WORTHWHILE[kind] else None


@cache
def _load() -> ModuleType | None:
    try:
        from seqsynth.shards import compiled  # noqa: PLC0415  # loads numba
    except ImportError:
        return None
    return compiled
