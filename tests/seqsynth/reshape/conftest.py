"""Sets to reshape, drawn small."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Folder = Callable[..., Path]


@pytest.fixture(scope="session")
def garden(
    make_shards: Folder, photo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A set of other photos than the tiny set's: 10 sequences, 2 of them for validation."""
    folder = tmp_path_factory.mktemp("garden") / "set"
    return make_shards(folder, photo_folder, sequences=10, seed=5)


@pytest.fixture(scope="session")
def rival(make_shards: Folder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of the tiny set's photos by another seed: what one trains on the other holds out."""
    return make_shards(tmp_path_factory.mktemp("rival") / "set", seed=9)


@pytest.fixture(scope="session")
def loose(make_shards: Folder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 training sequences of 60 photos, so that few of them share one."""
    photos = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(3)
    for number in range(60):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        coarse.resize((64, 48)).save(photos / f"p{number:02d}.png")
    folder = tmp_path_factory.mktemp("loose") / "set"
    return make_shards(folder, photos, sequences=24, val_fraction=0, shard_size=100_000)


@pytest.fixture(scope="session")
def tight(make_shards: Folder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 training sequences of 20 photos: all but a few hang together."""
    folder = tmp_path_factory.mktemp("tight") / "set"
    return make_shards(folder, sequences=40, val_fraction=0)


@pytest.fixture(scope="session")
def store_pairs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Store pairs: ``store({"a": (seed of I, seed of T)}, split="test")``."""

    def store(pairs: dict[str, tuple[int, int]], split: str = "test", **settings: Any) -> Path:
        from seqsynth.ingest.layouts import find_pairs
        from seqsynth.ingest.pairs import PairConfig, ingest_pairs

        folder = tmp_path_factory.mktemp("pairs")
        roles = {role: folder / role for role in ("blended", "transmission")}
        for role, seeds in zip(roles, zip(*pairs.values(), strict=True), strict=True):
            roles[role].mkdir()
            for name, seed in zip(pairs, seeds, strict=True):
                rng = np.random.default_rng(seed)
                shape = (20, 30) if seed % 2 else (30, 20)
                picture = Image.fromarray(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
                picture.save(roles[role] / f"{name}.png")
        config = PairConfig.model_validate({"split": split, **settings})
        ingest_pairs(find_pairs("folders", None, roles), folder / "set", config)
        return folder / "set"

    return store


@pytest.fixture
def tiny_copy(tiny_shards: Path, tmp_path: Path) -> Path:
    """The tiny set, to be damaged."""
    return Path(shutil.copytree(tiny_shards, tmp_path / "tiny"))
