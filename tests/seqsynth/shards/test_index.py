"""The index: its bytes, its digest, and what is refused and in which words."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import read_index
from seqsynth.shards.index import digest_of, render

EditIndex = Callable[..., Any]


def test_reading_and_rendering_gives_the_same_bytes(tiny_shards: Path) -> None:
    assert render(read_index(tiny_shards)) == (tiny_shards / "index.json").read_bytes()


def test_index_of_captures_renders_to_the_same_bytes(captures: Path) -> None:
    assert render(read_index(captures)) == (captures / "index.json").read_bytes()


def test_index_file_itself_may_be_named(tiny_shards: Path) -> None:
    assert read_index(tiny_shards / "index.json") == read_index(tiny_shards)


def test_digest_is_the_sha256_of_sorted_json_without_spaces() -> None:
    by_hand = '{"a":[1,2.0],"ß":"\\n"}'
    document = {"ß": "\n", "digest": "left out", "a": [1, 2.0]}
    assert digest_of(document) == hashlib.sha256(by_hand.encode()).hexdigest()


def test_sequences_are_counted_by_split(tiny_shards: Path) -> None:
    index = read_index(tiny_shards)
    assert (index.sequences, index.counts()) == (24, {"train": 19, "val": 5})


def test_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="nowhere: no such folder"):
        read_index(tmp_path / "nowhere")


def test_folder_without_index_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"no index\.json.*run the same command again"):
        read_index(tmp_path)


def test_newer_version_is_refused_with_a_sentence(shards_copy: Path, edit_index: EditIndex) -> None:
    with edit_index(shards_copy) as document:
        document["schema_version"] = 4
    with pytest.raises(ShardError, match="version 4; this seqsynth reads up to 3: upgrade"):
        read_index(shards_copy)


def test_newer_version_is_refused_before_its_fields_are_judged(
    shards_copy: Path, edit_index: EditIndex
) -> None:
    with edit_index(shards_copy) as document:
        document.update(schema_version=4, kind="hologram", digest_of_digest="?")
    with pytest.raises(ShardError, match="upgrade"):
        read_index(shards_copy)


@pytest.mark.parametrize("version", [0, "1", None, 1.5])
def test_version_that_is_no_whole_number_from_one_is_refused(
    shards_copy: Path, edit_index: EditIndex, version: Any
) -> None:
    with edit_index(shards_copy) as document:
        document["schema_version"] = version
    with pytest.raises(ShardError, match="a whole number from 1 is wanted"):
        read_index(shards_copy)


def test_edited_index_is_refused(shards_copy: Path) -> None:
    path = shards_copy / "index.json"
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(ShardError, match="was changed after it was written"):
        read_index(shards_copy)


TORN = {
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "no UTF-8": b'{"format": "\xff"}',
    "other JSON": b"{}",
}


@pytest.mark.parametrize("name", TORN)
def test_torn_index_is_refused(shards_copy: Path, name: str) -> None:
    (shards_copy / "index.json").write_bytes(TORN[name])
    with pytest.raises(ShardError, match="torn or no shard index"):
        read_index(shards_copy)


def test_index_of_another_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(json.dumps({"format": "mds", "version": 2}))
    with pytest.raises(ShardError, match="of format 'mds', not 'seqsynth-index'"):
        read_index(tmp_path)


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "kind": (lambda d: d.update(kind="hologram"), "'hologram'"),
    "layout": (lambda d: d.update(layout="tiles"), "'tiles'"),
    "unknown field": (lambda d: d.update(weather="fine"), "weather"),
    "missing field": (lambda d: d.pop("sources"), "sources"),
    "shards of no list": (lambda d: d.update(shards={}), "no list"),
    "count as text": (lambda d: d["shards"][0].update(count="6"), "no int"),
    "no sequences": (lambda d: d["shards"][0].update(count=0), "0 sequences"),
    "complete as text": (lambda d: d.update(complete="yes"), "no bool"),
    "path upwards": (lambda d: d["shards"][0].update(file="../train-00000.h5"), "plain name"),
    "absolute path": (lambda d: d["shards"][0].update(file="/etc/passwd.h5"), "plain name"),
    "hidden file": (lambda d: d["shards"][0].update(file=".train.h5"), "plain name"),
    "no HDF5 name": (lambda d: d["shards"][0].update(file="train-00000"), "plain name"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_index_that_breaks_the_format_is_refused(
    shards_copy: Path, edit_index: EditIndex, name: str
) -> None:
    damage, words = FAULTS[name]
    with edit_index(shards_copy) as document:
        damage(document)
    with pytest.raises(ShardError, match=words):
        read_index(shards_copy)


def test_unknown_fields_of_a_shard_are_kept(shards_copy: Path, edit_index: EditIndex) -> None:
    with edit_index(shards_copy) as document:
        document["shards"][1]["weather"] = "fine"
    index = read_index(shards_copy)
    assert index.shards[1].details["weather"] == "fine"
    assert render(index) == (shards_copy / "index.json").read_bytes()
