"""Write a lost index.json anew from the shards, which carry what it said.

What no shard knows of itself is taken from the files: their sizes and hashes. So a shard that was
damaged before is found only where that breaks its structure or its arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from seqsynth import __version__
from seqsynth.errors import ShardError
from seqsynth.files import hash_file, write_whole
from seqsynth.output.disk import as_output_error
from seqsynth.output.lock import FolderLock
from seqsynth.progress import Progress, untold
from seqsynth.shards.folder import JOURNAL_NAME
from seqsynth.shards.index import (
    INDEX_NAME,
    SHARD_NAME,
    ShardEntry,
    ShardIndex,
    read_index,
    render,
    shard_paths,
)
from seqsynth.shards.layers import LevelTables
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.record import ShardRecord, read_record
from seqsynth.shards.schema import SPLITS
from seqsynth.shards.verify import FORMAT_TABLES, Fault, opened_faults

KEPT_NAME = f"{INDEX_NAME}.old"
"""What an index.json that cannot be read is kept as."""


@dataclass(frozen=True)
class KnownSet:
    """A set as its maker would plan it, for shards from before they carried their index.

    Attributes
    ----------
    index : its shards left out
    counts : split -> sequences in the complete set
    """

    index: ShardIndex
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Repair:
    """What came of a repair.

    Attributes
    ----------
    index : as it was written; incomplete where sequences are missing
    left_out : shard files that are not in it, and why
    missing : number of sequences of the complete set that no sound shard holds
    """

    index: ShardIndex
    left_out: tuple[Fault, ...]
    missing: int


@dataclass(frozen=True)
class _Found:
    """A shard in the folder whose head could be read."""

    path: Path
    fingerprint: str
    kind: str
    layout: str
    split: str
    first: int
    count: int
    record: ShardRecord | None


def repair_shards(
    folder: str | Path,
    *,
    known: KnownSet | None = None,
    bare: bool = False,
    tables: LevelTables | None = None,
    progress: Progress = untold,
) -> Repair:
    """Write the index of a folder of shards that has lost it.

    An index.json that cannot be read is kept as index.json.old.

    Parameters
    ----------
    folder : the shards
    known : what made them, for those from before shards carried it; its fingerprint must be theirs
    bare : where nothing else knows the set of captures or pairs that shards from before belong to,
        write an index without its configuration and sources
    tables : formulas of blends to hold stored views against; see `verify_shards`
    progress : told how many shards were looked at

    Raises
    ------
    ShardError
        There is nothing to repair, no sound shard, shards of several sets, or shards that carry
        no index while ``known`` is not theirs.
    OutputError
        The folder is in use, or cannot be written.
    """
    folder = Path(folder)
    _check_lost(folder)
    lock = FolderLock(folder)
    try:
        found, left_out = _look(folder)
        index, counts = _set_of(folder, found, known, bare=bare)
        entries = []
        firsts = {one.path.name: one.first for one in found}
        names: set[bytes] = set()
        ordered, twice = _in_order(found)
        left_out += twice
        with progress("repair", len(ordered), "shards") as advance:
            for one in ordered:
                entry = _entry(one)
                table = {**FORMAT_TABLES, **(tables or {})}
                faults = opened_faults(one.path, index, entry, one.first, names, table)
                left_out += [Fault(entry.file, message) for message in faults[:1]]
                if not faults:
                    entries.append(entry)
                advance()
        if not entries:
            raise ShardError(f"{folder}: none of its shards is sound; first, {left_out[0]}")
        held: dict[str, int] = {}
        has_gap = False
        for entry in entries:
            before = held.get(entry.split, 0)
            has_gap = has_gap or firsts[entry.file] != before
            held[entry.split] = before + entry.count
        index = index.with_shards(entries, complete=held == dict(counts) and not has_gap)
        with as_output_error(folder / INDEX_NAME):
            _keep_old(folder)
            write_whole(folder / INDEX_NAME, render(index))
    finally:
        lock.release()
    return Repair(index, tuple(left_out), sum(counts.values()) - sum(held.values()))


def _check_lost(folder: Path) -> None:
    """Refuse a folder whose index is not lost."""
    if not folder.is_dir():
        raise ShardError(f"{folder}: no such folder; name the folder of the shards")
    if (folder / JOURNAL_NAME).exists():
        raise ShardError(
            f"{folder} holds the journal of a run that was interrupted; run the same command "
            f"again, which writes the index; or remove {JOURNAL_NAME} and repair what is there"
        )
    if not (folder / INDEX_NAME).exists():
        return
    try:
        read_index(folder)
    except ShardError:
        return
    raise ShardError(
        f"{folder} has an {INDEX_NAME} that is whole, so there is nothing to repair; seqsynth "
        "verify says whether the shards are what it states"
    )


def _keep_old(folder: Path) -> None:
    if not (folder / INDEX_NAME).exists():
        return
    if (folder / KEPT_NAME).exists():
        raise ShardError(f"{folder / KEPT_NAME} stands in the way; move it away")
    (folder / INDEX_NAME).rename(folder / KEPT_NAME)


def _look(folder: Path) -> tuple[list[_Found], list[Fault]]:
    """Read the head of every shard in a folder; what is none is left out with the reason."""
    found, left_out = [], []
    for path in shard_paths(folder):
        try:
            found.append(_head(path))
        except ShardError as error:
            left_out.append(Fault(path.name, _without_path(str(error), path)))
    if not found:
        reason = f"; first, {left_out[0]}" if left_out else ""
        raise ShardError(
            f"{folder} holds no shard to repair from{reason}; copy the shards here, or make the "
            "set anew in an empty folder"
        )
    return found, left_out


def _head(path: Path) -> _Found:
    if not SHARD_NAME.fullmatch(path.name):
        raise ShardError(f"{path}: no name that a shard has; rename it, like train-00000.h5")
    shard = MappedShard(path)
    record = read_record(path, __version__)
    stated = shard.attributes
    try:
        fingerprint, kind, split = (str(stated[name]) for name in ("fingerprint", "kind", "split"))
        first = int(stated["first"])
    except (KeyError, TypeError, ValueError) as error:
        raise ShardError(f"{path}: it does not say what set it belongs to ({error})") from error
    if split not in SPLITS:
        raise ShardError(f"{path}: split {split!r} is unknown")
    (count, *_) = {len(array) for array in shard.arrays.values()}
    if record is not None and record.index.fingerprint != fingerprint:
        raise ShardError(f"{path}: it carries the index of another set")
    if record is not None and record.entry.file != path.name:
        raise ShardError(f"{path}: is {record.entry.file} under another name; rename it")
    return _Found(path, fingerprint, kind, shard.layout, split, first, count, record)


def _set_of(
    folder: Path, found: list[_Found], known: KnownSet | None, *, bare: bool
) -> tuple[ShardIndex, Mapping[str, int]]:
    """Return the index of the set that all shards belong to, and the sequences it is to hold."""
    first = found[0]
    for one in found:
        if one.fingerprint != first.fingerprint:
            raise ShardError(
                f"{folder} holds shards of several sets: {first.path.name} of "
                f"{first.fingerprint[:12]}, {one.path.name} of {one.fingerprint[:12]}; move those "
                "of one of them to another folder"
            )
    record = next((one.record for one in found if one.record is not None), None)
    if record is not None:
        return record.index, record.counts
    if known is not None and known.index.fingerprint == first.fingerprint:
        return known.index, known.counts
    if known is not None:
        raise ShardError(
            f"{folder}: the photos and settings given make another set ("
            f"{known.index.fingerprint[:12]}, the shards are of {first.fingerprint[:12]}); give "
            "those that the set was made with"
        )
    if first.kind == "synthetic":
        raise ShardError(
            f"{folder}: its shards were made before they carried their index; give the photos, "
            "--voc, and the settings that the set was made with"
        )
    if bare:
        return _bare_set(found)
    raise ShardError(
        f"{folder}: its shards were made before they carried their index, which nothing else "
        "knows; ingest the photos again, into another folder, or, if they are gone, have --bare "
        "write an index without configuration and sources"
    )


def _bare_set(found: list[_Found]) -> tuple[ShardIndex, Mapping[str, int]]:
    """Return all that shards know of a set that nothing else knows: their own sequences."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.split] = counts.get(one.split, 0) + one.count
    first = found[0]
    index = ShardIndex(
        kind=first.kind,
        layout=first.layout,
        configuration={},
        fingerprint=first.fingerprint,
        library_version=__version__,
        complete=False,
        sources={},
        shards=(),
    )
    return index, counts


def _in_order(found: list[_Found]) -> tuple[list[_Found], list[Fault]]:
    """Sort shards as an index has them; those whose sequences another holds are left out."""
    kept: list[_Found] = []
    left_out = []
    for one in sorted(found, key=lambda one: (SPLITS.index(one.split), one.first, one.path.name)):
        before = kept[-1] if kept and kept[-1].split == one.split else None
        if before is not None and one.first < before.first + before.count:
            reason = f"holds sequences of {before.path.name}; one of the two is a copy"
            left_out.append(Fault(one.path.name, reason))
        else:
            kept.append(one)
    return kept, left_out


def _entry(one: _Found) -> ShardEntry:
    size, digest = hash_file(one.path)
    if one.record is not None:
        return replace(one.record.entry, bytes=size, sha256=digest)
    return ShardEntry(one.path.name, one.split, one.count, size, digest)


def _without_path(sentence: str, path: Path) -> str:
    return sentence.removeprefix(f"{path}: ").removeprefix(f"{path} ")
