"""Make the shards of a set that are missing: lock, resume, record, finish, leave nothing torn."""

import errno
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from seqsynth.errors import OutputError, SeqsynthError
from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.session import JOURNAL_NAME, WriteSession, remove_partials
from seqsynth.shards.writer import reason_of


class ShardTask(Protocol):
    """One shard to be made; more than its file name is its maker's business."""

    @property
    def file(self) -> str:
        """Name of the shard file."""


Task = TypeVar("Task", bound=ShardTask)

Make = Callable[[Sequence[Task]], Iterator[ShardEntry]]
"""Makes the shards of the tasks it is given, in any order, yielding each entry once it is there."""


class ShardMaking(Generic[Task]):
    """The making of one shard set: enter it, iterate over it, take its ``index``.

    Parameters
    ----------
    index : the index to be, its shards left out
    tasks : one a shard, in the index's order
    make : makes the missing ones
    out : output folder
    overwrite : replace another shard set that stands there

    Attributes
    ----------
    index : the finished index, once iteration has ended

    Raises
    ------
    OutputError, ShardError
        On entering: the output folder cannot be used (see `WriteSession`).
    """

    def __init__(
        self,
        index: ShardIndex,
        tasks: Sequence[Task],
        make: Make[Task],
        out: Path,
        *,
        overwrite: bool = False,
    ) -> None:
        self.index = index
        self._tasks = tasks
        self._make = make
        self._out = out
        self._session = WriteSession(out, index, overwrite=overwrite)
        self._work: Generator[ShardEntry] | None = None

    def __enter__(self) -> Self:
        """Lock the output folder and find what an earlier run finished."""
        with as_output_error(self._out):
            self._session.__enter__()
        missing = set(self._session.plan([task.file for task in self._tasks]))
        self._tasks = [task for task in self._tasks if task.file in missing]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the work, leave finished shards readable and nothing half-made, and unlock."""
        if self._work is not None:
            self._work.close()
        if error is not None:
            self._clear_up()
        self._session.__exit__(kind, error, trace)

    @property
    def finished(self) -> int:
        """Number of sequences in finished shards, those of earlier runs included."""
        return sum(entry.count for entry in self._session.finished.values())

    def __iter__(self) -> Iterator[ShardEntry]:
        """Make the missing shards, yielding each as it is finished; then write the index."""
        self._work = self._run()
        return self._work

    def _run(self) -> Generator[ShardEntry]:
        for entry in self._make(self._tasks):
            with as_output_error(self._out):
                self._session.record(entry)
            yield entry
        with as_output_error(self._out):
            self.index = self._session.finish()

    def _clear_up(self) -> None:
        remove_partials(self._out)  # of workers that were stopped in the act
        if not self._session.finished:
            # Nothing was made, so the folder is as free for another configuration as before.
            (self._out / JOURNAL_NAME).unlink(missing_ok=True)


def check_room(needed: int, out: Path, advice: str) -> None:
    """Refuse a work whose ``needed`` bytes do not fit the disk of ``out``.

    Raises
    ------
    OutputError
        There is less room; ``advice`` says what would help.
    """
    free = shutil.disk_usage(out).free
    if needed > free:
        raise OutputError(
            f"{out}: {needed / 2**30:.2f} GiB are needed and {free / 2**30:.2f} GiB "
            f"are free; {advice}"
        )


@contextmanager
def as_output_error(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into one sentence that names the file or folder."""
    try:
        yield
    except SeqsynthError:
        raise
    except OSError as error:
        reason = reason_of(error)
        full = reason == os.strerror(errno.ENOSPC)
        advice = "; make room and run the same command again" if full else ""
        raise OutputError(f"{path}: cannot be written ({reason}){advice}") from error
