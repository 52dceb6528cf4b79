"""Read samples of any kind of shard into one batch, with masks for what each sample lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    views : views of a sequence; a single photo is repeated to as many, of more the middle is taken
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
    side : px a side that the crop becomes; 0 leaves it
    scaled : by resizing it; otherwise it is mirrored at its right and bottom
    """

    source: int
    number: int
    crop: Crop
    mirror: bool = False
    turn: bool = False
    reverse: bool = False
    side: int = 0
    scaled: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sample, px."""
        return (self.side, self.side) if self.side else (self.crop.height, self.crop.width)


def centre_crop(shape: tuple[int, int, int, int], side: int) -> Crop:
    """Return the middle of views (V, H, W, 3), ``side`` px at most."""
    _, height, width, _ = shape
    high, wide = min(height, side), min(width, side)
    return Crop((height - high) // 2, (width - wide) // 2, high, wide)


def read_batch(sources: Sequence[Source], places: Sequence[Place], layout: BatchLayout) -> Batch:
    """Read the sequences at ``places``, samples of one size, as uint8.

    Views are (B, V, 3, H, W) with channels last in memory, the order that convolutions like best.
    """
    names = ("blended", *LAYERS) if layout.reflections else ("blended", "transmission")
    size = places[0].size
    frames = {name: np.empty((len(places), layout.views, *size, 3), np.uint8) for name in names}
    known = {name: np.zeros((len(places), layout.views), bool) for name in LAYERS}
    cells = (-(-size[0] // STRIDE), -(-size[1] // STRIDE))
    motion = np.zeros((len(places), len(LAYERS), layout.views - 1, 2, *cells), np.float32)
    moves, sequence = np.zeros((2, len(places)), bool)
    for row, place in enumerate(places):
        sequences = sources[place.source].sequences
        parts = _parts(sequences, place, layout.views, names)
        sample = {name: frames[name][row] for name in names}
        _read_frames(sequences, place, sample, parts)
        for name in LAYERS:
            known[name][row, parts.get(name, slice(0, 0))] = True
        neighbours = parts["blended"] == slice(0, layout.views)
        sequence[row] = layout.photos_move or neighbours
        moves[row] = neighbours and _read_motion(sequences, place, motion[row])
        _transform(place, sample)
    tensors: dict[str, Any] = {
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
        neighbours=tuple(np.flatnonzero(sequence).tolist()),
    )


def _formulas(sources: Sequence[Source], places: Sequence[Place]) -> Tensor:
    """Return gain and power of each sample's formula, (B, 2); zeros where there is none."""
    return torch.tensor([sources[place.source].formula(place.number) for place in places])


def _parts(sequences: ShardSet, place: Place, views: int, names: Sequence[str]) -> dict[str, slice]:
    """Say which views of a sample the shard holds, for each kind of frame it knows."""
    centre = slice(views // 2, views // 2 + 1)
    shapes = sequences.shapes(place.number)
    return {
        name: slice(0, views) if shape[0] >= views else centre
        for name, shape in shapes.items()
        if name in names
    }


def _read_frames(
    sequences: ShardSet, place: Place, sample: Frames, parts: Mapping[str, slice]
) -> None:
    """Fill one sample: a single photo is repeated, an unknown layer is black."""
    shapes, crop = sequences.shapes(place.number), place.crop
    wanted = {name: sample[name][part][None] for name, part in parts.items()}
    whole = all(wanted[name].shape[1] == shapes[name][0] for name in wanted)
    if whole and place.size == (crop.height, crop.width):
        sequences.batch([place.number], crops=[crop], out=wanted)
    else:
        stored = {
            name: np.empty((1, shapes[name][0], crop.height, crop.width, 3), np.uint8)
            for name in wanted
        }
        sequences.batch([place.number], crops=[crop], out=stored)
        for name, frames in wanted.items():
            chosen = stored[name][0][_middle(shapes[name][0], frames.shape[1])]
            for view, source in zip(frames[0], chosen, strict=True):
                view[:] = _fitted(source, place)
    for name, frames in sample.items():
        part = parts.get(name, slice(0, 0))
        rest = frames[part.start : part.start + 1] if name == "blended" else 0
        frames[: part.start] = rest
        frames[part.stop :] = rest


def _middle(stored: int, wanted: int) -> slice:
    """Return the ``wanted`` views around the centre of ``stored`` ones."""
    start = stored // 2 - wanted // 2
    return slice(start, start + wanted)


def _fitted(view: NDArray[np.uint8], place: Place) -> NDArray[np.uint8]:
    """Bring a crop (H, W, 3) to the size that its place says."""
    (height, width), (high, wide) = view.shape[:2], place.size
    if (height, width) == (high, wide):
        return view
    if place.scaled:
        how = cv2.INTER_AREA if height > high else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(view, (wide, high), interpolation=how), np.uint8)
    below, beside = high - height, wide - width
    mirrored = cv2.copyMakeBorder(view, 0, below, 0, beside, cv2.BORDER_REFLECT_101)
    return np.asarray(mirrored, np.uint8)


def _read_motion(sequences: ShardSet, place: Place, motion: NDArray[np.float32]) -> bool:
    """Fill how both layers of a sample move, (2, V - 1, 2, h, w) cells; say whether it is known."""
    whole = sequences.motion(place.number)
    if whole is None:
        return False
    crop = place.crop
    seen = whole.middle(motion.shape[1] + 1)
    if place.scaled:
        seen = seen.cropped(crop.row, crop.column, (crop.height, crop.width)).resized(place.size)
    else:
        seen = seen.cropped(crop.row, crop.column, place.size)
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
