"""Which files belong to the folder of a shard set, and which of them seqsynth wrote."""

import re
from collections.abc import Iterator
from pathlib import Path

from seqsynth.errors import OutputError, ShardError
from seqsynth.files import parse_json
from seqsynth.shards.container import named_failures
from seqsynth.shards.heaps import sound_attributes
from seqsynth.shards.index import INDEX_NAME, shard_paths
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

PAGE_MARK = '<meta name="generator" content="seqsynth">'
"""Stands in the head of every page of ours."""

PAGE_HEAD = 1000
"""Bytes within which it stands."""

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
    """Tell what stands beside shards and index and is marked as ours.

    They go with the set where it is replaced.
    """
    return path.name in (*_PAGES, *_DESCRIPTIONS) and is_own(path)


def is_own(path: Path) -> bool:
    """Tell a page, card, metadata or findings that seqsynth wrote from somebody else's file."""
    try:
        if path.is_symlink() or not path.is_file():
            return False
        content = path.read_bytes()
    except OSError:
        return False
    if path.suffix.lower() == ".json" and OWN_MARK.encode() not in content:
        return _are_findings(content)
    return PAGE_MARK.encode() in content[:PAGE_HEAD] or OWN_MARK.encode() in content


def _are_findings(content: bytes) -> bool:
    try:
        document = parse_json(content)
    except (ValueError, RecursionError):
        return False
    scenes = document.get("scenes") if isinstance(document, dict) else None
    return isinstance(scenes, list) and all(
        isinstance(scene, dict) and {"scene", "verdict", "findings"} <= scene.keys()
        for scene in scenes
    )


def check_own(path: Path, *, overwrite: bool = False) -> None:
    """Refuse to write over a file that seqsynth did not write.

    Raises
    ------
    OutputError
        Somebody else's file stands there.
    """
    if (path.is_symlink() or path.exists()) and not (overwrite or is_own(path)):
        raise OutputError(
            f"{path} was not written by seqsynth; move it away, choose another --out, or "
            "--overwrite to replace it"
        )


def shards_of(folder: Path, fingerprint: str) -> Iterator[Path]:
    """Yield the shards in a folder that were made for the set of a fingerprint."""
    for path in shard_paths(folder):
        if _fingerprint(path) == fingerprint:
            yield path


def _fingerprint(path: Path) -> str | None:
    """Return the fingerprint of the set a shard was made for; None of any other file."""
    try:
        with open_hdf5(path) as file, named_failures(path):
            attributes = sound_attributes(file, path)
            if attributes.get("format") != FORMAT:
                return None
            found = attributes.get("fingerprint")
    except ShardError:
        return None
    return found if isinstance(found, str) else None
