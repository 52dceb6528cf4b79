"""Bring a stored sequence back as frames: copied from layout views, rebuilt from layout layers.

The rebuilding is the format's arithmetic (docs/shard-format.md), exact in integers:
``T = layer[window]``, ``R = max(layer[window] - attenuation, 0)``, ``I = min(T + R, 255)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.shards.mapping import MappedShard


@dataclass(frozen=True)
class Crop:
    """A rectangle of every view: row and column of its corner, height and width, px."""

    row: int
    column: int
    height: int
    width: int


Frames = Mapping[str, NDArray[np.uint8]]
"""Some of "blended", "transmission", "reflection" -> uint8 (V, H, W, 3)."""


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
        _rebuild(shard, row, crop, out)
        return
    bottom, right = crop.row + crop.height, crop.column + crop.width
    for name, frames in out.items():
        if name not in shard:
            raise ShardError(f"the {name} of these sequences is unknown; it is not in the shard")
        frames[:] = shard.arrays[name][row, :, crop.row : bottom, crop.column : right]


def _rebuild(shard: MappedShard, row: int, crop: Crop, out: Frames) -> None:
    levels = shard.arrays["attenuation"][row].tolist()
    views = len(levels)
    transmissions = _windows(shard, "transmission", row, crop)
    reflections = _windows(shard, "reflection", row, crop)
    blended = out.get("blended")
    spare = None
    for view in range(views):
        transmission = transmissions[view]
        if (kept := out.get("transmission")) is not None:
            kept[view] = transmission
            transmission = kept[view]
        if (kept := out.get("reflection")) is not None:
            target = kept[view]
        elif blended is not None:
            target = spare = np.empty(transmission.shape, np.uint8) if spare is None else spare
        else:
            continue
        level = levels[view]
        cv2.subtract(reflections[view], (level,) * 4, dst=target)  # type: ignore[call-overload]  # the stubs leave out scalars
        if blended is not None:
            cv2.add(transmission, target, dst=blended[view])


def _windows(shard: MappedShard, layer: str, row: int, crop: Crop) -> list[NDArray[Any]]:
    """Return the cropped windows of one layer, without copying."""
    pixels = shard.arrays[f"{layer}_layer"][row]
    windows = []
    for top, left in shard.arrays[f"{layer}_origin"][row].tolist():
        first, start = top + crop.row, left + crop.column
        window = pixels[max(first, 0) : first + crop.height, max(start, 0) : start + crop.width]
        if window.shape[:2] != (crop.height, crop.width):
            raise ShardError(
                f"a window of sequence {row} at {top}, {left} leaves its {layer} layer; "
                "run seqsynth verify"
            )
        windows.append(window)
    return windows
