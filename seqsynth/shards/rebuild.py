"""Bring a stored sequence back as frames: copied from layout views, rebuilt from layout layers.

The rebuilding is the format's arithmetic (docs/shard-format.md), exact on every machine:
``T = layer[window]``; ``R = max(layer[window] - attenuation, 0)`` and ``I = min(T + R, 255)``, or,
of a blend that has one, ``I = level_table[T, R]``, with R darkened by a vignette where there is
one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.schema import VIGNETTE
from seqsynth.shards.vignette import Vignette, least_levels, unpack_bits


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
        wanted = frozenset().union(*(_NEEDED[name] for name in out))
        stored = {name: shard.arrays[name][row] for name in wanted if name in shard}
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
    transmissions = _windows(stored, "transmission", crop, out)
    reflections = _windows(stored, "reflection", crop, out)
    reflect = _reflection_of(stored, crop)
    spare = None
    for view in range(max(len(transmissions), len(reflections))):
        if (kept := out.get("transmission")) is not None:
            kept[view] = transmissions[view]
        if not reflections:
            continue
        if (kept := out.get("reflection")) is not None:
            reflection = kept[view]
        else:
            reflection = spare = (
                np.empty(reflections[0].shape, np.uint8) if spare is None else spare
            )
        reflect(view, reflections[view], reflection)
        if (blended := out.get("blended")) is not None:
            _blend(stored, transmissions[view], reflection, blended[view])


Reflect = Callable[[int, NDArray[np.uint8], NDArray[np.uint8]], None]
"""Writes R of a view, by number, from its window of the layer to an array."""


def _reflection_of(stored: Mapping[str, Any], crop: Crop) -> Reflect:
    """Return what makes R of the windows of its layer."""
    if "attenuation" in stored:
        levels = stored["attenuation"].tolist()

        def lower(view: int, window: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
            cv2.subtract(window, (levels[view],) * 4, dst=target)  # type: ignore[call-overload]  # the stubs leave out scalars

        return lower
    if "vignette_bits" in stored:
        return _vignetted(stored, crop)
    return lambda _, window, target: np.copyto(target, window)


def _vignetted(stored: Mapping[str, Any], crop: Crop) -> Reflect:
    rows = slice(crop.row, crop.row + crop.height)
    columns = slice(crop.column, crop.column + crop.width)
    vignette = Vignette(
        stored["vignette_rows"][rows], stored["vignette_columns"][columns], stored["vignette_steps"]
    )

    def darken(view: int, window: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
        bits = unpack_bits(stored["vignette_bits"][view, rows], crop.column, crop.width)
        np.add(least_levels(window, vignette), bits, out=target)

    return darken


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
    # One flat index takes half the time of indexing by two arrays.
    cell = transmission.astype(np.uint32)
    cell <<= 8
    cell |= reflection
    if len(tables) > 1:
        cell += np.arange(len(tables), dtype=np.uint32) << 16
    # No index lies outside: this spares numpy its own copy.
    tables.ravel().take(cell, out=target, mode="wrap")


def _windows(stored: Mapping[str, Any], layer: str, crop: Crop, out: Frames) -> list[NDArray[Any]]:
    """Return the cropped windows of a layer that the frames need, without copying; else none."""
    if not out.keys() & {layer, "blended"}:
        return []
    pixels = stored[f"{layer}_layer"]
    windows = []
    for top, left in stored[f"{layer}_origin"].tolist():
        first, start = top + crop.row, left + crop.column
        window = pixels[max(first, 0) : first + crop.height, max(start, 0) : start + crop.width]
        if window.shape[:2] != (crop.height, crop.width):
            raise ShardError(f"a window at {top}, {left} leaves its {layer} layer")
        windows.append(window)
    return windows
