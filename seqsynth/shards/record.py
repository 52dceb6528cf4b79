"""What a shard carries of its index, so that a lost index.json can be written anew.

Two attributes hold canonical JSON: ``index``, what the index says of the whole set, and
``index_entry``, what it says of this shard. Left out is what a shard cannot know (its own size and
hash, and which others are finished) or what is not of its content (the library's version).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from seqsynth.errors import ShardError
from seqsynth.files import canonical_json, parse_json
from seqsynth.shards.container import named_failures
from seqsynth.shards.heaps import sound_attributes
from seqsynth.shards.index import (
    ShardEntry,
    ShardIndex,
    entry_from_document,
    index_from_document,
)
from seqsynth.shards.opening import open_hdf5

INDEX_ATTRIBUTE = "index"
ENTRY_ATTRIBUTE = "index_entry"

_OF_THE_SET = ("kind", "layout", "configuration", "fingerprint", "schema_version", "sources")


class Portion(Protocol):
    """A shard as it is planned."""

    @property
    def split(self) -> str:
        """Split of all its sequences."""

    @property
    def count(self) -> int:
        """Number of its sequences."""


@dataclass(frozen=True)
class ShardRecord:
    """What a shard carries.

    Attributes
    ----------
    index : as it was planned, without shards and marked incomplete
    counts : split -> sequences in the complete set
    entry : of this shard, without its hash
    """

    index: ShardIndex
    counts: Mapping[str, int]
    entry: ShardEntry


def record_of_set(index: ShardIndex, portions: Iterable[Portion]) -> str:
    """Return what every shard carries of its set, which is planned to have these shards."""
    counts: dict[str, int] = {}
    for portion in portions:
        counts[portion.split] = counts.get(portion.split, 0) + portion.count
    stated = {name: getattr(index, name) for name in _OF_THE_SET}
    return canonical_json({**stated, "sequences": counts})


def record_of_shard(file: str, split: str, count: int, details: Mapping[str, Any]) -> str:
    """Return what a shard carries of its own entry."""
    return canonical_json({**details, "file": file, "split": split, "count": count})


def read_record(path: Path, library_version: str) -> ShardRecord | None:
    """Return what a shard carries of its index; None where it was made before shards did.

    Parameters
    ----------
    library_version : the version that the index is to name

    Raises
    ------
    ShardError
        The file cannot be opened, or what it carries is no record.
    """
    with open_hdf5(path) as file, named_failures(path):
        attributes = sound_attributes(file, path)
        texts = [attributes.get(name) for name in (INDEX_ATTRIBUTE, ENTRY_ATTRIBUTE)]
    if all(text is None for text in texts):
        return None
    try:
        stated, own = map(_document, texts)
        counts = {str(split): int(count) for split, count in stated.pop("sequences").items()}
        making = {"library_version": library_version, "complete": False, "shards": []}
        index = index_from_document({**stated, **making})
        entry = entry_from_document({**own, "bytes": path.stat().st_size, "sha256": ""})
    except (
        ShardError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ShardError(f"{path}: what it carries of its index is no record ({error})") from error
    return ShardRecord(index, counts, entry)


def _document(text: object) -> dict[str, Any]:
    if not isinstance(text, str):
        raise ValueError("no text")
    document = parse_json(text)
    return dict(document)
