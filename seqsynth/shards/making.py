"""Make the shards of a set: what all its makers have in common, whatever their sequences are."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import joblib

from seqsynth.config import RunConfig
from seqsynth.engine import run_tasks
from seqsynth.output.disk import as_output_error
from seqsynth.output.making import Making
from seqsynth.shards.folder import shard_name
from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.record import ENTRY_ATTRIBUTE, INDEX_ATTRIBUTE, record_of_shard
from seqsynth.shards.schema import Array
from seqsynth.shards.session import WriteSession
from seqsynth.shards.writer import Fill, ShardPlan, write_filled

Item = TypeVar("Item")


@dataclass(frozen=True)
class ShardGroup(Generic[Item]):
    """Sequences that may share a shard: of one split, with the same datasets.

    Attributes
    ----------
    split : "train", "val" or "test"
    items : what each sequence is made from
    nbytes : of one sequence, uncompressed
    compression : of their shards
    """

    split: str
    items: Sequence[Item]
    nbytes: int
    compression: str


@dataclass(frozen=True)
class ShardTask(Generic[Item]):
    """One shard to be made: everything a worker needs to know of it, and no more.

    Attributes
    ----------
    file : name of the shard
    split : of all its sequences
    first : number of its first sequence within the split
    items : what each of its sequences is made from
    nbytes : bytes the shard takes at the least; 0 where it is compressed
    """

    file: str
    split: str
    first: int
    items: Sequence[Item]
    nbytes: int = 0

    @property
    def count(self) -> int:
        """Number of sequences."""
        return len(self.items)


Cut = Callable[[int, int], Sequence[int]]
"""Cuts so many sequences into shards that hold so many: where each starts, and the end."""


def cut_evenly(count: int, capacity: int) -> Sequence[int]:
    """Cut into the fewest shards of nearly equal size."""
    shards = -(-count // capacity)
    return [count * number // shards for number in range(shards + 1)] if shards else [0]


def cut_full(count: int, capacity: int) -> Sequence[int]:
    """Cut into full shards and one of the rest."""
    return [*range(0, count, capacity), count]


def divide(
    groups: Iterable[ShardGroup[Item]], shard_size: int, cut: Cut
) -> Iterator[ShardTask[Item]]:
    """Divide sequences into shards of at most ``shard_size`` bytes and at least one sequence.

    Parameters
    ----------
    groups : in the order the set is to have; shards and sequences are numbered by split
    """
    numbers: dict[str, int] = {}
    firsts: dict[str, int] = {}
    for group in groups:
        bounds = cut(len(group.items), max(1, shard_size // max(1, group.nbytes)))
        for start, stop in pairwise(bounds):
            split = group.split
            number, first = numbers.get(split, 0), firsts.get(split, 0)
            nbytes = (stop - start) * group.nbytes if group.compression == "none" else 0
            items = group.items[start:stop]
            yield ShardTask(shard_name(split, number), split, first, items, nbytes)
            numbers[split], firsts[split] = number + 1, first + stop - start


@dataclass(frozen=True)
class SetHead:
    """What every shard states of its set."""

    kind: str
    layout: str
    fingerprint: str
    record: str = ""

    @classmethod
    def of(cls, index: ShardIndex, record: str = "") -> Self:
        """Return the head of an index's shards, which carry a record of it (`record_of_set`)."""
        return cls(index.kind, index.layout, index.fingerprint, record)


class ShardToMake(Protocol):
    """A task as a set's makers know it; more than this is its maker's business."""

    @property
    def file(self) -> str:
        """Name of the shard file."""

    @property
    def split(self) -> str:
        """Split of all its sequences."""

    @property
    def first(self) -> int:
        """Number of its first sequence within the split."""

    @property
    def count(self) -> int:
        """Number of its sequences."""

    @property
    def nbytes(self) -> int:
        """Bytes the shard takes at the least; 0 where it is compressed."""


Task = TypeVar("Task", bound=ShardToMake)


@dataclass(frozen=True)
class ShardContent:
    """What the sequences of a shard are.

    Attributes
    ----------
    arrays : dataset name -> shape of one sequence's value and dtype
    views : number of each sequence's views
    window : height and width of a view, px
    parameter_names : names of the columns of the dataset "parameters"
    compression : "none", "gzip" or "zstd"
    """

    arrays: Mapping[str, Array]
    views: int
    window: tuple[int, int]
    parameter_names: tuple[str, ...] = ()
    compression: str = "none"


def plan_shard(head: SetHead, task: ShardToMake, content: ShardContent, out: Path) -> ShardPlan:
    """Return what the writer must know of a shard in a folder."""
    return ShardPlan(
        path=out / task.file,
        layout=head.layout,
        count=task.count,
        arrays=content.arrays,
        attributes={
            "kind": head.kind,
            "split": task.split,
            "first": task.first,
            "fingerprint": head.fingerprint,
            "views": content.views,
            "window": content.window,
        },
        parameter_names=content.parameter_names,
        compression=content.compression,
        record=head.record,
    )


def make_shard(
    plan: ShardPlan, task: ShardToMake, fill: Fill, details: Callable[[], Mapping[str, Any]]
) -> ShardEntry:
    """Write one shard and return its index entry; runs in a worker.

    Parameters
    ----------
    fill : writes the sequences (see `from_records`)
    details : says what the index records of the shard, once it is written

    Raises
    ------
    OutputError
        The shard cannot be written; nothing of it is left behind.
    SeqsynthError
        Whatever ``fill`` raises.
    """
    told: dict[str, Any] = {}

    def carried() -> Mapping[str, str]:
        told.update(details())
        if not plan.record:
            return {}
        own = record_of_shard(task.file, task.split, task.count, told)
        return {INDEX_ATTRIBUTE: plan.record, ENTRY_ATTRIBUTE: own}

    with as_output_error(plan.path):
        size, digest = write_filled(plan, fill, carried)
    return ShardEntry(task.file, task.split, task.count, size, digest, told)


Task_co = TypeVar("Task_co", bound=ShardToMake, covariant=True)


class SetPlan(Protocol[Task_co]):
    """What will be written, decided before anything is."""

    @property
    def index(self) -> ShardIndex:
        """The index to be, its shards left out."""

    @property
    def tasks(self) -> Sequence[Task_co]:
        """One task a shard, in the index's order."""


class ShardMaking(Generic[Task]):
    """The making of one shard set: enter it, iterate over it, take its ``index``.

    Parameters
    ----------
    plan : what to make
    make : makes one task's shard in a folder; may be pickled
    out : output folder
    run : how to run it
    advice : what would help where there is too little room
    overwrite : replace another shard set that stands there

    Raises
    ------
    OutputError, ShardError
        On entering: the output folder cannot be used (see `WriteSession`).
    SeqsynthError
        On iterating: there is too little room, a shard cannot be written, or whatever ``make``
        raises.
    """

    def __init__(
        self,
        plan: SetPlan[Task],
        make: Callable[[Task, Path], ShardEntry],
        out: Path,
        run: RunConfig,
        *,
        advice: str,
        overwrite: bool = False,
    ) -> None:
        self._session = WriteSession(out, plan.index, overwrite=overwrite)
        self._files = [task.file for task in plan.tasks]

        def make_all(missing: Sequence[Task]) -> Iterator[ShardEntry]:
            call = joblib.delayed(make)
            return run_tasks([call(task, out) for task in missing], run)

        self._making = Making(self._session, plan.tasks, make_all, advice=advice)

    def __enter__(self) -> Self:
        """Lock the output folder and find what an earlier run finished."""
        self._making.__enter__()
        self._session.plan(self._files)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the work, leave finished shards readable and nothing half-made, and unlock."""
        self._making.__exit__(kind, error, trace)

    @property
    def index(self) -> ShardIndex:
        """The index: once iteration has ended, the finished one."""
        return self._session.index

    @property
    def finished(self) -> int:
        """Number of sequences in finished shards, those of earlier runs included."""
        return sum(entry.count for entry in self._session.finished.values())

    def __iter__(self) -> Iterator[ShardEntry]:
        """Make the missing shards, yielding each as it is finished; then write the index."""
        return iter(self._making)
