"""Read samples of any kind of shard into one batch, with masks for what each sample lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqsynth.shards import Crop, ShardSet
from trainer.data.batch import NO_FORMULA, Batch
from trainer.data.motion import cell_motion
from trainer.data.sources import Source
from trainer.nets.config import STRIDE

Frames = Mapping[str, NDArray[np.uint8]]
"""Kind of frame -> uint8 (V, H, W, 3) of one sample, or (B, V, H, W, 3) of a batch."""

LAYERS = ("transmission", "reflection")


@dataclass(frozen=True)
class BatchLayout:
    """What a batch is made of.

    Attributes
    ----------
    views : views of a sequence; a single photo is repeated to as many
    crop : side of every view, px
    reflections : read the reflection layers too, which only the teacher needs
    photos_move : count a repeated photo as a sequence, whose views show no motion
    formulas : say of each sample how I was made, which methods that synthesise it again need
    """

    views: int
    crop: int
    reflections: bool = True
    photos_move: bool = False
    formulas: bool = False


@dataclass(frozen=True)
class Place:
    """Where one sample comes from and what is done to it.

    Attributes
    ----------
    source, number : which sequence
    crop : the rectangle of every view
    mirror, turn : left-right, upside down
    reverse : views in reverse order
    """

    source: int
    number: int
    crop: Crop
    mirror: bool = False
    turn: bool = False
    reverse: bool = False


def centre_crop(shape: tuple[int, int, int, int], side: int) -> Crop:
    """Return the middle of views (V, H, W, 3), ``side`` px at most."""
    _, height, width, _ = shape
    high, wide = min(height, side), min(width, side)
    return Crop((height - high) // 2, (width - wide) // 2, high, wide)


def read_batch(sources: Sequence[Source], places: Sequence[Place], layout: BatchLayout) -> Batch:
    """Read the sequences at ``places``, crops of one size, as uint8.

    Views are (B, V, 3, H, W) with channels last in memory, the order that convolutions like best.
    """
    names = ("blended", *LAYERS) if layout.reflections else ("blended", "transmission")
    side = (places[0].crop.height, places[0].crop.width)
    frames = {name: np.empty((len(places), layout.views, *side, 3), np.uint8) for name in names}
    known = {name: np.zeros((len(places), layout.views), bool) for name in LAYERS}
    cells = (-(-side[0] // STRIDE), -(-side[1] // STRIDE))
    motion = np.zeros((len(places), len(LAYERS), layout.views - 1, 2, *cells), np.float32)
    moves, sequence = np.zeros((2, len(places)), bool)
    for row, place in enumerate(places):
        sequences = sources[place.source].sequences
        parts = _parts(sequences, place, layout.views, names)
        sample = {name: frames[name][row] for name in names}
        _read_frames(sequences, place, sample, parts)
        for name in LAYERS:
            known[name][row, parts.get(name, slice(0, 0))] = True
        sequence[row] = layout.photos_move or parts["blended"] == slice(0, layout.views)
        moves[row] = _read_motion(sequences, place, motion[row])
        _transform(place, sample)
    tensors = {
        name: torch.from_numpy(array).permute(0, 1, 4, 2, 3) for name, array in frames.items()
    }
    tensors.setdefault("reflection", torch.zeros(len(places), layout.views, 3, 1, 1).byte())
    return Batch(
        **tensors,
        transmission_motion=torch.from_numpy(motion[:, 0]),
        reflection_motion=torch.from_numpy(motion[:, 1]),
        transmission_known=torch.from_numpy(known["transmission"]),
        reflection_known=torch.from_numpy(known["reflection"]),
        motion_known=torch.from_numpy(moves),
        sequence=torch.from_numpy(sequence),
        formula=_formulas(sources, places) if layout.formulas else NO_FORMULA,
    )


def _formulas(sources: Sequence[Source], places: Sequence[Place]) -> Tensor:
    """Return gain and power of each sample's formula, (B, 2); zeros where there is none."""
    return torch.tensor([sources[place.source].formula(place.number) for place in places])


def _parts(sequences: ShardSet, place: Place, views: int, names: Sequence[str]) -> dict[str, slice]:
    """Say which views of a sample the shard holds, for each kind of frame it knows."""
    centre = slice(views // 2, views // 2 + 1)
    shapes = sequences.shapes(place.number)
    return {
        name: slice(0, views) if shape[0] == views else centre
        for name, shape in shapes.items()
        if name in names
    }


def _read_frames(
    sequences: ShardSet, place: Place, sample: Frames, parts: Mapping[str, slice]
) -> None:
    """Fill one sample: a single photo is repeated, an unknown layer is black."""
    wanted = {name: sample[name][part][None] for name, part in parts.items()}
    sequences.batch([place.number], crops=[place.crop], out=wanted)
    for name, frames in sample.items():
        part = parts.get(name, slice(0, 0))
        rest = frames[part.start : part.start + 1] if name == "blended" else 0
        frames[: part.start] = rest
        frames[part.stop :] = rest


def _read_motion(sequences: ShardSet, place: Place, motion: NDArray[np.float32]) -> bool:
    """Fill how both layers of a sample move, (2, V - 1, 2, h, w) cells; say whether it is known."""
    whole = sequences.motion(place.number)
    if whole is None:
        return False
    crop = place.crop
    seen = whole.cropped(crop.row, crop.column, (crop.height, crop.width))
    seen = seen.flipped(horizontal=place.mirror, vertical=place.turn)
    seen = seen.reversed() if place.reverse else seen
    motion[:] = cell_motion(seen.transmission), cell_motion(seen.reflection)
    return True


def _transform(place: Place, sample: Frames) -> None:
    """Mirror, turn and reverse a whole sample in place, as `_read_motion` does its motion."""
    if place.reverse:
        for frames in sample.values():
            frames[:] = frames[::-1].copy()
    code = {(True, False): 1, (False, True): 0, (True, True): -1}.get((place.mirror, place.turn))
    if code is None:
        return
    for frames in sample.values():
        for view in frames:
            # A negative stride in numpy copies three bytes at a time, ten times slower.
            view[:] = cv2.flip(view, code)
