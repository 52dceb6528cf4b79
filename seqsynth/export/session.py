"""Make an export safely: one writer at a time, resumable, nothing half-written in its place.

Blocks are written below ``export.partial``. Once a block is there and synced, its files and hashes
go to ``export.journal``, and only then are the files moved into place: whatever stands in place is
on record, so that an interrupted export can be taken up, or removed, to the file. The manifest is
written last.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seqsynth.errors import OutputError
from seqsynth.export.blocks import Block
from seqsynth.export.journal import JOURNAL_NAME, append_journal, read_claims, start_journal
from seqsynth.export.manifest import (
    MANIFEST_NAME,
    SUMS_NAME,
    Claims,
    FileRecord,
)
from seqsynth.shards.making import as_output_error
from seqsynth.shards.session import lock_folder
from seqsynth.shards.writer import hash_file, replace_file, sync_folder

WORK_NAME = "export.partial"

SYNC_THREADS = 8
"""Files synced at once: a file system commits them together, five times as fast as one by one."""


class ExportSession:
    """The making of one export: ``with ExportSession(folder, fingerprint, ...) as session``.

    Parameters
    ----------
    folder : output folder; made if absent
    fingerprint, configuration : of the export
    folders : folders of it that may stay empty
    overwrite : replace another export that stands there (only the files its manifest owns)

    Attributes
    ----------
    records : the files that are in their places, whole
    was_complete : whether a finished export stood there when it was entered

    Raises
    ------
    OutputError
        On entering: the folder holds something else or another export, cannot be written, or is in
        use by another run.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        configuration: Mapping[str, Any],
        folders: Sequence[str] = (),
        *,
        overwrite: bool = False,
    ) -> None:
        self.folder = folder
        self.records: dict[str, FileRecord] = {}
        self.was_complete = False
        self._fingerprint = fingerprint
        self._configuration = configuration
        self._folders = tuple(folders)
        self._overwrite = overwrite
        self._owned: frozenset[str] = frozenset()
        self._made_folders: set[str] = set()
        self._lock = -1

    def __enter__(self) -> Self:
        """Lock the folder and find what an earlier run finished."""
        self._lock = lock_folder(self.folder)
        try:
            self._adopt()
            self._remove_partials()
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
        """Leave nothing but finished files and the journal, and unlock."""
        try:
            self._remove_partials()
            if error is not None and not self.records:
                # Nothing was made, so the folder is as free for another export as before.
                _remove_empty(self.folder, self._made_folders)
                (self.folder / JOURNAL_NAME).unlink(missing_ok=True)
        finally:
            os.close(self._lock)

    def begin(self, files: Iterable[str]) -> None:
        """Start the journal and make the folders of all files to come.

        Raises
        ------
        OutputError
            A file that is not this export's stands where one is to go.
        """
        files = list(files)
        self._clear(files)
        head = {
            "fingerprint": self._fingerprint,
            "configuration": dict(self._configuration),
            "folders": list(self._folders),
        }
        start_journal(self.folder, head, self.records)
        self._made_folders = {*(str(Path(file).parent) for file in files), *self._folders}
        for folder in sorted(self._made_folders):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)

    def record(self, name: str, made: Mapping[str, FileRecord]) -> None:
        """Note the files of a finished block in the journal, then move them into place."""
        append_journal(self.folder, made)
        work = self.folder / WORK_NAME / name
        for file in made:
            (work / file).replace(self.folder / file)
        self.records.update(made)
        shutil.rmtree(work)

    def close_with(self, files: Mapping[str, bytes]) -> None:
        """Write the small files that are made of all others, if there are any."""
        if not files:
            return
        self._clear(files)

        def write(work: Path) -> None:
            for file, content in files.items():
                (work / file).write_bytes(content)

        block, made = make_block(Block("closing", tuple(files), 0, write), self.folder)
        self.record(block.name, made)

    def finish(self, manifest: bytes, sums: bytes) -> None:
        """Write the manifest over everything recorded, and remove the journal."""
        sync_all({self.folder / Path(file).parent for file in self.records})
        replace_file(self.folder / SUMS_NAME, sums)
        replace_file(self.folder / MANIFEST_NAME, manifest)
        (self.folder / JOURNAL_NAME).unlink(missing_ok=True)
        sync_folder(self.folder)

    def _clear(self, files: Iterable[str]) -> None:
        """Remove what is damaged of files to be made again; refuse where a stranger stands."""
        for file in files:
            path = self.folder / file
            if file in self.records or not os.path.lexists(path):
                continue
            if file not in self._owned:
                raise OutputError(f"{path} is not this export's; move it away")
            path.unlink()

    def _adopt(self) -> None:
        """Take over what an earlier run left, or refuse, or (overwrite) clear it away."""
        claims = read_claims(self.folder)
        if claims is None:
            others = sorted(p.name for p in self.folder.iterdir() if not _is_partial(p.name))
            if others:
                raise OutputError(
                    f"{self.folder} holds {len(others)} files or folders that are no export (such "
                    f"as {others[0]}); choose an empty folder"
                )
            return
        same = claims.fingerprint == self._fingerprint
        if not same and claims.records and not self._overwrite:
            raise OutputError(
                f"{self.folder} holds another export ("
                f"{_difference(claims.configuration, self._configuration)}); choose "
                "another folder, or --overwrite to replace it"
            )
        if self._overwrite or not same:
            _remove_owned(self.folder, claims)
            return
        self._owned = frozenset(claims.records)
        self.records = {
            file: record for file, record in claims.records.items() if self._holds(file, record)
        }
        self.was_complete = claims.complete and len(self.records) == len(claims.records)

    def _holds(self, file: str, record: FileRecord) -> bool:
        path = self.folder / file
        try:
            return path.stat().st_size == record.bytes and hash_file(path)[1] == record.sha256
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _remove_partials(self) -> None:
        shutil.rmtree(self.folder / WORK_NAME, ignore_errors=True)
        for path in self.folder.glob("*.partial"):
            if _is_partial(path.name):
                path.unlink(missing_ok=True)


def make_block(block: Block, folder: Path) -> tuple[Block, dict[str, FileRecord]]:
    """Write a block's files below the folder's work folder and sync them; runs in a worker.

    Raises
    ------
    OutputError
        A file cannot be written.
    """
    work = folder / WORK_NAME / block.name
    with as_output_error(folder):
        shutil.rmtree(work, ignore_errors=True)
        for parent in {(work / file).parent for file in block.files}:
            parent.mkdir(parents=True, exist_ok=True)
        block.write(work)
        paths = [work / file for file in block.files]
        sync_all(paths)
        records = [FileRecord(*hash_file(path)) for path in paths]
    return block, dict(zip(block.files, records, strict=True))


def sync_all(paths: Iterable[Path]) -> None:
    """Make files or folders survive a power cut."""
    with ThreadPoolExecutor(SYNC_THREADS) as pool:
        for _ in pool.map(sync_folder, paths):
            pass


def _is_partial(name: str) -> bool:
    """Tell what a killed export leaves half-written at the top of its folder."""
    ours = tuple(f"{stem}." for stem in (JOURNAL_NAME, MANIFEST_NAME, SUMS_NAME))
    return name == WORK_NAME or (name.startswith(ours) and name.endswith(".partial"))


def _remove_owned(folder: Path, claims: Claims) -> None:
    """Remove an export: its files, the folders they leave empty, and nothing else."""
    for file in claims.records:
        (folder / file).unlink(missing_ok=True)
    _remove_empty(folder, {*(str(Path(file).parent) for file in claims.records), *claims.folders})
    # Last: until everything is gone, they say whose the rest is.
    for name in (SUMS_NAME, MANIFEST_NAME, JOURNAL_NAME):
        (folder / name).unlink(missing_ok=True)


def _remove_empty(folder: Path, names: Iterable[str]) -> None:
    """Remove folders, and those they lie in, as far as they are empty."""
    every = {parent for name in names for parent in (Path(name), *Path(name).parents)}
    for name in sorted(every - {Path()}, key=lambda path: -len(path.parts)):
        with contextlib.suppress(OSError):  # something else lies there
            (folder / name).rmdir()


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Name the settings in which two exports differ."""
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if not keys:
        return "same settings, other shards"
    return ", ".join(f"{key} {old.get(key)!r} there, {new.get(key)!r} asked for" for key in keys)
