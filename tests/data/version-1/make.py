"""Make the shard sets beside this file, once, with the first library that wrote schema version 1.

They are never made again: every later library must read what this one wrote. The photos are drawn
by the formula of `photo`, so that nobody's picture is in them, and a test can draw them, too.

    python tests/data/version-1/make.py

`contents.json` states what the sets hold, read by h5py, numpy and hashlib alone: sha256 and size of
every file; of every dataset type, shape and sha256 of its values; and of every sequence the sha256
of its blended views, rebuilt by the three lines of docs/shard-format.md.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import PairConfig, ingest_pairs
from seqsynth.reshape import SubsetConfig, plan_subset, reshape
from seqsynth.shards import Array, ShardEntry, ShardIndex, ShardPlan, WriteSession, write_shard
from seqsynth.synthesis import generate

HERE = Path(__file__).parent

SYNTHETIC: dict[str, dict[str, Any]] = {
    "layers": {"sequences": 5, "val_fraction": 0.2},
    "layers-gzip": {"compression": "gzip"},
    "views": {"layout": "views", "overflow": "view"},
    "linear": {"blend": "linear"},
}
SETTINGS: dict[str, Any] = {
    "window": (8, 12),
    "transmission_step": (0, 2),
    "reflection_step": (2, 4),
    "sequences": 2,
    "val_fraction": 0,
    "seed": 1,
}

PHOTOS = 12


def photo(number: int) -> NDArray[np.uint8]:
    """Draw photo ``number``, uint8 (24, 32, 3)."""
    y, x, c = np.ogrid[:24, :32, :3]
    levels = 53 * number + 9 * y + 5 * x + 70 * c + (y * x * (number + 1)) // 16
    return np.asarray(levels % 256, np.uint8)


def draw_photos(folder: Path) -> None:
    """Write all photos as PNG: p00 to p11."""
    folder.mkdir()
    for number in range(PHOTOS):
        Image.fromarray(photo(number)).save(folder / f"p{number:02d}.png")


def make_pairs(out: Path, work: Path) -> None:
    """Store two pairs: each photo's truth is the next."""
    folders = {role: work / role for role in ("blended", "transmission")}
    for role, shift in (("blended", 0), ("transmission", 1)):
        folders[role].mkdir()
        for number in range(2):
            picture = Image.fromarray(photo(number + shift)[:8, :12])
            picture.save(folders[role] / f"pair{number}.png")
    ingest_pairs(find_pairs("folders", None, folders), out, PairConfig())


def make_captures(out: Path) -> None:
    """Store two scenes as `seqsynth ingest-captures` does: three views, T of the centre."""
    index = ShardIndex(
        kind="captured",
        layout="views",
        configuration={"views": 3},
        fingerprint=hashlib.sha256(b"version 1").hexdigest(),
        library_version="0.1.0",
        complete=False,
        sources={"scenes": {"attic": {"split": "train"}, "été": {"split": "test"}}},
        shards=(),
    )
    scenes = {"train-00000.h5": ("attic", 0), "test-00000.h5": ("été", 4)}
    frame = Array((3, 8, 12, 3), np.dtype("u1"))
    with WriteSession(out, index) as session:
        for file in session.plan(list(scenes)):
            name, number = scenes[file]
            plan = ShardPlan(
                path=out / file,
                layout="views",
                count=1,
                arrays={
                    "name": Array((), np.dtype("S8")),
                    "blended": frame,
                    "transmission": Array((1, *frame.shape[1:]), frame.dtype),
                },
                attributes={
                    "kind": "captured",
                    "split": file.partition("-")[0],
                    "first": 0,
                    "fingerprint": index.fingerprint,
                    "views": 3,
                    "window": (8, 12),
                },
            )
            *views, truth = (photo(number + view)[:8, :12] for view in range(4))
            record = {
                "name": name.encode(),
                "blended": np.stack(views),
                "transmission": truth[None],
            }
            size, digest = write_shard(plan, [record])
            details = {"sequences": [{"scene": name, "measured": {"light": "indoor"}}]}
            session.record(ShardEntry(file, plan.attributes["split"], 1, size, digest, details))
        session.finish()


def blended(shard: h5py.File, row: int) -> NDArray[np.uint8]:
    """Return the views of a sequence by the lines of docs/shard-format.md."""
    if "blended" in shard:
        return np.asarray(shard["blended"][row])
    height, width = shard.attrs["window"]
    views = []
    for view in range(shard.attrs["views"]):
        (ty, tx), (ry, rx) = (
            shard[f"{layer}_origin"][row, view] for layer in ("transmission", "reflection")
        )
        level = shard["attenuation"][row, view]
        t = shard["transmission_layer"][row, ty : ty + height, tx : tx + width]
        r = (
            np.maximum(shard["reflection_layer"][row, ry : ry + height, rx : rx + width], level)
            - level
        )
        views.append(np.minimum(t.astype(np.uint16) + r, 255).astype(np.uint8))
    return np.stack(views)


def describe(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield what `contents.json` states of a file."""
    content = path.read_bytes()
    yield "bytes", len(content)
    yield "sha256", hashlib.sha256(content).hexdigest()
    if path.suffix != ".h5":
        return
    with h5py.File(path) as shard:
        yield (
            "datasets",
            {
                name: [
                    data.dtype.str,
                    list(data.shape),
                    hashlib.sha256(data[:].tobytes()).hexdigest(),
                ]
                for name, data in shard.items()
            },
        )
        count = len(next(iter(shard.values())))
        yield (
            "blended",
            [hashlib.sha256(blended(shard, row).tobytes()).hexdigest() for row in range(count)],
        )


def main() -> None:
    """Make all sets and the statement of what they hold."""
    if (HERE / "contents.json").exists():
        sys.exit("the sets of version 1 are there, and are never made again")
    run = RunConfig(jobs=1)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        draw_photos(work / "photos")
        for name, settings in SYNTHETIC.items():
            generate(work / "photos", HERE / name, SynthesisConfig(**{**SETTINGS, **settings}), run)
        make_pairs(HERE / "pairs", work)
    make_captures(HERE / "captures")
    reshape(
        plan_subset(HERE / "layers", SubsetConfig(split=("train",), count=2, seed=1)),
        HERE / "subset",
        run,
    )
    files = sorted(path for path in HERE.glob("*/*") if path.suffix in (".h5", ".json"))
    contents = {str(path.relative_to(HERE)): dict(describe(path)) for path in files}
    (HERE / "contents.json").write_text(json.dumps(contents, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
