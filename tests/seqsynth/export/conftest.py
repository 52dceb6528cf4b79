"""Captures and pairs to export; synthetic sets come from the fixtures of all tests."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqsynth.config import RunConfig
from seqsynth.export import ExportConfig, ExportPlan, blocks, export
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import PairConfig, ingest_pairs
from seqsynth.shards import Array, ShardEntry, ShardIndex, ShardPlan, WriteSession, write_shard

SCENES = {"train": ("attic", "balcony", "cellar"), "test": ("garden gate, été",)}


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four captured scenes: three views, T of the centre view alone, R unknown."""
    folder = tmp_path_factory.mktemp("captures") / "set"
    rng = np.random.default_rng(5)
    fingerprint = hashlib.sha256(b"captures").hexdigest()
    index = ShardIndex("captured", "views", {"views": 3}, fingerprint, "0.1.0", False, {}, ())
    with WriteSession(folder, index) as session:
        session.plan([f"{split}-00000.h5" for split in SCENES])
        for split, names in SCENES.items():
            plan = ShardPlan(
                path=folder / f"{split}-00000.h5",
                layout="views",
                count=len(names),
                arrays={
                    "name": Array((), np.dtype("S32")),
                    "blended": Array((3, 20, 30, 3), np.dtype("u1")),
                    "transmission": Array((1, 20, 30, 3), np.dtype("u1")),
                },
                attributes={
                    "kind": "captured",
                    "split": split,
                    "first": 0,
                    "fingerprint": fingerprint,
                },
            )
            records = [
                {
                    "name": name.encode(),
                    "blended": rng.integers(0, 256, (3, 20, 30, 3), dtype=np.uint8),
                    "transmission": rng.integers(0, 256, (1, 20, 30, 3), dtype=np.uint8),
                }
                for name in names
            ]
            size, digest = write_shard(plan, records)
            details = {"sequences": [{"camera": "Drawn 1"} for _ in names]}
            session.record(ShardEntry(plan.path.name, split, len(names), size, digest, details))
        session.finish()
    return folder


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs of two sizes; the last has no ground truth."""
    photos = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(6)
    for role in ("blended", "transmission_layer"):
        (photos / role).mkdir()
        for number, size in enumerate([(24, 32), (32, 24), (24, 32)]):
            if not (role == "transmission_layer" and number == 2):
                picture = Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8))
                picture.save(photos / role / f"{number}.png")
    folder = tmp_path_factory.mktemp("pairs") / "set"
    roles = {"blended": photos / "blended", "transmission": photos / "transmission_layer"}
    ingest_pairs(find_pairs("folders", None, roles), folder, PairConfig(split="test"))
    return folder


Export = Callable[..., ExportPlan]


@pytest.fixture(scope="session")
def export_to() -> Export:
    """Export shard sets by one worker: ``export_to(out, "errnet", shards, views="all")``."""

    def run(out: Path, layout: str, *shards: str | Path, **settings: Any) -> ExportPlan:
        config = ExportConfig(to=layout, **settings)  # type: ignore[arg-type]  # checked by pydantic
        return export(shards, out, config, RunConfig(jobs=1))

    return run


BDN = ExportConfig(to="bdn", limit=4)
"""An export of four sequences, 13 files."""


@pytest.fixture
def bdn() -> ExportConfig:
    """The settings of ``whole``."""
    return BDN


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every sequence a block of its own."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)


@pytest.fixture
def whole(tiny_shards: Path, tmp_path: Path, small_blocks: None) -> dict[str, str]:
    """The contents of an undisturbed export, which stands in ``tmp_path / "whole"``."""
    export([tiny_shards], tmp_path / "whole", BDN, RunConfig(jobs=1))
    return contents(tmp_path / "whole")


def contents(folder: Path) -> dict[str, str]:
    """Path -> sha256 of every file, hidden ones too; folders that are empty -> ""."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif not any(path.iterdir()):
            found[name] = ""
    return found


@pytest.fixture(name="contents")
def contents_of() -> Callable[[Path], dict[str, str]]:
    """Return a function that tells a folder's files by hash."""
    return contents
