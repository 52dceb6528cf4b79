"""A shard reads nothing but its own file, whatever HDF5 could do, and verify says so."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import open_shards, verify_shards
from seqsynth.shards.verify import Fault
from tests.conftest import MakeShards

FILE = "train-00000.h5"
Damage = Callable[[h5py.File, Path], None]


def external_storage(shard: h5py.File, secret: Path) -> None:
    values = shard["blended"][:]
    del shard["blended"]
    secret.write_bytes(values.tobytes())
    shard.create_dataset(
        "blended", values.shape, "u1", external=[(str(secret), 0, h5py.h5f.UNLIMITED)]
    )


def external_link(shard: h5py.File, secret: Path) -> None:
    with h5py.File(secret, "w") as other:
        shard.copy("blended", other)
    del shard["blended"]
    shard["blended"] = h5py.ExternalLink(str(secret), "blended")


def virtual(shard: h5py.File, secret: Path) -> None:
    with h5py.File(secret, "w") as other:
        shard.copy("blended", other)
    shape = shard["blended"].shape
    del shard["blended"]
    layout = h5py.VirtualLayout(shape, "u1")
    layout[:] = h5py.VirtualSource(str(secret), "blended", shape)
    shard.create_virtual_dataset("blended", layout)


def soft_link(shard: h5py.File, secret: Path) -> None:
    shard.move("blended", "transmission2")
    shard["blended"] = h5py.SoftLink("/transmission2")


def soft_link_to_external(shard: h5py.File, secret: Path) -> None:
    external_link(shard, secret)
    shard.move("blended", "elsewhere")
    shard["blended"] = h5py.SoftLink("/elsewhere")


def compact(shard: h5py.File, secret: Path) -> None:
    values = shard["sigma"][:] if "sigma" in shard else shard["strength"][:]
    name = "sigma" if "sigma" in shard else "strength"
    del shard[name]
    space = h5py.h5s.create_simple(values.shape)
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(shard.id, name.encode(), h5py.h5t.NATIVE_DOUBLE, space, created)


def unwritten(shard: h5py.File, secret: Path) -> None:
    shape = shard["blended"].shape
    del shard["blended"]
    shard.create_dataset("blended", shape, "u1")


def half_of_its_chunks(shard: h5py.File, secret: Path) -> None:
    values = shard["blended"][:]
    del shard["blended"]
    packed = shard.create_dataset("blended", values.shape, "u1", chunks=(1, *values.shape[1:]))
    packed[0] = values[0]


DAMAGE: dict[Damage, str] = {
    external_storage: "dataset 'blended' keeps its values in another file",
    external_link: "'blended' is a link to another file",
    virtual: "dataset 'blended' is virtual, a view of other files",
    soft_link: "'blended' is a soft link",
    soft_link_to_external: "is a (soft link|link to another file)",
    compact: "is stored compact",
    unwritten: "dataset 'blended' holds no values",
    half_of_its_chunks: "dataset 'blended' holds 1 of its",
}


@pytest.fixture
def views(make_shards: MakeShards, tmp_path: Path) -> Path:
    return make_shards(tmp_path / "set", layout="views", sequences=4, val_fraction=0)


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_reader_and_verify_refuse_what_lies_elsewhere(
    views: Path, tmp_path: Path, edit_shard: Any, damage: Damage
) -> None:
    with edit_shard(views, FILE) as shard:
        damage(shard, tmp_path / "secret")
    with pytest.raises(ShardError, match=DAMAGE[damage]):
        open_shards(views)[0]
    (fault,) = (found for found in verify_shards(views) if isinstance(found, Fault))
    assert fault.file == FILE
    with pytest.raises(ShardError, match=DAMAGE[damage]):
        raise ShardError(fault.message)


def test_link_to_another_file_is_not_even_opened(
    views: Path, tmp_path: Path, edit_shard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with edit_shard(views, FILE) as shard:
        external_link(shard, tmp_path / "secret")
    opened: list[bytes] = []
    original = h5py.h5o.open
    monkeypatch.setattr(h5py.h5o, "open", lambda *a, **k: opened.append(a[1]) or original(*a, **k))
    with pytest.raises(ShardError, match="another file"):
        open_shards(views)[0]
    assert b"blended" not in opened


def test_pipe_in_place_of_a_shard_is_said_and_not_waited_for(views: Path) -> None:

    (views / FILE).unlink()
    os.mkfifo(views / FILE)
    with pytest.raises(ShardError, match="is no regular file"):
        open_shards(views)[0]


ATTRIBUTES: dict[str, Any] = {
    "window": "16x24",
    "first": "zero",
    "kind": np.array([1, 2]),
    "layout": 3,
    "split": np.array([b"train"]),
    "fingerprint": 1.5,
    "views": -1,
}


@pytest.mark.parametrize("value", [h5py.Empty("f8"), np.zeros((0,)), np.nan, "x"])
@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attribute_of_another_type_is_named_by_reader_and_verify(
    views: Path, edit_shard: Any, name: str, value: Any
) -> None:
    value = ATTRIBUTES[name] if isinstance(value, str) else value
    with edit_shard(views, FILE) as shard:
        shard.attrs[name] = value
    with pytest.raises(ShardError, match=f"attribute '{name}' is .*is wanted"):
        open_shards(views)[0]
    faults = [found for found in verify_shards(views) if isinstance(found, Fault)]
    assert [f"attribute '{name}' is" in fault.message for fault in faults] == [True]


NAMES = {
    b"caf\xe9": "is not UTF-8",
    b"": "is empty",
    b"..": "is no path within a folder",
    b"a/../../b": "is no path within a folder",
    b"/etc/passwd": "is no path within a folder",
    b"a\0b": "holds NUL",
}


@pytest.mark.parametrize("name", NAMES)
def test_name_that_is_none_is_named(captures_copy: Path, edit_shard: Any, name: bytes) -> None:
    with edit_shard(captures_copy, FILE) as shard:
        shard["name"][1] = name
    (fault,) = (found for found in verify_shards(captures_copy) if isinstance(found, Fault))
    assert NAMES[name] in fault.message
    assert "sequence 1" in fault.message
    with pytest.raises(ShardError, match=NAMES[name]):
        open_shards(captures_copy).name(1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300])
def test_number_that_is_none_is_named(views: Path, edit_shard: Any, value: float) -> None:
    with edit_shard(views, FILE) as shard:
        shard["sigma"][1] = value
    (fault,) = (found for found in verify_shards(views) if isinstance(found, Fault))
    assert fault.message == "dataset sigma holds no number in sequences 1"
    with pytest.raises(ShardError, match=r"sigma of sequence 1 is .*, no number"):
        open_shards(views).metadata(1)


def test_window_that_leaves_its_layer_is_named_where_it_is_read(
    shards_copy: Path, edit_shard: Any
) -> None:
    with edit_shard(shards_copy, FILE) as shard:
        shard["reflection_origin"][0, 1] = (-5, 3)
    with pytest.raises(ShardError, match="sequence 0: a window at -5, 3 leaves its reflection"):
        open_shards(shards_copy)[0]
