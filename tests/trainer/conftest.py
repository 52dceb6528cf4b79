"""Shards of every kind, drawn from a seed, small enough to train on in seconds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.shards import (
    Array,
    ShardEntry,
    ShardIndex,
    ShardPlan,
    WriteSession,
    write_shard,
)
from seqsynth.synthesis import generate
from trainer.recipe import FitConfig, load_recipe, merge

SIDE = 56

TINY = {
    "perceptual": "none",
    "tensorboard": False,
    "device": "cpu",
    "net": {"width": 1 / 32, "d_layers": 1, "context_blocks": 2},
    "teacher": {"steps": 6, "batch": 2, "crop": 32, "validate_steps": 6},
    "student": {"steps": 6, "batch": 2, "crop": 32, "validate_steps": 6},
}


def draw_photo(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Draw a colourful picture with structure at several scales."""
    picture = np.zeros((height, width, 3))
    for cell in (4, 16, 48):
        coarse = rng.random((height // cell + 2, width // cell + 2, 3))
        picture += np.kron(coarse, np.ones((cell, cell, 1)))[:height, :width]
    return (picture / 3 * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of twelve drawn photos."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(7)
    for number in range(12):
        Image.fromarray(draw_photo(rng, 120, 140)).save(folder / f"photo{number:02d}.png")
    return folder


@pytest.fixture(scope="session")
def synthetic(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight training and two held-out synthetic sequences of 56x56 px."""
    folder = tmp_path_factory.mktemp("shards") / "synthetic"
    config = SynthesisConfig(
        sequences=10, val_fraction=0.2, window=(SIDE, SIDE), direction="random", seed=3
    )
    generate(photos, folder, config, RunConfig(jobs=1))
    return folder


@pytest.fixture(scope="session")
def by_camera(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four training and one held-out sequences by a camera, T at two depths."""
    folder = tmp_path_factory.mktemp("shards") / "camera"
    config = SynthesisConfig(
        sequences=5,
        val_fraction=0.2,
        window=(SIDE, SIDE),
        motion="camera",
        camera={"translation": (0.03, 0.06), "second_plane": (2.0, 4.0)},
        seed=5,
    )
    generate(photos, folder, config, RunConfig(jobs=1))
    return folder


@pytest.fixture(scope="session")
def five_views(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four training and one held-out synthetic sequences of five views."""
    folder = tmp_path_factory.mktemp("shards") / "five"
    config = SynthesisConfig(
        sequences=5, val_fraction=0.2, window=(40, 40), views=5, direction="random", seed=4
    )
    generate(photos, folder, config, RunConfig(jobs=1))
    return folder


WriteViews = Callable[..., Path]


@pytest.fixture(scope="session")
def write_views(tmp_path_factory: pytest.TempPathFactory) -> WriteViews:
    """Write drawn sequences of layout views: (kind, views, count, size, truth, split) -> folder."""

    def write(
        kind: str,
        views: int,
        count: int,
        *,
        size: tuple[int, int] = (60, 72),
        truth: bool = True,
        split: str = "train",
        seed: int = 5,
    ) -> Path:
        folder = tmp_path_factory.mktemp("shards") / kind
        rng = np.random.default_rng(seed)
        shapes = {"blended": (views, *size, 3)}
        if truth:
            shapes["transmission"] = (1, *size, 3)
        arrays = {name: Array(shape, np.dtype(np.uint8)) for name, shape in shapes.items()}
        arrays["name"] = Array((), np.dtype("S8"))
        records = [
            {
                "name": f"{kind[:4]}{number}".encode(),
                **{
                    name: np.stack([draw_photo(rng, *size) for _ in range(shape[0])])
                    for name, shape in shapes.items()
                },
            }
            for number in range(count)
        ]
        index = ShardIndex(
            kind=kind,
            layout="views",
            configuration={"seed": seed},
            fingerprint=f"{seed:064d}",
            library_version="0",
            complete=False,
            sources={},
            shards=(),
        )
        file = f"{split}-00000.h5"
        attributes = {
            "kind": kind,
            "split": split,
            "first": 0,
            "fingerprint": index.fingerprint,
            "views": views,
            "window": size,
        }
        plan = ShardPlan(folder / file, "views", count, arrays, attributes)
        with WriteSession(folder, index) as session:
            session.plan([file])
            nbytes, digest = write_shard(plan, records)
            session.record(ShardEntry(file, split, count, nbytes, digest))
            session.finish()
        return folder

    return write


@pytest.fixture(scope="session")
def captured(write_views: WriteViews) -> Path:
    """Three captured sequences: three views, the centre's transmission, no reflection."""
    return write_views("captured", 3, 3)


@pytest.fixture(scope="session")
def pairs(write_views: WriteViews) -> Path:
    """Two single photos with their transmission."""
    return write_views("pair", 1, 2)


Recipe = Callable[..., FitConfig]


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    """Return a recipe of seconds, with overrides over it."""

    def recipe(overrides: dict[str, object] | None = None, preset: str = "paper") -> FitConfig:
        return load_recipe(preset, overrides=merge(TINY, overrides or {}))

    return recipe
