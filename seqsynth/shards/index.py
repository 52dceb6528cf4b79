"""index.json: what a shard set holds, how it was made, and the hashes that prove it whole."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from seqsynth.errors import ShardError
from seqsynth.files import canonical_sha256, json_text, parse_json
from seqsynth.pictures.folders import is_litter
from seqsynth.remote import RemoteFolder, is_url
from seqsynth.shards.schema import FIRST_VERSION, KINDS, LAYOUTS, check_version, shown
from seqsynth.shards.stated import LARGEST_COUNT, check_details, check_stated

INDEX_NAME = "index.json"
INDEX_FORMAT = "seqsynth-index"
SHARD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.h5")

Location = Path | RemoteFolder
"""Where a shard set lies: a folder, read in place, or one at a URL, read from a local cache."""

_MERGED_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")

_INDEX_TYPES = {
    "kind": str,
    "layout": str,
    "configuration": dict,
    "fingerprint": str,
    "library_version": str,
    "complete": bool,
    "sources": dict,
    "shards": list,
}
_ENTRY_TYPES = {"file": str, "split": str, "count": int, "bytes": int, "sha256": str}


@dataclass(frozen=True)
class ShardEntry:
    """One shard file.

    Attributes
    ----------
    file : name within the folder
    split : "train", "val" or "test"
    count : number of sequences
    bytes, sha256 : of the file
    details : what the maker of the set records per shard, JSON types only ("sequences": one
        mapping of metadata per sequence; "redraws", "rejections", "unusable" of the synthesis)
    """

    file: str
    split: str
    count: int
    bytes: int
    sha256: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ShardIndex:
    """The whole of index.json but its digest.

    Attributes
    ----------
    kind : "synthetic", "captured" or "pair"
    layout : "layers" or "views"
    configuration : the resolved configuration that made the set
    fingerprint : sha256 of what determines the content (configuration and sources)
    library_version : version of seqsynth that wrote it
    complete : False where the work was interrupted; running the same command again resumes it
    sources : where the sequences come from (the pools by photo id, the scenes, ...)
    shards : in order; training shards first
    schema_version : the largest of its shards'
    """

    kind: str
    layout: str
    configuration: Mapping[str, Any]
    fingerprint: str
    library_version: str
    complete: bool
    sources: Mapping[str, Any]
    shards: tuple[ShardEntry, ...]
    schema_version: int = FIRST_VERSION

    @property
    def sequences(self) -> int:
        """Number of sequences in all shards."""
        return sum(shard.count for shard in self.shards)

    def counts(self) -> dict[str, int]:
        """Return the number of sequences of each split, in the order of the shards."""
        counts: dict[str, int] = {}
        for shard in self.shards:
            counts[shard.split] = counts.get(shard.split, 0) + shard.count
        return counts

    def with_shards(self, shards: list[ShardEntry], *, complete: bool) -> "ShardIndex":
        """Return the same index over other shards."""
        return replace(self, shards=tuple(shards), complete=complete)


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the sha256 of a document's canonical JSON, its "digest" left out."""
    return canonical_sha256({key: value for key, value in document.items() if key != "digest"})


def render(index: ShardIndex) -> bytes:
    """Return the exact bytes of index.json."""
    document = {"format": INDEX_FORMAT, **asdict(index)}
    document["shards"] = [entry_document(shard) for shard in index.shards]
    document["digest"] = digest_of(document)
    return json_text(document).encode()


def locate(path: str | Location) -> Location:
    """Return where a shard set lies, named by its folder or URL or by its index.json.

    Raises
    ------
    ShardError
        The path is a URL that went through `Path`, which merges its slashes.
    """
    if isinstance(path, RemoteFolder):
        return path
    if isinstance(path, str) and is_url(path):
        return RemoteFolder.at(path).without_suffix(f"/{INDEX_NAME}")
    path = Path(path)
    if _MERGED_URL.match(str(path)) and not path.exists():
        raise ShardError(f"{path}: give a URL as text with both its slashes, not as a Path")
    return path.parent if path.name == INDEX_NAME else path


def read_index(path: str | Location) -> ShardIndex:
    """Read the index of a shard set.

    Raises
    ------
    ShardError
        There is none, it is torn or edited, or a newer version wrote it.
    """
    return read_index_file(path)[0]


def read_index_file(path: str | Location) -> tuple[ShardIndex, bytes]:
    """Read the index of a shard set; return it and the bytes of index.json."""
    location = locate(path)
    place = f"{location}/{INDEX_NAME}"
    if isinstance(location, RemoteFolder):
        return location.read(INDEX_NAME, lambda content: (parse_index(content, place), content))
    content = read_index_bytes(location)
    advice = _REPAIR if shard_paths(location) else _NO_SHARDS
    return parse_index(content, place, advice), content


def shard_file(location: Location, entry: ShardEntry, *, recheck: bool = False) -> Path:
    """Return a local file with the content of a shard, fetching it from a URL if need be.

    Parameters
    ----------
    recheck : hash what was fetched earlier again

    Raises
    ------
    ShardError, OutputError
        It cannot be fetched, or the cache cannot be written.
    """
    if isinstance(location, Path):
        return location / entry.file
    return location.fetch(entry.file, nbytes=entry.bytes, sha256=entry.sha256, recheck=recheck)


def shard_paths(folder: Path) -> list[Path]:
    """Return the files in a folder that end as shards do, but not hidden ones: ._train-00000.h5."""
    return sorted(path for path in folder.glob("*.h5") if not is_litter(path.name))


def read_index_bytes(folder: Path) -> bytes:
    """Return the bytes of a folder's index.json; `ShardError` says what stands there instead."""
    try:
        return (folder / INDEX_NAME).read_bytes()
    except FileNotFoundError:
        if not folder.exists():
            raise ShardError(f"{folder}: no such folder") from None
        if shard_paths(folder):
            raise ShardError(
                f"{folder} holds shards and no {INDEX_NAME}: if making it was interrupted, run the "
                f"same command again; if the index was lost, seqsynth repair {folder} writes it "
                "anew"
            ) from None
        raise ShardError(
            f"{folder} has no {INDEX_NAME}, so it is no shard set; if making it was interrupted, "
            "run the same command again"
        ) from None
    except NotADirectoryError:
        raise ShardError(f"{folder} is a file; name the folder of the shard set") from None
    except OSError as error:
        raise ShardError(f"{folder / INDEX_NAME}: cannot be read ({error.strerror})") from error


_REPAIR = "copy it here again, or have seqsynth repair write it anew"
_NO_SHARDS = (
    "there are no shards beside it to repair it from: copy the set here again, or move the file "
    "away and make the set anew"
)


def parse_index(content: bytes, path: Path | str, advice: str = _REPAIR) -> ShardIndex:
    """Turn the bytes of index.json into a `ShardIndex`, checking version and digest.

    ``advice`` is what to do where it is torn.
    """
    try:
        document = parse_json(content)
        if document["format"] != INDEX_FORMAT:
            raise ShardError(f"{path} is of format {document['format']!r}, not {INDEX_FORMAT!r}")
        check_version(document["schema_version"], path)
        if document["digest"] != digest_of(document):
            raise ShardError(
                f"{path} was changed after it was written: its digest does not match; {advice}"
            )
        return index_from_document(document)
    except ShardError as error:
        raise error if str(path) in str(error) else ShardError(f"{path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else error
        raise ShardError(f"{path} is torn or no shard index ({what}); {advice}") from error


def index_from_document(document: dict[str, Any]) -> ShardIndex:
    """Turn what index.json states, its format and digest apart, into a `ShardIndex`."""
    _check_types(document, _INDEX_TYPES)
    if document["kind"] not in KINDS or document["layout"] not in LAYOUTS:
        raise ShardError(
            f"kind {shown(document['kind'])}, layout {shown(document['layout'])} are unknown"
        )
    check_stated(document["configuration"], document["sources"])
    fields = {k: v for k, v in document.items() if k not in ("format", "digest", "shards")}
    shards = tuple(entry_from_document(entry) for entry in document["shards"])
    return ShardIndex(**fields, shards=shards)


def entry_from_document(document: Mapping[str, Any]) -> ShardEntry:
    """Turn one element of the index's list of shards into a `ShardEntry`."""
    _check_types(document, _ENTRY_TYPES)
    # An index is input like any other: its names must not lead out of its folder.
    file, count, size = document["file"], document["count"], document["bytes"]
    if not SHARD_NAME.fullmatch(file) or count < 1:
        raise ShardError(
            f"shard {file!r} of {count} sequences: a plain name that ends "
            "in .h5 and at least one sequence are specified"
        )
    if not count <= size <= LARGEST_COUNT:
        raise ShardError(f"shard {file!r} of {size} bytes cannot hold {count} sequences")
    details = {key: value for key, value in document.items() if key not in _ENTRY_TYPES}
    check_details(details, file)
    return ShardEntry(**{key: document[key] for key in _ENTRY_TYPES}, details=details)


def _check_types(document: Mapping[str, Any], types: Mapping[str, type]) -> None:
    for key, kind in types.items():
        if type(document[key]) is not kind:
            raise ShardError(f"{INDEX_NAME}: {key} is {shown(document[key])}, no {kind.__name__}")


def entry_document(entry: ShardEntry) -> dict[str, Any]:
    """Return a shard entry as index and journal state it."""
    document = asdict(entry)
    return {**document.pop("details"), **document}
