"""A shard that is opened is held against its index: another one under its name is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsynth.errors import ShardError
from seqsynth.export.candidates import choose
from seqsynth.export.config import ExportConfig
from seqsynth.shards import open_shards
from seqsynth.shards.agreement import stated_by
from seqsynth.shards.index import read_index
from seqsynth.shards.inventory import read_inventory
from seqsynth.shards.summary import summarise

Read = Callable[[Path], object]


def read_all(folder: Path) -> object:
    return [sequence.name for sequence in open_shards(folder)]


def read_split(folder: Path) -> object:
    return open_shards(folder).split("val")[0]


READERS: list[Read] = [
    read_all,
    read_split,
    lambda folder: read_inventory([folder]),
    lambda folder: choose([folder], ExportConfig(to="webdataset")),
]
NAMES = ["reading", "a split", "reshaping", "export"]


@pytest.mark.parametrize("read", READERS, ids=NAMES)
def test_training_shard_under_the_name_of_a_validation_shard_is_refused(
    shards_copy: Path, read: Read
) -> None:
    shutil.copy(shards_copy / "train-00000.h5", shards_copy / "val-00000.h5")
    with pytest.raises(
        ShardError, match=r"val-00000\.h5 is not the file .* its own split is train"
    ):
        read(shards_copy)


@pytest.mark.parametrize("read", [READERS[0], *READERS[2:]], ids=[NAMES[0], *NAMES[2:]])
def test_training_shard_copied_over_another_of_its_size_is_refused(
    tmp_path: Path, make_shards, read: Read
) -> None:
    folder = make_shards(tmp_path / "set", sequences=12, val_fraction=0, shard_size=40_000)
    first, second = sorted(folder.glob("train-*.h5"))[:2]
    assert first.stat().st_size == second.stat().st_size
    number = read_index(folder).shards[0].count
    shutil.copy(first, second)
    with pytest.raises(
        ShardError, match=rf"train-00001\.h5 .* its own first is 0, the index says {number};"
    ):
        read(folder)


def test_shard_of_another_set_is_refused(tmp_path: Path, make_shards) -> None:
    one = make_shards(tmp_path / "one", sequences=4, val_fraction=0)
    other = make_shards(tmp_path / "other", sequences=4, val_fraction=0, seed=9)
    shutil.copy(other / "train-00000.h5", one / "train-00000.h5")
    for read in (read_all, summarise):
        with pytest.raises(ShardError, match=r"its own fingerprint is [0-9a-f]{12}, the index"):
            read(one)


def test_shard_of_another_size_is_refused_by_one_look_at_it(shards_copy: Path) -> None:
    path = shards_copy / "train-00000.h5"
    size = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(b"\0" * 7)
    with pytest.raises(ShardError, match=f"it has {size + 7} bytes, the index says {size}"):
        open_shards(shards_copy)[0]


def test_shard_changed_under_an_open_set_is_refused(shards_copy: Path) -> None:
    shards = open_shards(shards_copy)
    last = len(shards) - 1
    assert shards[last].split == "val"
    shards.close()
    shutil.copy(shards_copy / "train-00000.h5", shards_copy / shards.place(last)[1].file)
    with pytest.raises(ShardError, match="its own split is train, the index says val"):
        shards[last]


def test_number_of_a_shard_counts_only_where_none_is_missing(shards_copy: Path) -> None:
    index = read_index(shards_copy)
    entries = list(index.shards)
    assert [one.first for one in stated_by(index).values()][:2] == [0, entries[0].count]
    rest = index.with_shards(entries[1:], complete=False)
    assert {one.first for one in stated_by(rest).values()} == {None}
