"""A lost index is written anew from the shards, as it was, byte for byte."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import OutputError, ShardError
from seqsynth.files import hash_file
from seqsynth.output.lock import FolderLock
from seqsynth.reshape import MergeConfig, plan_merge, plan_subset, reshape
from seqsynth.shards import KnownSet, open_shards, repair_shards, verify_shards
from seqsynth.shards.index import read_index
from seqsynth.shards.verify import Fault
from seqsynth.synthesis import generate, plan_generation
from seqsynth.synthesis.blends import LEVEL_TABLES
from tests.conftest import TINY_SETTINGS
from tests.seqsynth.shards.conftest import make_captures

VERSION_1 = Path(__file__).parents[2] / "data" / "version-1"


def lose_index(folder: Path) -> bytes:
    content = (folder / "index.json").read_bytes()
    (folder / "index.json").unlink()
    return content


def strip(folder: Path) -> str:
    """Make shards as those from before they carried their index; return their fingerprint."""
    for path in folder.glob("*.h5"):
        with h5py.File(path, "r+") as shard:
            del shard.attrs["index"], shard.attrs["index_entry"]
            fingerprint = str(shard.attrs["fingerprint"])
    return fingerprint


def test_index_comes_back_as_it_was(shards_copy: Path) -> None:
    content = lose_index(shards_copy)
    repair = repair_shards(shards_copy)
    assert (shards_copy / "index.json").read_bytes() == content
    assert (repair.left_out, repair.missing) == ((), 0)
    assert not [one for one in verify_shards(shards_copy) if isinstance(one, Fault)]


def test_what_macos_lays_beside_shards_is_none_of_them(shards_copy: Path) -> None:
    for path in [*shards_copy.iterdir()]:
        (shards_copy / f"._{path.name}").write_bytes(b"\0\5\26\7Mac OS X")
    (shards_copy / ".DS_Store").touch()
    assert not [one for one in verify_shards(shards_copy) if isinstance(one, Fault)]
    lose_index(shards_copy)
    assert repair_shards(shards_copy).left_out == ()


def test_torn_index_without_shards_is_not_sent_to_repair(shards_copy: Path) -> None:
    (shards_copy / "index.json").write_text("{")
    with pytest.raises(ShardError, match="or have seqsynth repair write it anew"):
        read_index(shards_copy)
    for path in shards_copy.glob("*.h5"):
        path.unlink()
    with pytest.raises(ShardError, match=r"no shards beside it .* move the file away and make"):
        read_index(shards_copy)
    with pytest.raises(ShardError, match="make the set anew in an empty folder"):
        repair_shards(shards_copy)


@pytest.mark.parametrize(
    "settings",
    [
        {"blend": "zhang"},
        {"compression": "gzip"},
        {"blend": "ghosting", "compression": "gzip"},
        {"reject": ("dim-reflection",), "val_fraction": 0},
    ],
    ids=str,
)
def test_index_of_every_kind_of_synthetic_set_comes_back(
    make_shards, tmp_path: Path, settings: dict[str, Any]
) -> None:
    folder = make_shards(tmp_path / "set", **settings)
    content = lose_index(folder)
    repair_shards(folder, tables=LEVEL_TABLES)
    assert (folder / "index.json").read_bytes() == content


def test_index_of_a_derived_set_comes_back(make_shards, tiny_shards: Path, tmp_path: Path) -> None:
    other = make_shards(tmp_path / "other", seed=1, sequences=6, val_fraction=0.5)
    run = RunConfig(jobs=1)
    for name, plan in (
        ("merged", plan_merge([tiny_shards, other], MergeConfig(drop_leaks=True))),
        ("chosen", plan_subset(tiny_shards)),
    ):
        reshape(plan, tmp_path / name, run)
        content = lose_index(tmp_path / name)
        repair_shards(tmp_path / name)
        assert (tmp_path / name / "index.json").read_bytes() == content


def test_list_of_very_many_photos_is_carried(
    make_shards, shards_copy: Path, tmp_path: Path
) -> None:
    # More than the 64 KiB that an attribute of HDF5 may hold in its head.
    names = [f"photo-{number:06d}" for number in range(20_000)]
    for path in shards_copy.glob("*.h5"):
        with h5py.File(path, "r+") as shard:
            document = json.loads(shard.attrs["index"])
            document["sources"]["pools"]["unused"] = names
            del shard.attrs["index"]
            shard.attrs["index"] = json.dumps(document)
    lose_index(shards_copy)
    assert repair_shards(shards_copy).index.sources["pools"]["unused"] == names


def test_index_that_cannot_be_read_is_kept_beside_the_new_one(shards_copy: Path) -> None:
    content = lose_index(shards_copy)
    (shards_copy / "index.json").write_bytes(content[:-20])
    repair_shards(shards_copy)
    assert (shards_copy / "index.json").read_bytes() == content
    assert (shards_copy / "index.json.old").read_bytes() == content[:-20]
    (shards_copy / "index.json").write_bytes(b"{")
    with pytest.raises(ShardError, match=r"index\.json\.old stands in the way"):
        repair_shards(shards_copy)


def test_sound_index_and_interrupted_run_are_left_alone(shards_copy: Path) -> None:
    content = (shards_copy / "index.json").read_bytes()
    with pytest.raises(ShardError, match=r"an index\.json that is whole, so there is nothing to"):
        repair_shards(shards_copy)
    (shards_copy / "journal.jsonl").write_text("{}\n")
    with pytest.raises(ShardError, match="interrupted; run the same command again"):
        repair_shards(shards_copy)
    assert (shards_copy / "index.json").read_bytes() == content


def test_missing_shard_makes_the_index_incomplete_and_is_made_again(
    shards_copy: Path, tiny_voc: Path
) -> None:
    content = lose_index(shards_copy)
    lost = (shards_copy / "train-00001.h5").read_bytes()
    (shards_copy / "train-00001.h5").unlink()
    repair = repair_shards(shards_copy)
    assert (repair.index.complete, repair.missing) == (False, 6)
    names = [sequence.name for sequence in open_shards(shards_copy).split("train")]
    assert names == [f"train-{number:06d}" for number in [*range(6), *range(12, 19)]]
    generate(tiny_voc, shards_copy, SynthesisConfig(**TINY_SETTINGS), RunConfig(jobs=1))
    assert (shards_copy / "index.json").read_bytes() == content
    assert (shards_copy / "train-00001.h5").read_bytes() == lost


def cut(folder: Path) -> str:
    os.truncate(folder / "val-00000.h5", 5000)
    return "val-00000.h5: is torn"


def rename(folder: Path) -> str:
    (folder / "val-00000.h5").rename(folder / "val-00007.h5")
    return "val-00007.h5: is val-00000.h5 under another name; rename it"


def add_copy(folder: Path) -> str:
    shutil.copy(folder / "train-00000.h5", folder / "backup.h5")
    return "backup.h5: is train-00000.h5 under another name"


def add_text(folder: Path) -> str:
    (folder / "notes.h5").write_text("no shard at all")
    return "notes.h5: is torn or no HDF5 file"


def move_window(folder: Path) -> str:
    with h5py.File(folder / "val-00000.h5", "r+") as shard:
        shard["transmission_origin"][0, 0] = (99, 0)
    return "val-00000.h5: transmission windows leave their layer in sequences 0"


@pytest.mark.parametrize("harm", [cut, rename, add_copy, add_text, move_window])
def test_what_is_not_sound_is_left_out_with_the_reason(
    shards_copy: Path, harm: Callable[[Path], str]
) -> None:
    lose_index(shards_copy)
    reason = harm(shards_copy)
    repair = repair_shards(shards_copy)
    assert str(repair.left_out[0]).startswith(reason)
    assert len(repair.left_out) == 1
    assert repair.index.complete == (harm in (add_copy, add_text))
    assert {"train-00000.h5", "train-00001.h5"} < {entry.file for entry in repair.index.shards}


def test_view_that_breaks_its_arithmetic_is_left_out(make_shards, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "set", layout="views", sequences=4, val_fraction=0.5)
    lose_index(folder)
    with h5py.File(folder / "val-00000.h5", "r+") as shard:
        shard["blended"][0, 0, 0, 0, 0] ^= 1
    repair = repair_shards(folder)
    assert "I is not what ceilnet makes of T and R" in str(repair.left_out[0])
    assert [entry.file for entry in repair.index.shards] == ["train-00000.h5"]


def test_shards_of_two_sets_are_not_joined(make_shards, shards_copy: Path, tmp_path: Path) -> None:
    other = make_shards(tmp_path / "other", seed=4, sequences=4, val_fraction=0.5)
    shutil.copy(other / "val-00000.h5", shards_copy / "val-00000.h5")
    lose_index(shards_copy)
    with pytest.raises(ShardError, match=r"several sets: train-00000.h5 of [0-9a-f]{12}, val-"):
        repair_shards(shards_copy)
    assert not (shards_copy / "index.json").exists()


def test_shards_that_carry_no_index_need_what_made_them(shards_copy: Path, tiny_voc: Path) -> None:
    lose_index(shards_copy)
    fingerprint = strip(shards_copy)
    with pytest.raises(ShardError, match="before they carried their index; give the photos, --voc"):
        repair_shards(shards_copy)
    for seed, settings in ((0, TINY_SETTINGS), (1, {**TINY_SETTINGS, "seed": 1})):
        plan = plan_generation(tiny_voc, SynthesisConfig(**settings))
        known = KnownSet(plan.index, {"train": 19, "val": 5})
        if seed:
            (shards_copy / "index.json").unlink()
            with pytest.raises(ShardError, match="settings given make another set"):
                repair_shards(shards_copy, known=known)
        else:
            repair = repair_shards(shards_copy, known=known)
            assert (repair.index.complete, repair.missing) == (True, 0)
            assert repair.index.fingerprint == fingerprint
            assert [e.sha256 for e in read_index(shards_copy).shards] == [
                hash_file(shards_copy / e.file)[1] for e in repair.index.shards
            ]
            assert not [one for one in verify_shards(shards_copy) if isinstance(one, Fault)]


def test_folder_without_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="no such folder"):
        repair_shards(tmp_path / "none")
    with pytest.raises(ShardError, match="holds no shard to repair from"):
        repair_shards(tmp_path)


def test_folder_in_use_is_not_repaired(shards_copy: Path) -> None:
    lose_index(shards_copy)
    lock = FolderLock(shards_copy)
    with pytest.raises(OutputError, match="is in use by another run"):
        repair_shards(shards_copy)
    lock.release()


RECORDS: list[Any] = [
    *("", "{", "[]", "[" * 200_000, '{"sequences": 3}', 3, [1, 2, 3], b"\xff", h5py.Empty("f4")),
    '{"configuration": 3, "fingerprint": "", "kind": "synthetic", "layout": "layers", '
    '"schema_version": 1, "sequences": {"val": 5}, "sources": {}}',
]


@pytest.mark.parametrize("name", ["index", "index_entry"])
@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_made_up_record_is_named_by_repair_and_by_verify(
    shards_copy: Path, edit_index: Any, name: str, record: Any
) -> None:
    path = shards_copy / "val-00000.h5"
    with h5py.File(path, "r+") as shard:
        del shard.attrs[name]
        shard.attrs[name] = record
    with edit_index(shards_copy) as document:
        document["shards"][-1]["bytes"], document["shards"][-1]["sha256"] = hash_file(path)
    faults = [str(one) for one in verify_shards(shards_copy) if isinstance(one, Fault)]
    assert [fault for fault in faults if "what it carries of its index is no record" in fault]
    lose_index(shards_copy)
    repair = repair_shards(shards_copy)
    assert "what it carries of its index is no record" in str(repair.left_out[0])


@pytest.mark.parametrize("kind", ["captures", "pairs"])
def test_old_captures_and_pairs_get_an_index_of_what_is_known(tmp_path: Path, kind: str) -> None:
    folder = Path(shutil.copytree(VERSION_1 / kind, tmp_path / kind))
    before = [(one.name, one.split, one.blended) for one in open_shards(folder)]
    lose_index(folder)
    with pytest.raises(ShardError, match="if they are gone, have --bare write an index without"):
        repair_shards(folder)
    index = repair_shards(folder, bare=True).index
    assert (index.complete, index.configuration, index.sources) == (True, {}, {})
    for (name, split, blended), one in zip(before, open_shards(folder), strict=True):
        assert (name, split) == (one.name, one.split)
        assert (blended == one.blended).all()
    assert not [one for one in verify_shards(folder) if isinstance(one, Fault)]


def test_gap_between_old_shards_leaves_the_index_incomplete(tmp_path: Path) -> None:
    folder = make_captures(tmp_path / "captures")
    lose_index(folder)
    (folder / "train-00000.h5").unlink()
    index = repair_shards(folder, bare=True).index
    assert not index.complete
    assert {one.file for one in index.shards} == {path.name for path in folder.glob("*.h5")}
