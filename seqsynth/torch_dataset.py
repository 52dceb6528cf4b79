"""Shards as PyTorch datasets, for projects with a training loop of their own.

The one module of seqsynth that imports torch; nothing else of seqsynth imports it.

>>> from torch.utils.data import DataLoader
>>> pairs = CentrePairs("shards", split="train")                    # doctest: +SKIP
>>> for batch in DataLoader(pairs, batch_size=8, num_workers=2):    # doctest: +SKIP
...     batch["blended"], batch["transmission"]                     # (8, 3, H, W) in [0, 1]
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from seqsynth.errors import ShardError
from seqsynth.motion import Motion
from seqsynth.shards import ShardSet, open_shards

Sample = dict[str, Any]
"""Tensors by kind of frame, and "name"."""

Transform = Callable[[Sample], Sample]


class CentrePairs(Dataset[Sample]):
    """The centre view of every sequence with its ground truth, as single-image methods want it.

    A sample holds "blended", "transmission" and, with ``reflection=True``, "reflection": float32
    (3, H, W) in [0, 1]; and "name".

    Parameters
    ----------
    shards : a shard folder, several, or an open `ShardSet`
    split : "train", "val" or "test"; None takes every sequence
    reflection : also yield R, which every sequence must then have
    transform : called with each sample, returns what is yielded

    Raises
    ------
    ShardError
        The split is empty, or (on reading) a sequence lacks what is asked for.
    """

    def __init__(
        self,
        shards: str | Path | Iterable[str | Path] | ShardSet,
        *,
        split: str | None = "train",
        reflection: bool = False,
        transform: Transform | None = None,
    ) -> None:
        self._sequences = _open(shards, split)
        self._frames = ("blended", "transmission", "reflection")[: 3 if reflection else 2]
        self._transform = transform

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self._sequences)

    def __getitem__(self, number: int) -> Sample:
        """Read one sample."""
        batch = self._sequences.batch([number], frames=self._frames)
        sample: Sample = {name: _centre(array[0]) for name, array in batch.items()}
        sample["name"] = self._sequences.name(number)
        return sample if self._transform is None else self._transform(sample)


class WholeSequences(Dataset[Sample]):
    """Every view of every sequence.

    A sample holds "blended" (V, 3, H, W) and, where known, "transmission" (V or 1, 3, H, W) and
    "reflection" (V, 3, H, W), float32 in [0, 1]; "transmission_origin" and "reflection_origin"
    (V, 2), row and column in pixels, where windows slid; "transmission_homography" and
    "reflection_homography" float64 (V, 3, 3), pixels of the centre view to those of each view,
    where motion is known; and "name".

    Parameters
    ----------
    shards, split, transform : as for `CentrePairs`
    flow : also yield "transmission_flow" and "reflection_flow" where motion is known, float32
        (V, 2, H, W): what stands at (x, y) of the centre view stands at (x, y) + flow of view v
    """

    def __init__(
        self,
        shards: str | Path | Iterable[str | Path] | ShardSet,
        *,
        split: str | None = "train",
        flow: bool = False,
        transform: Transform | None = None,
    ) -> None:
        self._sequences = _open(shards, split)
        self._flow = flow
        self._transform = transform

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self._sequences)

    def __getitem__(self, number: int) -> Sample:
        """Read one sample."""
        known = tuple(self._sequences.shapes(number))
        batch = self._sequences.batch([number], frames=known)
        sample: Sample = {name: _to_tensor(array[0]) for name, array in batch.items()}
        trajectory = self._sequences.trajectory(number)
        if trajectory is not None:
            sample["transmission_origin"] = torch.from_numpy(trajectory.transmission)
            sample["reflection_origin"] = torch.from_numpy(trajectory.reflection)
        motion = self._sequences.motion(number)
        if motion is not None:
            sample |= _motion(motion, flow=self._flow)
        sample["name"] = self._sequences.name(number)
        return sample if self._transform is None else self._transform(sample)


def _motion(motion: Motion, *, flow: bool) -> Sample:
    """Return the homographies of both layers, and their flow where asked for."""
    sample: Sample = {}
    for name, layer in (("transmission", motion.transmission), ("reflection", motion.reflection)):
        sample[f"{name}_homography"] = torch.from_numpy(layer.homographies)
        if flow:
            moved = np.ascontiguousarray(np.moveaxis(layer.flow(), -1, 1))
            sample[f"{name}_flow"] = torch.from_numpy(moved)
    return sample


def _open(shards: str | Path | Iterable[str | Path] | ShardSet, split: str | None) -> ShardSet:
    sequences = shards if isinstance(shards, ShardSet) else open_shards(shards)
    chosen = sequences if split is None else sequences.split(split)
    if not len(chosen):
        raise ShardError(f"no sequences of split {split!r} in {sequences!r}")
    return chosen


def _centre(views: NDArray[np.uint8]) -> torch.Tensor:
    """Return the centre view, float32 (3, H, W); T may have been taken of the centre alone."""
    return _to_tensor(views[len(views) // 2])


def _to_tensor(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Turn uint8 (..., H, W, 3) into float32 (..., 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.moveaxis(pixels, -1, -3).copy()).float() / 255
