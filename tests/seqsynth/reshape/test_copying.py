"""What is copied is what was stored, to the byte, and every new file says what it is."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import OutputError, ShardError
from seqsynth.reshape import (
    MergeConfig,
    ReshapePlan,
    SubsetConfig,
    plan_merge,
    plan_subset,
    reshape,
    reshaping,
)
from seqsynth.shards import open_shards, read_index, verify_shards
from seqsynth.shards.index import render
from seqsynth.synthesis.blends import LEVEL_TABLES
from tests.seqsynth.reshape.stored import (
    assert_copies,
    contents,
    index_of,
    rows_of,
    seal,
)

MakeShards = Callable[..., Path]

SETS: dict[str, dict[str, Any]] = {
    "layers": {},
    "layers, gzip": {"compression": "gzip"},
    "layers, zstd": {"compression": "zstd"},
    "views": {"layout": "views"},
    "views, gzip": {"layout": "views", "compression": "gzip"},
    "other blend": {"blend": "zhang"},
    "five views": {"views": 5},
}


@pytest.fixture(scope="module", params=SETS)
def source(
    request: pytest.FixtureRequest,
    make_shards: MakeShards,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A set of every storage."""
    return make_shards(tmp_path_factory.mktemp("source") / "set", **SETS[request.param])


def faults(folder: Path) -> list[str]:
    return [str(f) for f in verify_shards(folder, LEVEL_TABLES) if not hasattr(f, "sha256")]


def run(jobs: int = 1) -> RunConfig:
    return RunConfig(jobs=jobs)


def test_every_row_is_that_of_its_origin(source: Path, tmp_path: Path) -> None:
    reshape(plan_subset(source, SubsetConfig(count=11, seed=4)), tmp_path / "out", run())
    assert len(rows_of(tmp_path / "out")) == 11
    assert_copies(tmp_path / "out", source)


def test_derived_set_has_no_fault(source: Path, tmp_path: Path) -> None:
    reshape(plan_subset(source, SubsetConfig(fraction=0.5)), tmp_path / "out", run())
    assert faults(tmp_path / "out") == []


def test_frames_read_as_before(source: Path, tmp_path: Path) -> None:
    reshape(plan_subset(source, SubsetConfig(split=("val",))), tmp_path / "out", run())
    copies, originals = open_shards(tmp_path / "out"), open_shards(source).split("val")
    for copy, original in zip(copies, originals, strict=True):
        np.testing.assert_array_equal(copy.blended, original.blended)
        np.testing.assert_array_equal(copy.reflection, original.reflection)


def test_packed_pictures_are_not_packed_anew(
    make_shards: MakeShards, tmp_path: Path, edit_gzip: Callable[[Path], None]
) -> None:
    folder = make_shards(tmp_path / "set", compression="gzip", sequences=5, shard_size=10**6)
    ours = rows_of(folder)[0].packed
    edit_gzip(folder)
    assert rows_of(folder)[0].packed != ours  # another level packs otherwise
    reshape(plan_subset(folder), tmp_path / "out", run())
    assert_copies(tmp_path / "out", folder)


@pytest.fixture
def edit_gzip() -> Callable[[Path], None]:
    """Pack the first shard of a set at gzip's level 9 instead of 4, by bare h5py."""

    def edit(folder: Path) -> None:
        document = index_of(folder)
        path = folder / document["shards"][0]["file"]
        with h5py.File(path) as old, h5py.File(folder / "new", "w", libver=("v108",) * 2) as new:
            new.attrs.update(old.attrs)
            for name, data in old.items():
                packing = {"compression": "gzip", "compression_opts": 9, "chunks": data.chunks}
                new.create_dataset(name, data=data[:], **(packing if data.chunks else {}))
        (folder / "new").replace(path)
        document["shards"][0] |= {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        seal(folder, document)

    return edit


def test_sizes_and_storage_may_differ_in_one_set(
    make_shards: MakeShards, tiny_shards: Path, photo_folder: Path, tmp_path: Path
) -> None:
    settings: dict[str, dict[str, Any]] = {
        "five": {"views": 5},
        "wide": {"window": (16, 32)},
        "gzip": {"compression": "gzip"},
    }
    others = [
        make_shards(tmp_path / name, photo_folder, sequences=4, val_fraction=0, seed=seed, **more)
        for seed, (name, more) in enumerate(settings.items())
    ]
    reshape(plan_merge([tiny_shards, *others]), tmp_path / "out", run())
    assert_copies(tmp_path / "out", tiny_shards, *others)
    assert faults(tmp_path / "out") == []
    assert (
        index_of(tmp_path / "out")["configuration"]
        .keys()
        .isdisjoint({"views", "window", "compression", "seed"})
    )


def test_views_of_several_blends_are_held_against_their_own(
    make_shards: MakeShards, photo_folder: Path, tmp_path: Path
) -> None:
    zhang = make_shards(tmp_path / "zhang", blend="zhang", layout="views", sequences=6)
    views = make_shards(tmp_path / "views", photo_folder, layout="views", sequences=6)
    reshape(plan_merge([zhang, views]), tmp_path / "out", run())
    assert faults(tmp_path / "out") == []
    # A pixel that no blend of T and R gives is found in either part's shards.
    for entry in index_of(tmp_path / "out")["shards"]:
        damaged = tmp_path / entry["file"].removesuffix(".h5")
        shutil.copytree(tmp_path / "out", damaged)
        with h5py.File(damaged / entry["file"], "r+") as shard:
            shard["blended"][0, 0, 0, 0] ^= 255
        reseal(damaged)
        assert [f for f in faults(damaged) if "I is not what" in f]


def test_layers_of_several_blends_make_one_set(
    make_shards: MakeShards, tiny_shards: Path, photo_folder: Path, tmp_path: Path
) -> None:
    others = [
        make_shards(tmp_path / blend, photo_folder, blend=blend, sequences=3, val_fraction=0)
        for blend in ("zhang", "linear", "ghosting")
    ]
    out = tmp_path / "out"
    reshape(plan_merge([tiny_shards, *others], MergeConfig(rename=True)), out, run())
    assert_copies(out, tiny_shards, *others)
    assert faults(out) == []
    assert index_of(out)["schema_version"] == 3
    (damaged, *_) = sorted(p for p in out.glob("*.h5") if "level_table" in h5py.File(p))
    with h5py.File(damaged, "r+") as shard:
        shard["level_table"][0, 0, 9, 9] ^= 1
    reseal(out)
    assert [f for f in faults(out) if "level_table is not" in f]


def reseal(folder: Path) -> None:
    """State the hashes that the shards have now."""
    document = index_of(folder)
    for entry in document["shards"]:
        entry["sha256"] = hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
    seal(folder, document)


# --- what the files say -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def merged(tiny_shards: Path, garden: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny set and the garden as one, in small shards."""
    folder = tmp_path_factory.mktemp("merged") / "set"
    reshape(plan_merge([tiny_shards, garden], MergeConfig(shard_size=20_000)), folder, run())
    return folder


def test_attributes_are_those_of_the_new_set(merged: Path) -> None:
    document = index_of(merged)
    first = {"train": 0, "val": 0}
    for entry in document["shards"]:
        with h5py.File(merged / entry["file"]) as shard:
            # What it carries of its index is held to that index by the tests of repairing.
            stated = {k: v for k, v in shard.attrs.items() if k not in ("index", "index_entry")}
            assert stated | {"window": shard.attrs["window"].tolist()} == {
                "format": "seqsynth-shard",
                "schema_version": 1,
                "layout": "layers",
                "kind": "synthetic",
                "split": entry["split"],
                "first": first[entry["split"]],
                "fingerprint": document["fingerprint"],
                "views": 3,
                "window": [16, 24],
            }
        first[entry["split"]] += entry["count"]


def test_training_comes_first_and_files_are_numbered(merged: Path) -> None:
    files = [entry["file"] for entry in index_of(merged)["shards"]]
    train = [file for file in files if file.startswith("train")]
    val = [file for file in files if file.startswith("val")]
    assert files == train + val
    assert train == [f"train-{number:05d}.h5" for number in range(len(train))]
    assert val == [f"val-{number:05d}.h5" for number in range(len(val))]


def test_shards_are_at_most_of_the_size_asked_for(merged: Path) -> None:
    for entry in index_of(merged)["shards"]:
        with h5py.File(merged / entry["file"]) as shard:
            assert sum(dataset.nbytes for dataset in shard.values()) <= 20_000


def test_all_sequences_of_a_shard_come_from_one_part(merged: Path) -> None:
    for entry in index_of(merged)["shards"]:
        assert len({row["origin"]["part"] for row in entry["sequences"]}) == 1


def test_merged_set_holds_all_of_both_in_their_order(
    merged: Path, tiny_shards: Path, garden: Path
) -> None:
    found = [(row.split, row.described["origin"]["name"]) for row in rows_of(merged)]
    both = [*rows_of(tiny_shards), *rows_of(garden)]
    assert found == [(row.split, row.name) for row in sorted(both, key=lambda row: row.split)]


# --- the same bytes -----------------------------------------------------------------------------


def small_plan(tiny_shards: Path, garden: Path) -> ReshapePlan:
    return plan_merge([tiny_shards, garden], MergeConfig(shard_size=20_000))


def stop_after(shards: int, plan: ReshapePlan, out: Path) -> None:
    with reshaping(plan, out, run()) as making:
        for number, _ in enumerate(making, 1):
            if number == shards:
                raise KeyboardInterrupt


def test_two_workers_write_the_same_bytes(
    tiny_shards: Path, garden: Path, merged: Path, tmp_path: Path
) -> None:
    reshape(small_plan(tiny_shards, garden), tmp_path / "two", run(jobs=2))
    assert contents(tmp_path / "two") == contents(merged)


def test_stopped_run_goes_on_to_the_same_bytes(
    tiny_shards: Path, garden: Path, merged: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        stop_after(3, small_plan(tiny_shards, garden), out)
    kept = {path.name: path.stat().st_ino for path in out.glob("*.h5")}
    assert len(kept) == 3
    assert not index_of(out)["complete"]
    reshape(small_plan(tiny_shards, garden), out, run())
    assert contents(out) == contents(merged)
    assert kept.items() <= {path.name: path.stat().st_ino for path in out.glob("*.h5")}.items()


def test_finished_set_is_not_written_again(tiny_shards: Path, garden: Path, tmp_path: Path) -> None:
    reshape(small_plan(tiny_shards, garden), tmp_path, run())
    before = {path.name: path.stat().st_ino for path in tmp_path.glob("*.h5")}
    reshape(small_plan(tiny_shards, garden), tmp_path, run())
    assert {path.name: path.stat().st_ino for path in tmp_path.glob("*.h5")} == before


def test_input_is_left_as_it_is(tiny_copy: Path, tmp_path: Path) -> None:
    before = contents(tiny_copy)
    reshape(plan_subset(tiny_copy, SubsetConfig(count=3)), tmp_path / "out", run())
    assert contents(tiny_copy) == before


# --- what is refused ----------------------------------------------------------------------------


def flip_a_pixel(folder: Path, file: str) -> None:
    with h5py.File(folder / file) as shard:
        offset = shard["transmission_layer"].id.get_offset()
    with (folder / file).open("r+b") as stream:
        stream.seek(offset + 100)
        byte = stream.read(1)
        stream.seek(offset + 100)
        stream.write(bytes([byte[0] ^ 1]))


def test_damaged_shard_is_named_and_not_copied(tiny_copy: Path, tmp_path: Path) -> None:
    flip_a_pixel(tiny_copy, "train-00001.h5")
    with pytest.raises(ShardError, match=r"train-00001\.h5 is not the file .*seqsynth verify"):
        reshape(plan_subset(tiny_copy), tmp_path / "out", run())
    assert not (tmp_path / "out" / "train-00001.h5").exists()


def test_shard_damaged_after_it_was_copied_once_is_found(tiny_copy: Path, tmp_path: Path) -> None:
    reshape(plan_subset(tiny_copy), tmp_path / "first", run())
    flip_a_pixel(tiny_copy, "train-00001.h5")
    with pytest.raises(ShardError, match="is not the file"):
        reshape(plan_subset(tiny_copy), tmp_path / "second", run())


def test_other_choice_in_the_same_folder_is_refused(tiny_shards: Path, tmp_path: Path) -> None:
    reshape(plan_subset(tiny_shards, SubsetConfig(count=3)), tmp_path, run())
    with pytest.raises(ShardError, match=r"\(derived\.count 3 there, 4 asked for.*--overwrite"):
        reshape(plan_subset(tiny_shards, SubsetConfig(count=4)), tmp_path, run())


@pytest.mark.parametrize("place", [".", "inside"])
def test_output_in_an_input_is_refused(tiny_copy: Path, place: str) -> None:
    before = contents(tiny_copy)
    with pytest.raises(OutputError, match="is copied from; choose another folder"):
        reshaping(plan_subset(tiny_copy), tiny_copy / place, run(), overwrite=True)
    assert contents(tiny_copy) == before


def test_output_in_an_input_is_refused_by_any_name(tiny_copy: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tiny_copy)
    with pytest.raises(OutputError, match="is copied from"):
        reshaping(plan_subset(tiny_copy), tmp_path / "link", run(), overwrite=True)


def test_too_little_room_is_told_before_work_begins(
    tiny_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(OutputError, match=r"0\.00 GiB are free; make room, or choose fewer"):
        reshape(plan_subset(tiny_shards), tmp_path / "out", run())


def test_chunks_of_another_shape_are_refused(make_shards: MakeShards, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "set", compression="gzip", sequences=5, shard_size=10**6)
    path = folder / "train-00000.h5"
    with h5py.File(path, "r+") as shard:
        data, attributes = shard["transmission_layer"][:], dict(shard.attrs)
        del shard["transmission_layer"]
        shard.create_dataset(
            "transmission_layer", data=data, chunks=(2, *data.shape[1:]), compression="gzip"
        )
        shard.attrs.update(attributes)
    index = read_index(folder)
    entries = [replace(index.shards[0], bytes=path.stat().st_size), *index.shards[1:]]
    (folder / "index.json").write_bytes(render(index.with_shards(entries, complete=True)))
    with pytest.raises(ShardError, match="'transmission_layer' is packed as no configuration says"):
        plan_subset(folder)


def test_incomplete_set_is_refused_unless_asked_for(tiny_copy: Path, tmp_path: Path) -> None:
    document = index_of(tiny_copy)
    lost = document["shards"].pop(1)
    seal(tiny_copy, document | {"complete": False})
    (tiny_copy / lost["file"]).unlink()
    with pytest.raises(ShardError, match=r"is incomplete: run the command .*--incomplete"):
        plan_subset(tiny_copy)
    plan = plan_subset(tiny_copy, incomplete=True)
    assert plan.sequences == 24 - lost["count"]


def test_set_whose_making_goes_on_is_refused(tiny_copy: Path) -> None:
    (tiny_copy / "journal.jsonl").write_text(json.dumps({"fingerprint": "f" * 64}))
    with pytest.raises(ShardError, match="is incomplete"):
        plan_subset(tiny_copy)


def test_worker_holds_no_more_files_than_it_copies(tiny_shards: Path, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(3):
        reshape(plan_subset(tiny_shards), tmp_path / str(number), run())
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
