"""Make the shards of a set that are missing: lock, resume, record, finish."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.session import WriteSession


class ShardTask(Protocol):
    """One shard to be made; more than its file name is its maker's business."""

    @property
    def file(self) -> str:
        """Name of the shard file."""


Task = TypeVar("Task", bound=ShardTask)


class ShardMaking(Generic[Task]):
    """The making of one shard set: enter it, iterate over it, take its ``index``.

    Parameters
    ----------
    index : the index to be, its shards left out
    tasks : one a shard, in the index's order
    make : makes the shards of the tasks it is given, yielding each entry as it is finished
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
        make: Callable[[Sequence[Task]], Iterator[ShardEntry]],
        out: Path,
        *,
        overwrite: bool = False,
    ) -> None:
        self.index = index
        self._tasks = tasks
        self._make = make
        self._session = WriteSession(out, index, overwrite=overwrite)

    def __enter__(self) -> Self:
        """Lock the output folder and find what an earlier run finished."""
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
        """Leave finished shards readable, and unlock."""
        self._session.__exit__(kind, error, trace)

    @property
    def finished(self) -> int:
        """Number of sequences in finished shards, those of earlier runs included."""
        return sum(entry.count for entry in self._session.finished.values())

    def __iter__(self) -> Iterator[ShardEntry]:
        """Make the missing shards, yielding each as it is finished; then write the index."""
        for entry in self._make(self._tasks):
            self._session.record(entry)
            yield entry
        self.index = self._session.finish()
