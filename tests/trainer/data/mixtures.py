"""Mixtures to draw batches from, and when two batches are one."""

from pathlib import Path

import torch

from trainer.data.batch import Batch
from trainer.data.mixture import Augmentation, Mixture
from trainer.data.reading import BatchLayout
from trainer.data.sources import open_sources

EVERYTHING = Augmentation(flip_horizontal=True, flip_vertical=True, reverse_time=0.5)


def mixture(
    folders: list[Path], *, crop: int = 32, views: int = 3, seed: int = 0, **mix: float
) -> Mixture:
    return Mixture(
        open_sources(folders, "train", mix),
        layout=BatchLayout(views, crop),
        augmentation=EVERYTHING,
        seed=seed,
    )


def equal(first: Batch, second: Batch) -> bool:
    return all(
        torch.equal(getattr(first, name), getattr(second, name))
        for name in ("blended", "transmission", "reflection", "reflection_motion")
    )
