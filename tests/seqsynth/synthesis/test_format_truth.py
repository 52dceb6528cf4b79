"""Shards against the truth built from docs/shard-format.md with bare numpy, h5py and Pillow.

Nothing of seqsynth is imported here; the sets are made by the command line and by the fixture that
calls ``generate``. Every number of every dataset is drawn and computed again from the seed.
"""

import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from tests.seqsynth.synthesis.format_document import (
    RULES,
    Stream,
    Truth,
    average,
    find_photos,
)


@dataclass(frozen=True)
class Made:
    """A generated set and what it should be."""

    folder: Path
    index: dict[str, Any]
    truth: Truth
    listed: dict[str, list[Any]]


CASES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything else": {
        "seed": 2**64 - 1,
        "views": 5,
        "window": (12, 16),
        "transmission_step": (0, 1),
        "reflection_step": (1, 3),
        "direction": "random",
        "scale": 0.81,
        "sigma": (0.5, 3.3),
        "kernel": 15,
        "attenuation": 0.7,
        "reflection_strength": (0.15, 0.9),
        "overflow": "view",
        "val_fraction": 0.3,
        "sequences": 17,
        "layout": "views",
    },
    "rejection": {
        "seed": 1,
        "image_set": "all",
        "val_fraction": 0,
        "sequences": 40,
        "reject": ("flat-reflection", "dark-reflection", "dark-transmission", "dim-reflection"),
    },
    "photos smaller than the kernel": {
        "scale": 0.2,
        "window": (8, 8),
        "views": 2,
        "transmission_step": (0, 1),
        "reflection_step": (0, 2),
        "kernel": 31,
        "sigma": (4, 4),
        "sequences": 5,
    },
    "one view": {"views": 1, "sequences": 6, "window": (48, 48), "compression": "gzip"},
    "literal": {},
}

TROUBLED = ("everything else", "rejection")
"""Cases made from photos of which some cannot be used."""


@pytest.fixture(scope="module")
def troubled_folder(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain folder's photos, with some that are torn, small, flat, dark or dim among them."""
    folder = tmp_path_factory.mktemp("troubled")
    for path in photo_folder.rglob("*.*"):
        target = folder / path.relative_to(photo_folder)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    torn = (folder / "photo01.jpg").read_bytes()
    (folder / "torn.jpg").write_bytes(torn[: len(torn) // 2])
    (folder / "empty.png").write_bytes(b"")
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (23, 90, 3), dtype=np.uint8)
    for name, pixels in {
        "small.png": noise,
        "tall.png": rng.integers(0, 256, (90, 36, 3), dtype=np.uint8),
        "flat1.png": np.full((40, 50, 3), 90, np.uint8),
        "flat2.png": np.full((40, 50, 3), 200, np.uint8),
        "dark1.png": rng.integers(0, 39, (40, 50, 3), dtype=np.uint8),
        "dark2.png": rng.integers(0, 39, (40, 50, 3), dtype=np.uint8),
        "dim1.png": rng.integers(0, 70, (40, 50, 3), dtype=np.uint8),
        "dim2.png": rng.integers(0, 70, (40, 50, 3), dtype=np.uint8),
        "Zebra.PNG": rng.integers(0, 256, (40, 50, 3), dtype=np.uint8),
        "été.png": rng.integers(0, 256, (40, 50, 3), dtype=np.uint8),
    }.items():
        Image.fromarray(pixels).save(folder / name)
    return folder


@pytest.fixture(scope="module", params=CASES)
def made(
    request: pytest.FixtureRequest,
    make_shards: Callable[..., Path],
    tiny_voc: Path,
    troubled_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    name = request.param
    out = tmp_path_factory.mktemp("truth") / "set"
    if name == "literal":
        run_command(tiny_voc, out)
    else:
        voc = troubled_folder if name in TROUBLED else tiny_voc
        make_shards(out, voc, **CASES[name])
    index = json.loads((out / "index.json").read_bytes())
    if name in TROUBLED:
        folder = troubled_folder
        ids = list(find_photos(folder))
    else:
        folder = tiny_voc / "VOC2012" / "JPEGImages"
        lists = tiny_voc / "VOC2012" / "ImageSets" / "Main"
        ids = (lists / "train.txt").read_text().split()
    truth = Truth(index["configuration"], folder, ids)
    listed: dict[str, list[Any]] = {}
    for file, split, first, count in truth.shards():
        truth.redraws, truth.rejections = 0, Counter()
        datasets = truth.datasets(split, first, count)
        listed[file] = [split, first, count, datasets, truth.redraws, dict(truth.rejections)]
    return Made(out, index, truth, listed)


def run_command(voc: Path, out: Path) -> None:
    """Make a set by the command line, in a process of its own."""
    script = "from seqsynth.cli import main; main()"
    options = [
        "--preset",
        "literal",
        "--window",
        "16x24",
        "--reflection-step",
        "2",
        "4",
        "--reflection-strength",
        "0.5",
        "1",
        "--sequences",
        "12",
        "--jobs",
        "1",
    ]
    command = [sys.executable, "-c", script, "-q", "generate", "--voc", str(voc), "--out", str(out)]
    subprocess.run([*command, *options], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def test_pools_are_the_shuffled_halves_of_the_sorted_ids(made: Made) -> None:
    assert made.index["sources"] == {"pools": made.truth.pools}


def test_shards_divide_the_sequences_as_specified(made: Made) -> None:
    written = [(s["file"], s["split"], s["count"]) for s in made.index["shards"]]
    assert written == [(file, values[0], values[2]) for file, values in made.listed.items()]


def test_shards_hold_the_specified_datasets_and_no_others(made: Made) -> None:
    wanted = {name: kind for name, (_, kind) in made.truth.array_types().items()}
    for file in made.listed:
        with h5py.File(made.folder / file) as shard:
            assert {name: shard[name].dtype.str for name in shard} == wanted


def test_every_value_of_every_dataset_is_the_documents(made: Made) -> None:
    for file, (_, _, _, datasets, *_) in made.listed.items():
        with h5py.File(made.folder / file) as shard:
            for name, truth in datasets.items():
                np.testing.assert_array_equal(shard[name][:], truth, err_msg=f"{file} {name}")


def test_attributes_say_what_a_shard_is(made: Made) -> None:
    for file, (split, first, *_) in made.listed.items():
        with h5py.File(made.folder / file) as shard:
            found = {name: np.asarray(value).tolist() for name, value in shard.attrs.items()}
        assert found == {
            "format": "seqsynth-shard",
            "schema_version": 1,
            "kind": "synthetic",
            "layout": made.index["layout"],
            "split": split,
            "first": first,
            "fingerprint": made.index["fingerprint"],
            "views": made.truth.configuration["views"],
            "window": made.truth.configuration["window"],
            **carried(made, file),
        }


def canonical(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def carried(made: Made, file: str) -> dict[str, str]:
    """What the document has a shard carry of its index."""
    names = ("kind", "layout", "configuration", "fingerprint", "schema_version", "sources")
    counts: dict[str, int] = {}
    for split, _, count, *_ in made.listed.values():
        counts[split] = counts.get(split, 0) + count
    (entry,) = [entry for entry in made.index["shards"] if entry["file"] == file]
    own = {key: value for key, value in entry.items() if key not in ("bytes", "sha256")}
    index = {**{name: made.index[name] for name in names}, "sequences": counts}
    return {"index": canonical(index), "index_entry": canonical(own)}


def test_redraws_and_rejections_are_counted_per_shard(made: Made) -> None:
    for entry in made.index["shards"]:
        *_, redraws, rejections = made.listed[entry["file"]]
        assert (entry["redraws"], entry["rejections"]) == (redraws, rejections)


@pytest.mark.parametrize("made", ["rejection"], indirect=True)
def test_rejection_case_meets_every_rule_and_unusable_photos(made: Made) -> None:
    met = Counter(rule for *_, rules in made.listed.values() for rule in rules)
    assert met.keys() == RULES.keys()
    assert sum(values[4] for values in made.listed.values()) > 0


def test_index_states_the_size_and_hash_of_every_shard(made: Made) -> None:
    for entry in made.index["shards"]:
        content = (made.folder / entry["file"]).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()


def canonical_sha256(document: Any) -> str:
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def test_fingerprint_is_of_configuration_and_pools(made: Made) -> None:
    content = {"configuration": made.index["configuration"], "pools": made.truth.pools}
    assert made.index["fingerprint"] == canonical_sha256(content)


def test_digest_is_of_the_index_without_it(made: Made) -> None:
    content = {key: value for key, value in made.index.items() if key != "digest"}
    assert made.index["digest"] == canonical_sha256(content)


def test_index_has_exactly_the_specified_bytes(made: Made) -> None:
    text = json.dumps(made.index, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    assert (made.folder / "index.json").read_bytes() == text.encode()


@pytest.mark.parametrize("made", ["defaults", "everything else", "literal"], indirect=True)
def test_bare_h5py_writes_the_very_same_file(made: Made, tmp_path: Path) -> None:
    for file, (split, first, _, datasets, *_) in made.listed.items():
        attributes = {
            "format": "seqsynth-shard",
            "schema_version": 1,
            "layout": made.index["layout"],
            "kind": "synthetic",
            "split": split,
            "first": first,
            "fingerprint": made.index["fingerprint"],
            "views": made.truth.configuration["views"],
            "window": made.truth.configuration["window"],
        }
        with h5py.File(tmp_path / file, "w", libver=("v108", "v108")) as shard:
            for name, value in attributes.items():
                shard.attrs[name] = value
            for name in sorted(datasets):
                values = datasets[name]
                shard.create_dataset(name, values.shape, values.dtype, track_times=False)
            for name in sorted(datasets):
                shard[name][:] = datasets[name]
            for name, text in carried(made, file).items():
                shard.attrs[name] = text
        assert (tmp_path / file).read_bytes() == (made.folder / file).read_bytes()


@pytest.mark.parametrize("made", ["defaults", "one view", "rejection"], indirect=True)
def test_three_lines_of_numpy_rebuild_a_view(made: Made) -> None:
    views_truth = Truth(
        {**made.truth.configuration, "layout": "views"}, made.truth.folder, made.truth.ids
    )
    file, (split, first, count, *_) = next(iter(made.listed.items()))
    i, v = count - 1, made.truth.configuration["views"] - 1
    wanted = views_truth.sequence(split, first + i)
    with h5py.File(made.folder / file) as f:
        h, w = f.attrs["window"]
        (ty, tx), (ry, rx) = f["transmission_origin"][i, v], f["reflection_origin"][i, v]
        level = f["attenuation"][i, v]
        t = f["transmission_layer"][i, ty : ty + h, tx : tx + w]
        r = np.maximum(f["reflection_layer"][i, ry : ry + h, rx : rx + w], level) - level
        blended = np.minimum(t.astype(np.uint16) + r, 255).astype(np.uint8)
    for found, name in ((t, "transmission"), (r, "reflection"), (blended, "blended")):
        np.testing.assert_array_equal(found, wanted[name][v])


def philox4x64(key: tuple[int, int], counter: tuple[int, int, int, int]) -> list[int]:
    """One block of Philox4x64-10, from the paper's definition."""
    mask = 2**64 - 1
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        product0, product1 = c0 * 0xD2E7470EE14C6C93, c2 * 0xCA5A826395121157
        c0, c1, c2, c3 = (
            (product1 >> 64) ^ c1 ^ k0,
            product1 & mask,
            (product0 >> 64) ^ c3 ^ k1,
            product0 & mask,
        )
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & mask, (k1 + 0xBB67AE8584CAA73B) & mask
    return [c0, c1, c2, c3]


@pytest.mark.parametrize(("seed", "family", "index"), [(0, 0, 0), (2**64 - 1, 1, 2**40), (5, 2, 0)])
def test_streams_are_philox_blocks_from_counter_one(seed: int, family: int, index: int) -> None:
    outputs = Stream(seed, family, index).outputs
    blocks = [philox4x64((seed, family), (block, 0, index, 0)) for block in (1, 2)]
    assert [int(outputs()) for _ in range(8)] == [*blocks[0], *blocks[1]]


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.8, 0.37, 0.93])
def test_averaging_is_pillows_box_one_direction_at_a_time(scale: float) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (75, 51, 3), dtype=np.uint8)
    height, width = (math.floor(side * scale + 0.5) for side in pixels.shape[:2])
    rows = Image.fromarray(pixels).resize((width, 75), Image.Resampling.BOX)
    both = np.asarray(rows.resize((width, height), Image.Resampling.BOX))
    found = average(average(pixels.swapaxes(0, 1), width).swapaxes(0, 1), height)
    np.testing.assert_array_equal(found, both)
