"""Writing one shard: whole or not at all, and the same bytes for the same content."""

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqsynth.errors import ShardError
from seqsynth.output.disk import reason_of
from seqsynth.shards import Array, ShardPlan, write_shard
from seqsynth.shards import writer as writer_module
from tests.seqsynth.disks import full_disk

Record = dict[str, Any]


def draw(number: int, views: int = 2, size: tuple[int, int] = (8, 10)) -> Record:
    rng = np.random.default_rng(number)
    return {
        "name": f"scene-{number}".encode(),
        "blended": rng.integers(0, 256, (views, *size, 3), dtype=np.uint8),
        "parameters": {"gain": rng.uniform(), "sigma_px": float(number)},
    }


def records(count: int) -> Iterator[Record]:
    return (draw(number) for number in range(count))


@pytest.fixture
def plan(tmp_path: Path) -> ShardPlan:
    """Three sequences of two views, with names and two parameters."""
    return ShardPlan(
        path=tmp_path / "train-00000.h5",
        layout="views",
        count=3,
        arrays={
            "name": Array((), np.dtype("S20")),
            "blended": Array((2, 8, 10, 3), np.dtype("u1")),
            "parameters": Array((2,), np.dtype("f8")),
        },
        attributes={"kind": "pair", "split": "train", "first": 0},
        parameter_names=("sigma_px", "gain"),
    )


def test_bare_h5py_reads_back_what_was_written(plan: ShardPlan) -> None:
    write_shard(plan, records(3))
    with h5py.File(plan.path) as shard:
        for row in range(3):
            truth = draw(row)
            np.testing.assert_array_equal(shard["blended"][row], truth["blended"])
            assert shard["name"][row] == truth["name"]
            gain = truth["parameters"]["gain"]
            assert shard["parameters"][row].tolist() == [float(row), gain]


def test_columns_of_parameters_are_named(plan: ShardPlan) -> None:
    write_shard(plan, records(3))
    with h5py.File(plan.path) as shard:
        assert shard["parameters"].attrs["names"].tolist() == [b"sigma_px", b"gain"]


def test_size_and_hash_are_the_files(plan: ShardPlan) -> None:
    size, digest = write_shard(plan, records(3))
    content = plan.path.read_bytes()
    assert (size, digest) == (len(content), hashlib.sha256(content).hexdigest())


def test_same_content_gives_the_same_bytes(plan: ShardPlan, tmp_path: Path) -> None:
    other = replace(plan, path=tmp_path / "again.h5")
    assert write_shard(plan, records(3)) == write_shard(other, records(3))


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("block_bytes", [1, 1000, 10**6])
def test_content_does_not_depend_on_the_block_size(
    plan: ShardPlan, monkeypatch: pytest.MonkeyPatch, compression: str, block_bytes: int
) -> None:
    monkeypatch.setattr(writer_module, "BLOCK_BYTES", block_bytes)
    write_shard(replace(plan, compression=compression), records(3))
    with h5py.File(plan.path) as shard:
        for row in range(3):
            np.testing.assert_array_equal(shard["blended"][row], draw(row)["blended"])


def test_uncompressed_datasets_are_one_run_of_bytes(plan: ShardPlan) -> None:
    write_shard(plan, records(3))
    content = plan.path.read_bytes()
    with h5py.File(plan.path) as shard:
        assert all(dataset.chunks is None for dataset in shard.values())
        start, length = shard["blended"].id.get_offset(), shard["blended"].nbytes
    wanted = b"".join(draw(row)["blended"].tobytes() for row in range(3))
    assert content[start : start + length] == wanted


FILTERS = {"gzip": (1, 4), "zstd": (32026, None)}


@pytest.mark.parametrize("compression", FILTERS)
def test_compressed_pictures_lie_in_chunks_of_one_sequence(
    plan: ShardPlan, compression: str
) -> None:
    write_shard(replace(plan, compression=compression), records(3))
    with h5py.File(plan.path) as shard:
        assert shard["blended"].chunks == (1, 2, 8, 10, 3)
        creation = shard["blended"].id.get_create_plist()
        number, _, values, _ = creation.get_filter(0)
        code, level = FILTERS[compression]
        assert (creation.get_nfilters(), number) == (1, code)
        assert level is None or values == (level,)
        assert all(shard[name].chunks is None for name in ("name", "parameters"))


def test_file_has_the_old_superblock_that_every_hdf5_reads(plan: ShardPlan) -> None:
    write_shard(plan, records(3))
    signature = plan.path.read_bytes()[:9]
    assert signature == b"\x89HDF\r\n\x1a\n\x02"


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("names", [["blended"], ["blended", "name"]])
def test_file_is_as_long_as_hdf5_makes_it(
    plan: ShardPlan, tmp_path: Path, names: list[str], compression: str
) -> None:
    """Of the room that was reserved nothing is left at its end."""
    arrays = {name: plan.arrays[name] for name in names}
    write_shard(replace(plan, arrays=arrays, attributes={}, compression=compression), records(3))
    with h5py.File(plan.path) as ours, h5py.File(tmp_path / "copy.h5", "w") as copy:
        for name in names:
            ours.copy(name, copy)
    assert plan.path.stat().st_size < (tmp_path / "copy.h5").stat().st_size + 10_000


def test_only_the_shard_is_left_in_the_folder(plan: ShardPlan) -> None:
    write_shard(plan, records(3))
    assert list(plan.path.parent.iterdir()) == [plan.path]


def test_nothing_is_left_where_a_record_fails(plan: ShardPlan) -> None:
    def failing() -> Iterator[Record]:
        yield draw(0)
        raise RuntimeError("no more photos")

    with pytest.raises(RuntimeError, match="no more photos"):
        write_shard(plan, failing())
    assert list(plan.path.parent.iterdir()) == []


def test_earlier_file_stands_until_the_new_one_is_whole(plan: ShardPlan) -> None:
    plan.path.write_bytes(b"earlier")
    with pytest.raises(ShardError):
        write_shard(plan, records(2))
    assert plan.path.read_bytes() == b"earlier"


def test_file_has_its_name_only_once_it_is_whole(plan: ShardPlan) -> None:
    def watching() -> Iterator[Record]:
        for number in range(3):
            assert not plan.path.exists()
            yield draw(number)

    write_shard(plan, watching())


@pytest.mark.parametrize("count", [0, 2])
def test_fewer_sequences_than_planned_are_refused(plan: ShardPlan, count: int) -> None:
    with pytest.raises(ShardError, match=f"{count} sequences for 3 planned"):
        write_shard(plan, records(count))


@pytest.mark.parametrize("block_bytes", [1, 10**6])
def test_more_sequences_than_planned_are_refused(
    plan: ShardPlan, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(writer_module, "BLOCK_BYTES", block_bytes)
    with pytest.raises(ShardError, match="more sequences than the 3 planned"):
        write_shard(plan, records(4))


def test_plan_that_breaks_the_schema_is_refused_before_anything_is_made(plan: ShardPlan) -> None:
    broken = replace(plan, arrays={**plan.arrays, "depth": plan.arrays["blended"]})
    with pytest.raises(ShardError, match="'depth' is unknown"):
        write_shard(broken, records(3))
    assert list(plan.path.parent.iterdir()) == []


@pytest.mark.parametrize("count", [3, 3000])
def test_full_disk_leaves_nothing_behind(plan: ShardPlan, count: int) -> None:
    """Few sequences meet it when the file is closed, many when they are written."""
    with pytest.raises(OSError, match="File too large"), full_disk(2000):
        write_shard(replace(plan, count=count), records(count))
    assert list(plan.path.parent.iterdir()) == []


def test_failing_sync_leaves_nothing_behind(
    plan: ShardPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_shard(plan, records(3))
    assert list(plan.path.parent.iterdir()) == []


def test_reason_is_the_systems_also_where_h5py_wraps_it() -> None:
    wrapped = OSError("Can't write data (file write failed: errno = 28, error message = '...')")
    assert reason_of(wrapped) == "No space left on device"


def test_reason_of_a_plain_error_is_its_own() -> None:
    assert reason_of(OSError(errno.EACCES, "Permission denied")) == "Permission denied"


SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shape=SHAPES, data=st.data())
def test_any_sequences_survive_writing_and_reading(
    tmp_path: Path, shape: tuple[int, int, int, int], data: st.DataObject
) -> None:
    count, views, height, width = shape
    seed = data.draw(st.integers(0, 2**32 - 1))
    drawn = [draw(seed + row, views, (height, width)) for row in range(count)]
    frames = Array((views, height, width, 3), np.dtype("u1"))
    names = Array((), np.dtype("S40"))
    plan = ShardPlan(
        tmp_path / "any.h5",
        "views",
        count,
        {"blended": frames, "name": names},
        {},
        compression=data.draw(st.sampled_from(["none", "gzip", "zstd"])),
    )
    write_shard(plan, drawn)
    with h5py.File(plan.path) as shard:
        for row, truth in enumerate(drawn):
            np.testing.assert_array_equal(shard["blended"][row], truth["blended"])
            assert shard["name"][row] == truth["name"]
