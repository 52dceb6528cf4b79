"""Shard sets of every layout and kind, and the means to damage and reseal them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from seqsynth.shards import Array, ShardEntry, ShardIndex, ShardPlan, WriteSession, write_shard

Document = dict[str, Any]

SCENES = [
    # name, split, (H, W)
    ("attic", "train", (20, 30)),
    ("balcony", "train", (20, 30)),
    ("cellar", "train", (30, 20)),
    ("garden gate, été", "test", (20, 30)),
]


def write_index(folder: Path, document: Document) -> None:
    """Write index.json as docs/shard-format.md says: sorted, one space, digest of the rest."""
    content = {key: value for key, value in document.items() if key != "digest"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    content["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    (folder / "index.json").write_bytes(text.encode())


@pytest.fixture
def edit_index() -> Callable[..., Any]:
    """Change the index of a folder within a ``with`` block, then seal it with a new digest."""

    @contextmanager
    def edit(folder: Path) -> Iterator[Document]:
        document = json.loads((folder / "index.json").read_bytes())
        yield document
        write_index(folder, document)

    return edit


@pytest.fixture
def edit_shard() -> Callable[..., Any]:
    """Change a shard within a ``with`` block, then seal file and index with new hashes."""

    @contextmanager
    def edit(folder: Path, file: str) -> Iterator[h5py.File]:
        with h5py.File(folder / file, "r+") as shard:
            yield shard
        content = (folder / file).read_bytes()
        document = json.loads((folder / "index.json").read_bytes())
        for entry in document["shards"]:
            if entry["file"] == file:
                entry["bytes"] = len(content)
                entry["sha256"] = hashlib.sha256(content).hexdigest()
        write_index(folder, document)

    return edit


def draw_capture(number: int, size: tuple[int, int]) -> dict[str, Any]:
    """Draw what is known of a captured scene: three views and the centre's transmission."""
    rng = np.random.default_rng(number)
    return {
        "name": SCENES[number][0].encode(),
        "blended": rng.integers(0, 256, (3, *size, 3), dtype=np.uint8),
        "transmission": rng.integers(0, 256, (1, *size, 3), dtype=np.uint8),
    }


def make_captures(folder: Path) -> Path:
    """Write a set of kind captured: no reflection, T of the centre view, pictures of two sizes."""
    index = ShardIndex(
        kind="captured",
        layout="views",
        configuration={"views": 3},
        fingerprint=hashlib.sha256(b"captures").hexdigest(),
        library_version="0.1.0",
        complete=False,
        sources={"scenes": [name for name, _, _ in SCENES]},
        shards=(),
    )
    groups = {"train-00000.h5": [0, 1], "train-00001.h5": [2], "test-00000.h5": [3]}
    with WriteSession(folder, index) as session:
        for file in session.plan(list(groups)):
            numbers = groups[file]
            _, split, size = SCENES[numbers[0]]
            frame = (*size, 3)
            plan = ShardPlan(
                path=folder / file,
                layout="views",
                count=len(numbers),
                arrays={
                    "name": Array((), np.dtype("S32")),
                    "blended": Array((3, *frame), np.dtype("u1")),
                    "transmission": Array((1, *frame), np.dtype("u1")),
                },
                attributes={
                    "kind": "captured",
                    "split": split,
                    "first": 2 if file == "train-00001.h5" else 0,
                    "fingerprint": index.fingerprint,
                },
            )
            size_bytes, digest = write_shard(plan, (draw_capture(n, size) for n in numbers))
            described = [{"camera": "Drawn 1", "scene": SCENES[n][0]} for n in numbers]
            session.record(
                ShardEntry(file, split, len(numbers), size_bytes, digest, {"sequences": described})
            )
        session.finish()
    return folder


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of kind captured, not to be written to."""
    return make_captures(tmp_path_factory.mktemp("captures") / "set")


@pytest.fixture
def captures_copy(tmp_path: Path) -> Path:
    """A set of kind captured that a test may damage."""
    return make_captures(tmp_path / "captures")
