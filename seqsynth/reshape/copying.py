"""Write a shard from sequences of others, as they are stored: nothing is decoded or blended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seqsynth.errors import ShardError
from seqsynth.files import hash_file
from seqsynth.shards.forms import ShardForm, array_of
from seqsynth.shards.index import Location, ShardEntry, shard_file
from seqsynth.shards.making import SetHead, ShardContent, make_shard, plan_shard
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.writer import ShardPlan


@dataclass(frozen=True)
class Run:
    """Sequences of one shard that are copied one after the other.

    Attributes
    ----------
    location, entry : the shard; its details are left out
    rows : their numbers in it
    """

    location: Location
    entry: ShardEntry
    rows: tuple[int, ...]


@dataclass(frozen=True)
class CopyTask:
    """One shard to be made.

    Attributes
    ----------
    file, split, first : as in the new set
    form : of all its sequences
    text_bytes : dataset -> length of its texts
    runs : the sequences, in order
    names : their names in the new set, where they are stored
    described : what its index records of each
    nbytes : bytes the shard takes at the least; 0 where it is compressed
    """

    file: str
    split: str
    first: int
    form: ShardForm
    text_bytes: Mapping[str, int]
    runs: tuple[Run, ...]
    names: tuple[str, ...]
    described: tuple[Mapping[str, Any], ...]
    nbytes: int

    @property
    def count(self) -> int:
        """Number of sequences."""
        return len(self.described)


def copy_shard(head: SetHead, task: CopyTask, out: Path) -> ShardEntry:
    """Write one shard and return its index entry; runs in a worker.

    Raises
    ------
    ShardError
        A shard copied from is damaged.
    OutputError
        The shard cannot be written; nothing of it is left behind.
    """
    for run in task.runs:
        check_whole(run.location, run.entry)
    plan = shard_plan(head, task, out)

    def fill(datasets: Mapping[str, h5py.Dataset]) -> None:
        written = 0
        for block in _blocks(task, plan.block):
            for name, dataset in datasets.items():
                _copy(name, block, dataset, written, task)
            written += len(block)

    return make_shard(plan, task, fill, lambda: {"sequences": list(task.described)})


def shard_plan(head: SetHead, task: CopyTask, out: Path) -> ShardPlan:
    """Return what the writer must know of a shard."""
    views, height, width = task.form.window
    arrays = {
        name: array_of(shape, dtype, task.text_bytes.get(name, 0))
        for name, shape, dtype in task.form.arrays
    }
    form = task.form
    content = ShardContent(arrays, views, (height, width), form.parameter_names, form.compression)
    return plan_shard(head, task, content, out)


def check_whole(location: Location, entry: ShardEntry) -> None:
    """Hold a shard against its hash: a copy of a damaged one would pass for sound.

    Raises
    ------
    ShardError
        It differs from what its index says.
    """
    path = shard_file(location, entry)
    try:
        found = _hash_once(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ShardError(f"{path}: cannot be read ({error.strerror})") from error
    if found != (entry.bytes, entry.sha256):
        raise ShardError(
            f"{path} is not the file that its index describes: it was changed or "
            "damaged; run seqsynth verify"
        )


@lru_cache(maxsize=4096)
def _hash_once(path: Path, changed_ns: int) -> tuple[int, str]:
    """Hash a file once per process, since several shards may be copied from it."""
    return hash_file(path)


Place = tuple[MappedShard, int]
"""An open shard and the row of a sequence in it."""


def _blocks(task: CopyTask, size: int) -> Iterator[list[Place]]:
    """Yield the sequences in blocks; a shard stays open while its rows follow one another."""
    block: list[Place] = []
    for run in task.runs:
        shard = MappedShard(shard_file(run.location, run.entry))
        for row in run.rows:
            block.append((shard, row))
            if len(block) == size:
                yield block
                block = []
    if block:
        yield block


def _copy(
    name: str, block: Sequence[Place], dataset: h5py.Dataset, start: int, task: CopyTask
) -> None:
    if dataset.chunks is not None:
        for place, (shard, row) in enumerate(block, start):
            _copy_chunk(shard.arrays[name], row, dataset, place)
        return
    stop = start + len(block)
    if name == "name":
        dataset[start:stop] = np.array([n.encode() for n in task.names[start:stop]], dataset.dtype)
        return
    rows = np.empty((len(block), *dataset.shape[1:]), dataset.dtype)
    for place, (shard, row) in enumerate(block):
        rows[place] = shard.arrays[name][row]
    dataset[start:stop] = rows


def _copy_chunk(source: h5py.Dataset, row: int, target: h5py.Dataset, place: int) -> None:
    """Copy one sequence of a packed dataset, packed as it is."""
    rest = (0,) * (len(source.shape) - 1)
    mask, packed = source.id.read_direct_chunk((row, *rest))
    target.id.write_direct_chunk((place, *rest), packed, mask)
