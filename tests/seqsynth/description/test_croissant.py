"""croissant.json against mlcroissant: no error, no warning, and records that load."""

import datetime
import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import mlcroissant
import pytest

from seqsynth.description import croissant
from seqsynth.description.croissant import MOST_FILES
from seqsynth.shards import ShardIndex, read_index
from seqsynth.shards.index import render

DAY = datetime.date(2026, 1, 2)

Load = Callable[[ShardIndex], mlcroissant.Dataset]


@pytest.fixture
def load(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Load:
    """Write a set's metadata and index into a folder and load it, without any complaint."""

    def load_set(index: ShardIndex) -> mlcroissant.Dataset:
        (tmp_path / "index.json").write_bytes(render(index))
        target = tmp_path / "croissant.json"
        target.write_text(croissant(index, published=DAY), encoding="utf-8")
        with caplog.at_level(logging.WARNING):
            dataset = mlcroissant.Dataset(jsonld=str(target))
        assert dataset.metadata.ctx.issues.report() == ""
        assert not caplog.records
        return dataset

    return load_set


def text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def records(dataset: mlcroissant.Dataset, name: str) -> list[dict[str, object]]:
    return [
        {field.removeprefix(f"{name}/"): text(value) for field, value in record.items()}
        for record in dataset.records(name)
    ]


def test_shards_load_with_split_count_and_hash(load: Load, tiny_shards: Path) -> None:
    index = read_index(tiny_shards)
    assert records(load(index), "shards") == [
        {
            "file": one.file,
            "split": one.split,
            "count": one.count,
            "bytes": one.bytes,
            "sha256": one.sha256,
        }
        for one in index.shards
    ]


def test_splits_load_with_their_counts(load: Load, tiny_shards: Path) -> None:
    assert records(load(read_index(tiny_shards)), "splits") == [
        {"name": "train", "sequences": 19},
        {"name": "val", "sequences": 5},
    ]


@pytest.mark.parametrize("blend", ["ceilnet", "zhang", "linear"])
def test_datasets_that_are_always_there_are_those_of_a_shard(
    load: Load, make_shards: Callable[..., Path], tmp_path: Path, blend: str
) -> None:
    folder = make_shards(tmp_path / "set", blend=blend, sequences=2, val_fraction=0)
    described = records(load(read_index(folder)), "arrays")
    with h5py.File(folder / "train-00000.h5") as shard:
        found = {
            name: "bytes" if d.dtype.kind == "S" else str(d.dtype) for name, d in shard.items()
        }
        axes = {name: d.ndim for name, d in shard.items()}
    always = {row["name"]: row for row in described if row["present"] == "always"}
    assert {name: row["type"] for name, row in always.items()} == found
    assert {name: len(str(row["shape"]).split(", ")) for name, row in always.items()} == axes


def test_every_shard_and_the_index_are_files_with_size_and_hash(tiny_shards: Path) -> None:
    document = json.loads(croissant(read_index(tiny_shards)))
    assert {file["contentUrl"] for file in document["distribution"]} == {
        "index.json",
        *(path.name for path in tiny_shards.glob("*.h5")),
    }
    for file in document["distribution"]:
        content = (tiny_shards / file["contentUrl"]).read_bytes()
        assert file["contentSize"] == f"{len(content)} B"
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_many_shards_are_one_set_of_files_and_all_in_the_records(
    load: Load, tiny_shards: Path
) -> None:
    index = read_index(tiny_shards)
    entries = [replace(index.shards[0], file=f"train-{n:05d}.h5") for n in range(MOST_FILES + 1)]
    many = index.with_shards(entries, complete=True)
    assert len(json.loads(croissant(many))["distribution"]) == 2
    assert len(records(load(many), "shards")) == MOST_FILES + 1


@pytest.mark.parametrize("kind", ["captured", "pair"])
def test_other_kinds_are_valid(load: Load, tiny_shards: Path, kind: str) -> None:
    index = replace(read_index(tiny_shards), kind=kind, layout="views", sources={})
    described = records(load(index), "arrays")
    assert [row["name"] for row in described if row["present"] == "always"] == ["blended"]


def test_empty_set_is_valid(load: Load) -> None:
    load(ShardIndex("captured", "views", {}, "f" * 64, "0.1.0", False, {}, ()))


def test_terms_limits_and_citation_are_stated(load: Load, tiny_shards: Path) -> None:
    metadata = load(read_index(tiny_shards)).metadata
    assert any("flickr.com" in link for link in metadata.license)
    assert "everingham2010pascal" in metadata.cite_as
    assert any("No parallax" in limit for limit in metadata.data_limitations)


def test_without_a_day_its_absence_is_all_that_is_missed(tiny_shards: Path, tmp_path: Path) -> None:
    shutil.copy(tiny_shards / "index.json", tmp_path)
    (tmp_path / "croissant.json").write_text(croissant(read_index(tiny_shards)))
    issues = mlcroissant.Dataset(jsonld=str(tmp_path / "croissant.json")).metadata.ctx.issues
    assert not issues.errors
    assert len(issues.warnings) == 1
    assert "datePublished" in issues.report()


def test_same_index_gives_same_bytes(tiny_shards: Path) -> None:
    assert croissant(read_index(tiny_shards)) == croissant(read_index(tiny_shards))
