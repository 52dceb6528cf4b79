"""Which files of a folder are a shard set's own."""

from pathlib import Path

import pytest

from seqsynth.shards import read_index
from seqsynth.shards.folder import OWN_MARK, belongs_to_set, describes_set, shard_name, shards_of


@pytest.mark.parametrize("name", ["index.json", "journal.jsonl", "report.html", "shards.html"])
@pytest.mark.parametrize("more", ["findings.json", "README.md", "croissant.json"])
def test_files_beside_the_shards_belong_to_the_set(name: str, more: str) -> None:
    assert belongs_to_set(name)
    assert belongs_to_set(more)


@pytest.mark.parametrize("name", ["train-00000.h5", "val-00012.h5", "test-123456.h5"])
def test_shards_belong_to_the_set(name: str) -> None:
    assert belongs_to_set(name)


@pytest.mark.parametrize("number", [0, 99_999, 100_000])
def test_every_shard_name_is_one(number: int) -> None:
    assert belongs_to_set(shard_name("val", number))
    assert shard_name("val", 7) == "val-00007.h5"


@pytest.mark.parametrize(
    "name", ["my.h5", "train.h5", "train-1.h5", "xtrain-00000.h5", "val-00000.h5x"]
)
def test_other_names_do_not_belong_to_the_set(name: str) -> None:
    assert not belongs_to_set(name)


@pytest.mark.parametrize("name", ["README.md", "croissant.json"])
def test_description_is_ours_by_its_mark_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("# My thesis")
    assert not describes_set(path)
    path.write_text(f"text\n\n({OWN_MARK})\n")
    assert describes_set(path)


def test_description_that_cannot_be_read_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "README.md").mkdir()
    assert not describes_set(tmp_path / "README.md")


def test_shards_are_told_by_the_set_they_were_made_for(
    tiny_shards: Path, shards_copy: Path
) -> None:
    fingerprint = read_index(tiny_shards).fingerprint
    (shards_copy / "mine.h5").write_text("no HDF5")
    found = {path.name for path in shards_of(shards_copy, fingerprint)}
    assert found == {path.name for path in tiny_shards.glob("*.h5")}
    assert list(shards_of(shards_copy, "0" * 64)) == []
