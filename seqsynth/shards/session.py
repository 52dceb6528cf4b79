"""Make a shard set safely: one writer at a time, resumable, never half-trusted.

While it is made, ``journal.jsonl`` records each finished shard with its hash; the index is written
last and the journal then removed. A run that finds a journal, or an index marked incomplete, of
the same fingerprint keeps every shard whose hash still holds and makes the others.
"""

import contextlib
import fcntl
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py

from seqsynth.errors import OutputError, ShardError
from seqsynth.shards.index import (
    INDEX_NAME,
    ShardEntry,
    ShardIndex,
    entry_from_document,
    entry_line,
    read_index,
    render,
)
from seqsynth.shards.schema import FORMAT
from seqsynth.shards.writer import hash_file, replace_file, sync_folder

log = logging.getLogger(__name__)

JOURNAL_NAME = "journal.jsonl"
REPORT_NAME = "report.html"
FINDINGS_NAME = "findings.json"
CONTENT_NAME = "shards.html"
"""Page of a captured set's content, beside the report of what was found in its scenes."""

CARD_NAME = "README.md"
CROISSANT_NAME = "croissant.json"
OWN_MARK = "written by `seqsynth report` from index.json"
"""Stands in a card or metadata of ours; files of these names without it are somebody else's."""

_PARTIAL = re.compile(
    r"(?:.+\.h5|"
    + "|".join(
        map(
            re.escape,
            (
                INDEX_NAME,
                JOURNAL_NAME,
                REPORT_NAME,
                FINDINGS_NAME,
                CONTENT_NAME,
                CARD_NAME,
                CROISSANT_NAME,
            ),
        )
    )
    + r")\.\d+\.partial"
)
"""What a stopped writer leaves half-written: the file's name, the process, ``.partial``."""


class WriteSession:
    """The making of one shard set: ``with WriteSession(folder, index) as session``.

    Parameters
    ----------
    folder : output folder; made if absent
    index : what the finished index will say, its shards left out
    overwrite : replace another shard set that stands there (only the files its index owns)

    Attributes
    ----------
    finished : shard file name -> entry, for every shard that is already whole

    Raises
    ------
    OutputError
        The folder holds something else, cannot be written, or is in use by another run.
    ShardError
        A set of another configuration stands there; the difference is named.
    """

    def __init__(self, folder: Path, index: ShardIndex, *, overwrite: bool = False) -> None:
        self.folder = folder
        self.finished: dict[str, ShardEntry] = {}
        self._index = index
        self._overwrite = overwrite
        self._order: list[str] = []
        self._lock = -1

    def __enter__(self) -> Self:
        """Lock the folder and find what an earlier run finished."""
        self._lock = lock_folder(self.folder)
        try:
            self._adopt()
            remove_partials(self.folder)
            self._open_journal()
        except BaseException:
            os.close(self._lock)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave finished shards readable if the work stopped early, and unlock."""
        try:
            if error is not None and self.finished and self._order and not self.is_complete:
                with contextlib.suppress(OSError):
                    self._write_index(complete=False)
        finally:
            os.close(self._lock)

    @property
    def is_complete(self) -> bool:
        """True where the finished set stood there already."""
        return self._index.complete

    def plan(self, files: list[str]) -> list[str]:
        """State all shard files in their order; return those still to be made."""
        self._order = files
        return [file for file in files if file not in self.finished]

    def record(self, entry: ShardEntry) -> None:
        """Note a shard that has been written and renamed."""
        self.finished[entry.file] = entry
        self._append(entry_line(entry))

    def finish(self) -> ShardIndex:
        """Write the index over all planned shards and remove the journal."""
        missing = [file for file in self._order if file not in self.finished]
        if missing:
            raise ShardError(f"{len(missing)} planned shards were not made, first {missing[0]}")
        self._write_index(complete=True)
        (self.folder / JOURNAL_NAME).unlink(missing_ok=True)
        sync_folder(self.folder)
        return self._index

    def _write_index(self, *, complete: bool) -> None:
        entries = [self.finished[file] for file in self._order if file in self.finished]
        self._index = self._index.with_shards(entries, complete=complete)
        replace_file(self.folder / INDEX_NAME, render(self._index))

    def _adopt(self) -> None:
        """Take over what an earlier run left, or refuse, or (overwrite) clear it away."""
        claims = _claims(self.folder)
        if claims is None:
            others = [path.name for path in self.folder.iterdir() if not _is_ours(path)]
            if others:
                more = f" and {len(others) - 1} more" if others[1:] else ""
                raise OutputError(
                    f"{self.folder} is no shard set: it holds {sorted(others)[0]}{more}; choose an "
                    "empty folder"
                )
            return
        fingerprint, configuration, entries, complete = claims
        if fingerprint != self._index.fingerprint:
            if not entries and not (self.folder / INDEX_NAME).exists():
                # Stopped before its first shard, that run claims nothing.
                _remove_unrecorded(self.folder, fingerprint)
                return
            if not self._overwrite:
                raise ShardError(
                    f"{self.folder} holds shards of another configuration ("
                    f"{_difference(configuration, self._index.configuration)}); choose another "
                    "folder, or --overwrite to replace them"
                )
        if self._overwrite:
            _remove_owned(self.folder, entries)
            _remove_unrecorded(self.folder, fingerprint)
            return
        self.finished = {entry.file: entry for entry in entries if _holds(self.folder, entry)}
        if complete and len(self.finished) == len(entries):
            self._index = self._index.with_shards(entries, complete=True)

    def _open_journal(self) -> None:
        if self.is_complete:
            return
        head = {
            "fingerprint": self._index.fingerprint,
            "configuration": self._index.configuration,
        }
        lines = [json.dumps(head, sort_keys=True, ensure_ascii=False)]
        lines += [entry_line(entry) for entry in self.finished.values()]
        replace_file(self.folder / JOURNAL_NAME, "".join(f"{line}\n" for line in lines).encode())

    def _append(self, line: str) -> None:
        with (self.folder / JOURNAL_NAME).open("ab") as journal:
            journal.write(f"{line}\n".encode())
            journal.flush()
            os.fsync(journal.fileno())


def lock_folder(folder: Path) -> int:
    """Make a folder if absent and lock it, itself, so that no lock file is left.

    The lock goes with the returned descriptor, at the latest when the process ends.

    Raises
    ------
    OutputError
        The folder cannot be made or written, or is in use by another run.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from error
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OutputError(f"{folder} is in use by another run; wait for it or stop it") from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be locked ({error.strerror})") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        os.close(descriptor)
        raise OutputError(f"{folder}: no permission to write there")
    return descriptor


def _claims(
    folder: Path,
) -> tuple[str, Mapping[str, Any], list[ShardEntry], bool] | None:
    """Return fingerprint, configuration and shards of the set in a folder; None if there is none.

    An unfinished run's journal outranks the index: the index may be that of an earlier stop.
    """
    journal = folder / JOURNAL_NAME
    if journal.exists():
        try:
            head, *entries = _journal_lines(journal)
            known = [entry_from_document(entry) for entry in entries]
            return str(head["fingerprint"]), dict(head["configuration"]), known, False
        except (ValueError, KeyError, TypeError) as error:
            raise ShardError(
                f"{journal} is torn at its head, so nobody knows what it was making; remove the "
                "folder and start again"
            ) from error
    if not (folder / INDEX_NAME).exists():
        return None
    index = read_index(folder)
    return index.fingerprint, index.configuration, list(index.shards), index.complete


def _journal_lines(journal: Path) -> Iterator[dict[str, Any]]:
    """Yield the journal's documents; a torn last line is what a sudden stop leaves."""
    for line in journal.read_bytes().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            log.warning("%s: a torn line is left out", journal)
            return


def _holds(folder: Path, entry: ShardEntry) -> bool:
    path = folder / entry.file
    try:
        return path.stat().st_size == entry.bytes and hash_file(path)[1] == entry.sha256
    except FileNotFoundError:
        return False


def is_own_description(path: Path) -> bool:
    """Tell a card or metadata that seqsynth wrote from somebody else's of that name."""
    try:
        return OWN_MARK.encode() in path.read_bytes()
    except OSError:
        return False


def _is_ours(path: Path) -> bool:
    if path.name in (CARD_NAME, CROISSANT_NAME):
        return is_own_description(path)
    return _PARTIAL.fullmatch(path.name) is not None or path.name in (
        JOURNAL_NAME,
        REPORT_NAME,
        FINDINGS_NAME,
        CONTENT_NAME,
    )


def remove_partials(folder: Path) -> None:
    """Remove what writers of a shard set left half-written, and nobody else's ``.partial``."""
    for path in folder.glob("*.partial"):
        if _PARTIAL.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _remove_unrecorded(folder: Path, fingerprint: str) -> None:
    """Remove what a run finished and was stopped before it could record: shards of its mark."""
    for path in folder.glob("*.h5"):
        if _fingerprint(path) == fingerprint:
            path.unlink(missing_ok=True)


def _fingerprint(path: Path) -> str | None:
    """Return the fingerprint of the set a shard was made for; None of any other file."""
    try:
        with h5py.File(path, "r") as file:
            found = file.attrs.get("fingerprint") if file.attrs.get("format") == FORMAT else None
    except OSError:
        return None
    return None if found is None else str(found)


def _remove_owned(folder: Path, entries: list[ShardEntry]) -> None:
    """Remove a shard set: its shards, index, journal, report, findings, card; nothing else."""
    own = [INDEX_NAME, JOURNAL_NAME, REPORT_NAME, FINDINGS_NAME, CONTENT_NAME]
    own += [name for name in (CARD_NAME, CROISSANT_NAME) if is_own_description(folder / name)]
    for name in (*own, *(entry.file for entry in entries)):
        (folder / name).unlink(missing_ok=True)


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Name the settings in which two configurations differ."""
    old, new = dict(_flat(old)), dict(_flat(new))
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if not keys:
        return "same settings, other photos or sets"
    return ", ".join(f"{key} {old.get(key)!r} there, {new.get(key)!r} asked for" for key in keys)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
