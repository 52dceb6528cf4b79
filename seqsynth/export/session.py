"""Make an export safely: one writer at a time, resumable, nothing half-written in its place.

Blocks are written below ``export.partial``. Once a block is there and synced, its files and hashes
go to ``export.journal``, and only then are the files moved into place: whatever stands in place is
on record, so that an interrupted export can be taken up, or removed, to the file. The manifest is
written last.
"""

import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seqsynth.export.blocks import Block, Closing
from seqsynth.export.journal import EXPORT, WORK_NAME
from seqsynth.export.manifest import (
    MANIFEST_NAME,
    SUMS_NAME,
    head_from,
    render_manifest,
    render_sums,
)
from seqsynth.files import hash_file, sync_file, sync_folder
from seqsynth.output.disk import as_output_error
from seqsynth.output.kind import FileRecord, place_in
from seqsynth.output.session import OutputSession

SYNC_THREADS = 8
"""Files synced at once: a file system commits them together, five times as fast as one by one."""

Made = tuple[Block, Mapping[str, FileRecord]]
"""A block, and path -> what was made of it."""


class ExportSession:
    """The making of one export: ``with ExportSession(folder, manifest, closing) as session``.

    Parameters
    ----------
    folder : output folder; made if absent
    manifest : what the manifest says besides its files; "fingerprint", "configuration" and
        "folders", those that may stay empty, tell one export from another
    closing : makes the small files that are written last, from the records of all others
    overwrite : replace another export that stands there (only the files its manifest owns)

    Raises
    ------
    OutputError
        On entering: the folder holds something else or another export, cannot be written, or is in
        use by another run.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Mapping[str, Any],
        closing: Closing,
        *,
        overwrite: bool = False,
    ) -> None:
        self.folder = folder
        self._manifest = manifest
        self._closing = closing
        self._head = head_from(manifest)
        self._session = OutputSession(folder, EXPORT, self._head, overwrite=overwrite)

    def __enter__(self) -> Self:
        """Lock the folder and find what an earlier run finished."""
        self._session.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing but finished files and the journal, and unlock."""
        self._session.__exit__(kind, error, trace)

    @property
    def records(self) -> Mapping[str, FileRecord]:
        """The files that are in their places, whole."""
        return self._session.records

    def is_made(self, task: Block) -> bool:
        """Tell whether all files of a block are in their places, whole."""
        return all(file in self.records for file in task.files)

    @property
    def was_complete(self) -> bool:
        """Whether the finished export stood there when it was entered."""
        return self._session.was_complete

    def begin(self, files: Iterable[str]) -> None:
        """Start the journal and make the folders of all files to come.

        Raises
        ------
        OutputError
            A file that is not this export's stands where one is to go.
        """
        files = list(files)
        self._session.make_way(files)
        self._session.start()
        parents = (str(Path(file).parent) for file in files)
        self._session.make_folders({*parents, *self._head.folders})

    def record(self, made: Made) -> None:
        """Note the files of a finished block in the journal, then move them into place."""
        block, records = made
        self._session.record(records)
        self._session.move_from(_work_folder(self.folder, block), records)

    def finish(self) -> None:
        """Write the manifest over everything recorded, unless all of it stood there before."""
        if self.was_complete:
            return
        self._close()
        for parent in {Path(file).parent for file in self.records}:
            sync_folder(self.folder / parent)
        files = {
            SUMS_NAME: render_sums(self.records),
            MANIFEST_NAME: render_manifest(self._manifest, self.records),
        }
        self._session.finish(files)

    def _close(self) -> None:
        """Write the small files that are made of all others, if there are any."""
        files = self._closing(self.records)
        if not files:
            return
        self._session.make_way(files)

        def write(work: Path) -> None:
            for file, content in files.items():
                (work / file).write_bytes(content)

        self.record(make_block(Block("closing", tuple(files), 0, write), self.folder))


def make_block(block: Block, folder: Path) -> Made:
    """Write a block's files below the folder's work folder and sync them; runs in a worker.

    Raises
    ------
    OutputError
        A file cannot be written.
    """
    with as_output_error(folder):
        work = _work_folder(folder, block)
        shutil.rmtree(work, ignore_errors=True)
        for parent in {(work / file).parent for file in block.files}:
            parent.mkdir(parents=True, exist_ok=True)
        block.write(work)
        paths = [work / file for file in block.files]
        with ThreadPoolExecutor(SYNC_THREADS) as pool:
            for _ in pool.map(sync_file, paths):
                pass
        records = [FileRecord(*hash_file(path)) for path in paths]
    return block, dict(zip(block.files, records, strict=True))


def _work_folder(folder: Path, block: Block) -> Path:
    return place_in(folder, f"{WORK_NAME}/{block.name}")
