"""Make a shard set safely: one writer at a time, resumable, never half-trusted.

While it is made, ``journal.jsonl`` records each finished shard with its hash; the index is written
last and the journal then removed. A run that finds a journal, or an index marked incomplete, of
the same fingerprint keeps every shard whose hash still holds and makes the others.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from seqsynth.errors import ShardError
from seqsynth.files import write_whole
from seqsynth.output.kind import Claims, Head, OutputKind
from seqsynth.output.session import OutputSession
from seqsynth.shards.folder import (
    JOURNAL_NAME,
    belongs_to_set,
    describes_set,
    is_shard_name,
    shards_of,
)
from seqsynth.shards.index import (
    INDEX_NAME,
    ShardEntry,
    ShardIndex,
    entry_document,
    entry_from_document,
    read_index,
    render,
    shard_paths,
)


class ShardFile(Protocol):
    """What the session must know of a shard to be made."""

    @property
    def file(self) -> str:
        """Name of the shard file."""


class WriteSession:
    """The making of one shard set: ``with WriteSession(folder, index) as session``.

    Parameters
    ----------
    folder : output folder; made if absent
    index : what the finished index will say, its shards left out
    overwrite : replace another shard set that stands there (only the files its index owns)

    Attributes
    ----------
    index : as far as it is written

    Raises
    ------
    OutputError
        The folder holds something else, cannot be written, or is in use by another run.
    ShardError
        A set of another configuration stands there; the difference is named.
    """

    def __init__(self, folder: Path, index: ShardIndex, *, overwrite: bool = False) -> None:
        self.folder = folder
        self.index = index
        self._order: list[str] = []
        head = Head(index.fingerprint, index.configuration)
        self._session = OutputSession(folder, SHARD_SET, head, overwrite=overwrite)

    def __enter__(self) -> Self:
        """Lock the folder and find what an earlier run finished."""
        with contextlib.ExitStack() as stack:
            session = stack.enter_context(self._session)
            if session.was_complete:
                self.index = self.index.with_shards(list(self.finished.values()), complete=True)
            else:
                session.start()
            stack.pop_all()
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
            self._session.__exit__(kind, error, trace)

    @property
    def is_complete(self) -> bool:
        """True where the finished set stood there already."""
        return self.index.complete

    @property
    def finished(self) -> Mapping[str, ShardEntry]:
        """Shard file name -> entry, for every shard that is whole."""
        return self._session.records

    def is_made(self, task: ShardFile) -> bool:
        """Tell whether a task's shard is whole."""
        return task.file in self.finished

    def plan(self, files: list[str]) -> list[str]:
        """State all shard files in their order; return those still to be made."""
        self._order = files
        return [file for file in files if file not in self.finished]

    def record(self, entry: ShardEntry) -> None:
        """Note a shard that has been written and renamed."""
        self._session.record({entry.file: entry})

    def finish(self) -> ShardIndex:
        """Write the index over all planned shards and remove the journal."""
        missing = [file for file in self._order if file not in self.finished]
        if missing:
            raise ShardError(f"{len(missing)} planned shards were not made, first {missing[0]}")
        self._write_index(complete=True)
        self._session.finish({})
        return self.index

    def _write_index(self, *, complete: bool) -> None:
        entries = [self.finished[file] for file in self._order if file in self.finished]
        self.index = self.index.with_shards(entries, complete=complete)
        write_whole(self.folder / INDEX_NAME, render(self.index))


def _finished_set(folder: Path) -> Claims[ShardEntry] | None:
    if not (folder / INDEX_NAME).exists():
        return None
    index = read_index(folder)
    head = Head(index.fingerprint, index.configuration)
    return Claims(head, {entry.file: entry for entry in index.shards}, complete=index.complete)


def _entry_of(document: Mapping[str, Any]) -> dict[str, ShardEntry]:
    entry = entry_from_document(document)
    return {entry.file: entry}


def _entries(records: Mapping[str, ShardEntry]) -> Iterator[dict[str, Any]]:
    return map(entry_document, records.values())


def _head_document(head: Head) -> dict[str, Any]:
    return {"fingerprint": head.fingerprint, "configuration": head.configuration}


def _head_of(document: Mapping[str, Any]) -> Head:
    return Head(str(document["fingerprint"]), dict(document["configuration"]))


def _refuse_foreign(folder: Path, others: list[str]) -> str:
    more = f" and {len(others) - 1} more" if others[1:] else ""
    if any(is_shard_name(name) for name in others):
        return (
            f"{folder} holds shards and no {INDEX_NAME} ({others[0]}{more}): seqsynth repair "
            f"{folder} writes it anew; to make another set, choose an empty folder"
        )
    return f"{folder} is no shard set: it holds {others[0]}{more}; choose an empty folder"


def _refuse_other(folder: Path, difference: str) -> str:
    return (
        f"{folder} holds shards of another configuration ({difference}); choose another folder, or "
        "--overwrite to replace them"
    )


def _after_torn(folder: Path) -> str:
    if (folder / INDEX_NAME).exists() or not shard_paths(folder):
        return "move it away, then run the same command again"
    return f"move it away, then seqsynth repair {folder} takes up the shards that are finished"


SHARD_SET = OutputKind(
    noun="shard set",
    journal=JOURNAL_NAME,
    closing=(INDEX_NAME,),
    work="",
    error=ShardError,
    read_finished=_finished_set,
    head_document=_head_document,
    head_of=_head_of,
    documents=_entries,
    records_of=_entry_of,
    unrecorded=shards_of,
    owns=describes_set,
    makes=belongs_to_set,
    refuse_foreign=_refuse_foreign,
    refuse_other=_refuse_other,
    unlike="other photos or sets",
    after_torn=_after_torn,
)
"""A folder of shards and their index."""
