"""Sequences are divided into shards in order, numbered by split, and none is lost."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsynth.config import RunConfig
from seqsynth.errors import OutputError, SourceError
from seqsynth.shards import Array, ShardEntry, ShardIndex, read_index
from seqsynth.shards.making import (
    Cut,
    SetHead,
    ShardContent,
    ShardGroup,
    ShardMaking,
    ShardTask,
    cut_evenly,
    cut_full,
    divide,
    make_shard,
    plan_shard,
)
from seqsynth.shards.writer import from_records

# --- dividing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "capacity", "even", "full"),
    [
        (0, 4, [0], [0]),
        (4, 4, [0, 4], [0, 4]),
        (5, 4, [0, 2, 5], [0, 4, 5]),
        (10, 4, [0, 3, 6, 10], [0, 4, 8, 10]),
        (3, 1, [0, 1, 2, 3], [0, 1, 2, 3]),
    ],
)
def test_shards_are_cut_at(count: int, capacity: int, even: list[int], full: list[int]) -> None:
    assert list(cut_evenly(count, capacity)) == even
    assert list(cut_full(count, capacity)) == full


@given(
    count=st.integers(0, 500),
    capacity=st.integers(1, 60),
    cut=st.sampled_from([cut_evenly, cut_full]),
)
def test_no_cut_is_larger_than_allowed_and_none_is_empty(
    count: int, capacity: int, cut: Cut
) -> None:
    bounds = list(cut(count, capacity))
    sizes = [stop - start for start, stop in pairwise(bounds)]
    assert sum(sizes) == count
    assert all(1 <= size <= capacity for size in sizes)
    assert len(sizes) == -(-count // capacity)


def group(split: str, items: str, nbytes: int, compression: str = "none") -> ShardGroup[str]:
    return ShardGroup(split, items, nbytes, compression)


def test_shards_and_sequences_are_numbered_by_split_over_all_groups() -> None:
    groups = [group("train", "abcde", 10), group("test", "xyz", 10), group("train", "fg", 30)]
    found = [(t.file, t.split, t.first, t.items) for t in divide(groups, 30, cut_full)]
    assert found == [
        ("train-00000.h5", "train", 0, "abc"),
        ("train-00001.h5", "train", 3, "de"),
        ("test-00000.h5", "test", 0, "xyz"),
        ("train-00002.h5", "train", 5, "f"),
        ("train-00003.h5", "train", 6, "g"),
    ]


def test_sequence_larger_than_a_shard_has_one_of_its_own() -> None:
    assert [task.count for task in divide([group("val", "ab", 99)], 30, cut_evenly)] == [1, 1]


def test_bytes_are_known_where_nothing_is_compressed() -> None:
    groups = [group("train", "abc", 10), group("val", "d", 10, "gzip")]
    assert [task.nbytes for task in divide(groups, 20, cut_full)] == [20, 10, 0]


# --- making -------------------------------------------------------------------------------------

INDEX = ShardIndex(
    kind="pair",
    layout="views",
    configuration={"views": 1},
    fingerprint="a" * 64,
    library_version="0.1.0",
    complete=False,
    sources={},
    shards=(),
)


@dataclass(frozen=True)
class Plan:
    """The plan of a set of grey pictures."""

    index: ShardIndex
    tasks: tuple[ShardTask[int], ...]


PLAN = Plan(INDEX, tuple(divide([ShardGroup("test", range(5), 192, "none")], 400, cut_full)))
HEAD = SetHead.of(INDEX)


def grey(head: SetHead, task: ShardTask[int], out: Path) -> ShardEntry:
    """Make a shard of pictures as grey as their numbers."""
    content = ShardContent({"blended": Array((1, 8, 8, 3), np.dtype("u1"))}, 1, (8, 8))
    shard = plan_shard(head, task, content, out)
    records = ({"blended": np.full((1, 8, 8, 3), number)} for number in task.items)
    return make_shard(shard, task, from_records(shard, records), lambda: {"told": task.first})


def make(out: Path, **options: bool) -> ShardIndex:
    making = ShardMaking(PLAN, partial(grey, HEAD), out, RunConfig(jobs=1), advice="", **options)
    with making:
        list(making)
    return making.index


def test_set_is_made_in_the_order_of_its_tasks(tmp_path: Path) -> None:
    index = make(tmp_path)
    assert index == read_index(tmp_path)
    assert [(entry.file, entry.count, entry.details) for entry in index.shards] == [
        ("test-00000.h5", 2, {"told": 0}),
        ("test-00001.h5", 2, {"told": 2}),
        ("test-00002.h5", 1, {"told": 4}),
    ]


def test_shard_states_its_set_and_its_place_in_it(tmp_path: Path) -> None:
    make(tmp_path)
    with h5py.File(tmp_path / "test-00001.h5") as shard:
        stated = dict(shard.attrs)
        assert shard["blended"][:, 0, 0, 0, 0].tolist() == [2, 3]
    assert stated.pop("window").tolist() == [8, 8]
    assert {name: stated[name] for name in ("kind", "layout", "split", "first", "views")} == {
        "kind": "pair",
        "layout": "views",
        "split": "test",
        "first": 2,
        "views": 1,
    }
    assert stated["fingerprint"] == INDEX.fingerprint


def test_index_says_of_a_shard_what_is_known_once_it_is_written(tmp_path: Path) -> None:
    made: list[int] = []

    def records() -> Iterator[dict[str, Any]]:
        for number in PLAN.tasks[0].items:
            made.append(number)
            yield {"blended": np.zeros((1, 8, 8, 3), np.uint8)}

    content = ShardContent({"blended": Array((1, 8, 8, 3), np.dtype("u1"))}, 1, (8, 8))
    shard = plan_shard(HEAD, PLAN.tasks[0], content, tmp_path)
    entry = make_shard(
        shard, PLAN.tasks[0], from_records(shard, records()), lambda: {"made": len(made)}
    )
    assert entry.details == {"made": 2}


def test_finished_counts_sequences(tmp_path: Path) -> None:
    making = ShardMaking(PLAN, partial(grey, HEAD), tmp_path, RunConfig(jobs=1), advice="")
    with making:
        found = [(making.finished, entry.count) for entry in making]
    assert found == [(2, 2), (4, 2), (5, 1)]


def test_room_is_asked_for_all_sets_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 5 * 192 - 1}))
    with pytest.raises(OutputError, match=r"GiB are free; $"):
        make(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_stopped_set_is_readable_and_taken_up(tmp_path: Path) -> None:
    def bad(task: ShardTask[int], out: Path) -> ShardEntry:
        if task.first == 2:
            raise SourceError("no photo")
        return grey(HEAD, task, out)

    making = ShardMaking(PLAN, bad, tmp_path / "out", RunConfig(jobs=1), advice="")
    with pytest.raises(SourceError), making:
        list(making)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {"test-00000.h5", "index.json", "journal.jsonl"}
    assert not read_index(tmp_path / "out").complete
    assert replace(make(tmp_path / "out"), shards=()) == replace(INDEX, complete=True)
