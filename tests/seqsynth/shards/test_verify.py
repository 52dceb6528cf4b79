"""Every fault of a set is found: any flipped bit, and any breach that has a proper hash."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqsynth.errors import ShardError
from seqsynth.shards import Fault, ShardEntry, verify_shards
from seqsynth.shards import index as index_module
from seqsynth.synthesis.blends import LEVEL_TABLES

MakeShards = Callable[..., Path]
Edit = Callable[..., Any]


def faults(folder: Path) -> list[str]:
    """All faults in words; a set whose index cannot be read has one."""
    try:
        return [str(f) for f in verify_shards(folder, LEVEL_TABLES) if isinstance(f, Fault)]
    except ShardError as error:
        return [str(error)]


# --- sound sets ---------------------------------------------------------------------------------

SETS: dict[str, dict[str, Any]] = {
    "layers": {},
    "layers, zstd": {"compression": "zstd"},
    "views, gzip": {"layout": "views", "compression": "gzip"},
    "literal": {"border": "zero", "overflow": "view"},
    "one view": {"views": 1},
    **{blend: {"blend": blend} for blend in ("zhang", "ibcln", "dsrnet", "ghosting", "linear")},
}


@pytest.mark.parametrize("name", SETS)
def test_sound_set_has_no_fault(make_shards: MakeShards, tmp_path: Path, name: str) -> None:
    assert faults(make_shards(tmp_path / "set", **{"sequences": 6, **SETS[name]})) == []


def test_sound_captures_have_no_fault(captures: Path) -> None:
    assert faults(captures) == []


def test_every_shard_is_reported_once_it_is_checked(tiny_shards: Path) -> None:
    results = list(verify_shards(tiny_shards))
    assert all(isinstance(result, ShardEntry) for result in results)
    assert len(results) == 4


# --- flipped bits -------------------------------------------------------------------------------


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_flipped_bit_of_a_shard_is_found(shards_copy: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(shards_copy.glob("*.h5"))))
    bit = data.draw(st.integers(0, 8 * path.stat().st_size - 1))
    flip(path, bit)
    try:
        assert faults(shards_copy) == [
            f"{path.name}: its sha256 is not the index's: it was changed or damaged"
        ]
    finally:
        flip(path, bit)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_flipped_bit_of_the_index_is_found(shards_copy: Path, data: st.DataObject) -> None:
    path = shards_copy / "index.json"
    bit = data.draw(st.integers(0, 8 * path.stat().st_size - 1))
    flip(path, bit)
    try:
        assert faults(shards_copy)
    finally:
        flip(path, bit)


def test_every_bit_of_a_small_index_matters(
    shards_copy: Path, edit_index: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with edit_index(shards_copy) as document:
        document.update(kind="pair", layout="views", configuration={"é": [1.5, None]}, sources={})
        document["shards"] = []
    for path in shards_copy.glob("*.h5"):
        path.unlink()
    assert faults(shards_copy) == []
    content = (shards_copy / "index.json").read_bytes()
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        # In memory: thousands of files would take long.
        monkeypatch.setattr(index_module, "read_index_bytes", lambda _, b=damaged: bytes(b))
        assert faults(shards_copy), f"bit {bit} of {content!r}"


@pytest.mark.parametrize("change", [b"\n", b" ", b"\x00"])
def test_bytes_added_to_the_index_are_found(shards_copy: Path, change: bytes) -> None:
    path = shards_copy / "index.json"
    path.write_bytes(path.read_bytes() + change)
    assert faults(shards_copy)


def test_index_laid_out_otherwise_is_found(shards_copy: Path) -> None:
    path = shards_copy / "index.json"
    path.write_text(json.dumps(json.loads(path.read_bytes())))
    assert faults(shards_copy) == ["index.json: its bytes differ from what its content renders to"]


# --- faults of files and index ------------------------------------------------------------------


def remove_shard(folder: Path) -> None:
    (folder / "train-00001.h5").unlink()


def cut_shard(folder: Path) -> None:
    path = folder / "train-00001.h5"
    path.write_bytes(path.read_bytes()[:-1])


def swap_shards(folder: Path) -> None:
    first, second = folder / "train-00000.h5", folder / "train-00001.h5"
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def add_shard(folder: Path) -> None:
    (folder / "train-00003.h5").write_bytes(b"left over")


def leave_journal(folder: Path) -> None:
    (folder / "journal.jsonl").write_text("{}\n")


def make_folder_of_shard(folder: Path) -> None:
    remove_shard(folder)
    (folder / "train-00001.h5").mkdir()


FILE_FAULTS: dict[Callable[[Path], None], list[str]] = {
    remove_shard: ["train-00001.h5: cannot be read (No such file or directory)"],
    cut_shard: [
        "train-00001.h5: has 34592 bytes; the index says 34593",
        "train-00001.h5: its sha256 is not the index's: it was changed or damaged",
    ],
    swap_shards: [
        "train-00000.h5: its sha256 is not the index's: it was changed or damaged",
        "train-00001.h5: its sha256 is not the index's: it was changed or damaged",
    ],
    add_shard: ["train-00003.h5: is not in the index; move it away"],
    leave_journal: ["journal.jsonl: a run is unfinished; run the command that makes it again"],
    make_folder_of_shard: ["train-00001.h5: cannot be read (Is a directory)"],
}


@pytest.mark.parametrize("damage", FILE_FAULTS, ids=lambda damage: damage.__name__)
def test_fault_of_the_files_is_found(shards_copy: Path, damage: Callable[[Path], None]) -> None:
    damage(shards_copy)
    assert faults(shards_copy) == FILE_FAULTS[damage]


def claim_incomplete(document: dict[str, Any]) -> None:
    document["complete"] = False


def name_twice(document: dict[str, Any]) -> None:
    document["shards"].append(document["shards"][3])


def claim_more(document: dict[str, Any]) -> None:
    document["shards"][2]["count"] = 8


def claim_test(document: dict[str, Any]) -> None:
    document["shards"][3]["split"] = "test"


def claim_dev(document: dict[str, Any]) -> None:
    document["shards"][3]["split"] = "dev"


def claim_fingerprint(document: dict[str, Any]) -> None:
    document["fingerprint"] = "0" * 64


def drop_first_shard(document: dict[str, Any]) -> None:
    document["shards"].pop(0)


INDEX_FAULTS: dict[Callable[[dict[str, Any]], None], list[str]] = {
    claim_incomplete: ["is marked incomplete"],
    name_twice: ["names val-00000.h5 twice", "attribute first is 0; the index says 5"],
    claim_more: ["has 7 sequences; the index says 8"],
    claim_test: ["attribute split is 'val'; the index says 'test'"],
    claim_dev: ["split 'dev' is unknown"],
    claim_fingerprint: ["attribute fingerprint is"],
    drop_first_shard: ["train-00000.h5: is not in the index", "the index says 0"],
}


@pytest.mark.parametrize("damage", INDEX_FAULTS, ids=lambda damage: damage.__name__)
def test_sealed_index_that_lies_is_found(
    shards_copy: Path, edit_index: Edit, damage: Callable[[dict[str, Any]], None]
) -> None:
    with edit_index(shards_copy) as document:
        damage(document)
    found = "\n".join(faults(shards_copy))
    for words in INDEX_FAULTS[damage]:
        assert words in found


def test_all_faults_of_all_files_are_listed(shards_copy: Path, edit_index: Edit) -> None:
    with edit_index(shards_copy) as document:
        document["complete"] = False
    add_shard(shards_copy)
    remove_shard(shards_copy)
    flip(shards_copy / "train-00000.h5", 80000)
    flip(shards_copy / "val-00000.h5", 80000)
    assert [fault.split(":")[0] for fault in faults(shards_copy)] == [
        "index.json",
        "train-00003.h5",
        "train-00000.h5",
        "train-00001.h5",
        "val-00000.h5",
    ]


# --- faults of content, under a proper hash -----------------------------------------------------


def one_fault(folder: Path) -> str:
    (fault,) = faults(folder)
    return fault


@pytest.mark.parametrize("layer", ["transmission", "reflection"])
@pytest.mark.parametrize("place", [-1, 30])
def test_window_outside_its_layer_is_found(
    shards_copy: Path, edit_shard: Edit, layer: str, place: int
) -> None:
    with edit_shard(shards_copy, "train-00001.h5") as shard:
        shard[f"{layer}_origin"][4, 2, 1] = place
    assert one_fault(shards_copy) == (
        f"train-00001.h5: {layer} windows leave their layer in sequences 4"
    )


def test_window_flush_with_the_end_of_its_layer_is_sound(
    shards_copy: Path, edit_shard: Edit
) -> None:
    with edit_shard(shards_copy, "train-00001.h5") as shard:
        shard["reflection_origin"][4, 2] = (8, 8)
    assert faults(shards_copy) == []


def test_many_windows_outside_are_counted(shards_copy: Path, edit_shard: Edit) -> None:
    with edit_shard(shards_copy, "train-00002.h5") as shard:
        shard["reflection_origin"][:] = 9
    assert one_fault(shards_copy).endswith("in sequences 0, 1, 2, 3, 4 and 2 more")


@pytest.fixture
def views_copy(make_shards: MakeShards, tmp_path: Path) -> Path:
    """A set of layout views that a test may damage."""
    return make_shards(tmp_path / "views", layout="views", sequences=9, val_fraction=0)


@pytest.mark.parametrize("frames", ["blended", "transmission", "reflection"])
def test_changed_arithmetic_is_found_under_a_proper_hash(
    views_copy: Path, edit_shard: Edit, frames: str
) -> None:
    with edit_shard(views_copy, "train-00001.h5") as shard:
        # A place where neither white nor the step away from it can hide the change.
        dark = np.argwhere(shard["blended"][1] < 254)[-1]
        shard[frames][(1, *dark)] += 1
    assert one_fault(views_copy) == (
        "train-00001.h5: I is not what ceilnet makes of T and R in sequences 1"
    )


@pytest.mark.parametrize("blend", ["zhang", "ibcln", "dsrnet", "ghosting", "linear"])
def test_changed_arithmetic_of_other_blends_is_found(
    make_shards: MakeShards, tmp_path: Path, edit_shard: Edit, blend: str
) -> None:
    settings = {"blend": blend, "layout": "views", "sequences": 3, "val_fraction": 0}
    folder = make_shards(tmp_path / "set", **settings)
    with edit_shard(folder, "train-00000.h5") as shard:
        shard["blended"][0, 2, 15, 23, 0] ^= 1
    assert "makes of T and R in sequences 0" in one_fault(folder)


def test_synthetic_views_without_their_layers_are_found(views_copy: Path, edit_shard: Edit) -> None:
    with edit_shard(views_copy, "train-00001.h5") as shard:
        del shard["reflection"]
    assert "lack their transmission or reflection" in one_fault(views_copy)


def replace_dataset(shard: h5py.File, name: str, values: Any) -> None:
    del shard[name]
    shard[name] = values


def pack(shard: h5py.File, name: str) -> None:
    """Compress a dataset, and no other."""
    values = shard[name][:]
    del shard[name]
    shard.create_dataset(name, data=values, chunks=(1, *values.shape[1:]), compression="gzip")


SHARD_FAULTS: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "unknown dataset": (lambda f: f.__setitem__("depth", [1.0] * 6), "'depth' is unknown"),
    "lost dataset": (lambda f: f.__delitem__("attenuation"), "'attenuation' is missing"),
    "wider type": (
        lambda f: replace_dataset(f, "attenuation", f["attenuation"][:].astype("i4")),
        "'attenuation' is i4",
    ),
    "fewer views": (
        lambda f: replace_dataset(f, "attenuation", f["attenuation"][:, :2]),
        "3 is wanted in place of 2",
    ),
    "fewer sequences": (
        lambda f: replace_dataset(f, "sigma", f["sigma"][:4]),
        "dataset sigma has 4 sequences; the index says 6",
    ),
    "other views": (lambda f: f.attrs.__setitem__("views", 5), "attribute views is 5"),
    "other kind": (lambda f: f.attrs.__setitem__("kind", "captured"), "attribute kind"),
    "other layout": (lambda f: f.attrs.__setitem__("layout", "views"), "'blended' is missing"),
    "other format": (lambda f: f.attrs.__setitem__("format", "x"), "no seqsynth-shard"),
    "other first": (lambda f: f.attrs.__setitem__("first", 7), "attribute first"),
    "newer version": (lambda f: f.attrs.__setitem__("schema_version", 4), "upgrade"),
    "version of a camera": (
        lambda f: f.attrs.__setitem__("schema_version", 2),
        "its datasets are version 1's",
    ),
    "pictures packed in part": (
        lambda f: pack(f, "reflection_layer"),
        "its pictures are packed in several ways",
    ),
    "packed numbers": (lambda f: pack(f, "sigma"), "'sigma' is packed; only pictures may be"),
    "lost views": (lambda f: f.attrs.__delitem__("views"), "attribute views is None"),
    "lost window": (lambda f: f.attrs.__delitem__("window"), "'window' is missing"),
}


@pytest.mark.parametrize("name", SHARD_FAULTS)
def test_sealed_shard_that_breaks_the_format_is_found(
    shards_copy: Path, edit_shard: Edit, name: str
) -> None:
    damage, words = SHARD_FAULTS[name]
    with edit_shard(shards_copy, "train-00001.h5") as shard:
        damage(shard)
    assert words in one_fault(shards_copy)


def test_window_attribute_that_contradicts_the_frames_is_found(
    views_copy: Path, edit_shard: Edit
) -> None:
    with edit_shard(views_copy, "train-00000.h5") as shard:
        shard.attrs["window"] = (24, 16)
    assert "attribute window is [24, 16]; the datasets say [16, 24]" in one_fault(views_copy)


def test_name_used_twice_in_a_shard_is_found(captures_copy: Path, edit_shard: Edit) -> None:
    with edit_shard(captures_copy, "train-00000.h5") as shard:
        shard["name"][1] = b"attic"
    assert one_fault(captures_copy) == ("train-00000.h5: name 'attic' is another sequence's, too")


def test_name_used_in_two_shards_is_found(captures_copy: Path, edit_shard: Edit) -> None:
    with edit_shard(captures_copy, "test-00000.h5") as shard:
        shard["name"][0] = b"cellar"
    assert one_fault(captures_copy) == "test-00000.h5: name 'cellar' is another sequence's, too"


def test_missing_description_of_a_sequence_is_found(captures_copy: Path, edit_index: Edit) -> None:
    with edit_index(captures_copy) as document:
        document["shards"][0]["sequences"].pop()
    assert one_fault(captures_copy) == ("train-00000.h5: the index describes 1 of 2 sequences")


def test_file_that_is_no_hdf5_at_all_is_found(shards_copy: Path, edit_index: Edit) -> None:
    content = b"a text that says it is a shard"
    (shards_copy / "val-00000.h5").write_bytes(content)
    with edit_index(shards_copy) as document:
        document["shards"][3].update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    assert "torn or no HDF5 file" in one_fault(shards_copy)


def test_index_that_cannot_be_read_is_an_error(shards_copy: Path) -> None:
    (shards_copy / "index.json").write_text("{")
    with pytest.raises(ShardError, match="torn"):
        list(verify_shards(shards_copy))
