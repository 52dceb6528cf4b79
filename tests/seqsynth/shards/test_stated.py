"""What an index states of another type is one line that names the key, whoever reads it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import read_index

Document = dict[str, Any]


def put(*path: str | int, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        place: Any = document
        for part in path[:-1]:
            place = place.setdefault(part, {}) if isinstance(part, str) else place[part]
        place[path[-1]] = value

    return change


CHANGES = [
    (("configuration", "sigma"), 3),
    (("configuration", "sigma"), [1, 2, 3]),
    (("configuration", "sigma"), ["1", "2"]),
    (("configuration", "window"), [0, 4]),
    (("configuration", "views"), True),
    (("configuration", "reject"), "all"),
    (("configuration", "blend"), ["ceilnet"]),
    (("configuration", "derived"), "merge"),
    (("configuration", "sequences"), -1),
    (("configuration", "shard_size"), "1MB"),
    (("configuration", "scale"), [1]),
    (("sources", "pools"), [1]),
    (("sources", "pools", "train"), {"transmission": ["a"]}),
    (("sources", "pools", "val"), ["a"]),
    (("sources", "pools", "train", "reflection"), [1]),
    (("sources", "parts"), [{"kind": "synthetic"}]),
    (("sources", "inputs"), [{"fingerprint": 1, "sequences": 2, "library_version": "0"}]),
    (("sources", "remarks"), "none"),
    (("shards", 0, "sequences"), ["a", "b"]),
    (("shards", 0, "sequences"), [{"origin": {"part": "0", "name": "x"}}]),
    (("shards", 0, "sequences"), [{"sigma": "wide"}]),
    (("shards", 0, "sequences"), [{"parameters": [1]}]),
    (("shards", 0, "unusable"), ["a"]),
    (("shards", 0, "rejections"), {"bright": -1}),
    (("shards", 0, "redraws"), 1.5),
]


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_value_of_another_type_is_named(
    shards_copy: Path, edit_index: Any, path: tuple[str | int, ...], value: Any
) -> None:
    with edit_index(shards_copy) as document:
        put(*path, value=value)(document)
    with pytest.raises(ShardError, match=r"index\.json: .* is wanted") as caught:
        read_index(shards_copy)
    assert "\n" not in str(caught.value)
    assert str(path[2] if path[0] == "shards" else path[1]) in str(caught.value)


CONTENTS = [
    b"[" * 200_000 + b"]" * 200_000,
    b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    b'{"format": NaN}',
    b'{"format": 1e999}',
    b'{"format": ' + b"9" * 5000 + b"}",
    b'{"format": "\\ud800"}',
    b"\xff\xfe",
    b"",
    b"null",
    b"[]",
    b"{}",
]


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_index_that_is_none_is_one_line(shards_copy: Path, content: bytes) -> None:
    (shards_copy / "index.json").write_bytes(content)
    with pytest.raises(ShardError, match=r"index\.json") as caught:
        read_index(shards_copy)
    assert len(str(caught.value)) < 400
