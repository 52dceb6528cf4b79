"""Which files belong to the folder of a shard set, and which of them seqsynth wrote."""

import re
from collections.abc import Iterator
from pathlib import Path

from seqsynth.errors import ShardError
from seqsynth.shards.container import named_failures
from seqsynth.shards.index import INDEX_NAME
from seqsynth.shards.opening import open_hdf5
from seqsynth.shards.schema import FORMAT, SPLITS

JOURNAL_NAME = "journal.jsonl"
REPORT_NAME = "report.html"
FINDINGS_NAME = "findings.json"
CONTENT_NAME = "shards.html"
"""Page of a captured set's content, beside the report of what was found in its scenes."""

CARD_NAME = "README.md"
CROISSANT_NAME = "croissant.json"
OWN_MARK = "written by `seqsynth report` from index.json"
"""Stands in a card or metadata of ours; files of these names without it are somebody else's."""

_DESCRIPTIONS = (CARD_NAME, CROISSANT_NAME)
_PAGES = (REPORT_NAME, FINDINGS_NAME, CONTENT_NAME)

_SHARD = re.compile(rf"(?:{'|'.join(SPLITS)})-\d{{5,}}\.h5")


def shard_name(split: str, number: int) -> str:
    """Return the name of a split's shard, numbered from 0."""
    return f"{split}-{number:05d}.h5"


def is_shard_name(name: str) -> bool:
    """Tell the names that `shard_name` gives."""
    return _SHARD.fullmatch(name) is not None


def belongs_to_set(name: str) -> bool:
    """Tell the names that files of a shard set have."""
    names = (INDEX_NAME, JOURNAL_NAME, *_PAGES, *_DESCRIPTIONS)
    return name in names or is_shard_name(name)


def describes_set(path: Path) -> bool:
    """Tell what stands beside shards and index and is ours: pages, and card and metadata so marked.

    They go with the set where it is replaced.
    """
    return path.name in _PAGES or (path.name in _DESCRIPTIONS and is_own_description(path))


def is_own_description(path: Path) -> bool:
    """Tell a card or metadata that seqsynth wrote from somebody else's of that name."""
    try:
        return OWN_MARK.encode() in path.read_bytes()
    except OSError:
        return False


def shards_of(folder: Path, fingerprint: str) -> Iterator[Path]:
    """Yield the shards in a folder that were made for the set of a fingerprint."""
    for path in folder.glob("*.h5"):
        if _fingerprint(path) == fingerprint:
            yield path


def _fingerprint(path: Path) -> str | None:
    """Return the fingerprint of the set a shard was made for; None of any other file."""
    try:
        with open_hdf5(path) as file, named_failures(path):
            attributes = file.attrs
            if attributes.get("format") != FORMAT:
                return None
            found = attributes.get("fingerprint")
    except ShardError:
        return None
    return found if isinstance(found, str) else None
