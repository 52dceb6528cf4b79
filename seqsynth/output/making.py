"""Do what is missing of an output: take up, check the room, record, finish, stop cleanly."""

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from seqsynth.output.disk import as_output_error, check_room

Task_contra = TypeVar("Task_contra", contravariant=True)
Made_contra = TypeVar("Made_contra", contravariant=True)


class Task(Protocol):
    """A piece of the work, made by one worker."""

    @property
    def nbytes(self) -> int:
        """Bytes its files take at the least; 0 where what packs them decides."""


class Session(Protocol[Task_contra, Made_contra]):
    """The session of a kind of output, entered and left by a `Making`."""

    folder: Path

    def __enter__(self) -> Self:
        """Lock the folder and find what an earlier run finished."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing half-made, and unlock."""

    def is_made(self, task: Task_contra) -> bool:
        """Tell whether all files of a task are in their places, whole."""

    def record(self, made: Made_contra) -> None:
        """Note what a worker has made."""

    def finish(self) -> object:
        """Write what says that all is there."""


T = TypeVar("T", bound=Task)
M = TypeVar("M")


class Making(Generic[T, M]):
    """The making of one output: enter it, iterate over it.

    Parameters
    ----------
    session : of the output folder
    tasks : all of the work, in order
    make : does the tasks it is given, in any order, yielding what each has made
    advice : what would help where there is too little room

    Raises
    ------
    SeqsynthError
        On entering: the output folder cannot be used (see `OutputSession`). On iterating: there is
        too little room, a file cannot be written, or whatever ``make`` raises.
    """

    def __init__(
        self,
        session: Session[T, M],
        tasks: Sequence[T],
        make: Callable[[Sequence[T]], Iterator[M]],
        *,
        advice: str,
    ) -> None:
        self._session = session
        self._tasks = tasks
        self._make = make
        self._advice = advice
        self._work: Generator[M] | None = None

    def __enter__(self) -> Self:
        """Lock the output folder and find what an earlier run finished."""
        with as_output_error(self._session.folder):
            self._session.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the work, leave finished files usable and nothing half-made, and unlock."""
        try:
            if self._work is not None:
                self._work.close()
        finally:
            self._session.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[M]:
        """Do what is missing, yielding each piece as it is finished; then say that all is there."""
        self._work = self._run()
        return self._work

    def done(self) -> Iterator[T]:
        """Yield the tasks whose files are all there, those of earlier runs included."""
        return filter(self._session.is_made, self._tasks)

    def _run(self) -> Generator[M]:
        out = self._session.folder
        missing = [task for task in self._tasks if not self._session.is_made(task)]
        with as_output_error(out):
            check_room(sum(task.nbytes for task in missing), out, self._advice)
        for made in self._make(missing):
            with as_output_error(out):
                self._session.record(made)
            yield made
        with as_output_error(out):
            self._session.finish()
