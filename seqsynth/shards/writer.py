"""Write one shard: all of it or nothing, and the same bytes for the same sequences."""

import errno
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seqsynth.errors import ShardError
from seqsynth.files import hash_file, whole_path
from seqsynth.output.disk import wrapped_errno
from seqsynth.shards.schema import FIELDS, FORMAT, Array, check_arrays, version_of

log = logging.getLogger(__name__)

BLOCK_BYTES = 8 * 2**20
"""Sequences are written in blocks of about this size."""

OVERHEAD_BYTES = 2**20
"""Room for HDF5's own structures, and what compression may add to pictures it cannot shrink."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_LIBVER = ("v108", "v108")
"""Pinned, since newer HDF5 file versions encode the same content differently."""


@dataclass(frozen=True)
class ShardPlan:
    """Everything about a shard but its sequences.

    Attributes
    ----------
    path : final path of the file
    layout : "layers" or "views"
    count : number of sequences
    arrays : dataset name -> shape of one sequence's value and dtype
    attributes : root attributes beyond the format's own (kind, split, ...)
    parameter_names : names of the columns of the dataset "parameters"
    compression : "none", "gzip" or "zstd"
    record : what the shard carries of its set's index; "" for nothing
    """

    path: Path
    layout: str
    count: int
    arrays: Mapping[str, Array]
    attributes: Mapping[str, Any]
    parameter_names: tuple[str, ...] = ()
    compression: str = "none"
    record: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes of the sequences, uncompressed."""
        return self.count * sum(array.nbytes for array in self.arrays.values())

    @property
    def block(self) -> int:
        """Number of sequences that are written in one go."""
        each = sum(array.nbytes for array in self.arrays.values())
        return max(1, min(self.count, BLOCK_BYTES // max(1, each)))


Fill = Callable[[Mapping[str, h5py.Dataset]], None]
"""Writes the values of all sequences into the empty datasets of a shard, by name."""

Texts = Callable[[], Mapping[str, str]]
"""Returns further attributes by name, once all sequences are written."""


def write_shard(
    plan: ShardPlan, records: Iterable[Mapping[str, Any]], texts: Texts = dict
) -> tuple[int, str]:
    """Write the records under a temporary name, sync, and rename; return size and sha256.

    Parameters
    ----------
    plan : where and what
    records : ``plan.count`` mappings from dataset name to value
    texts : see `write_filled`

    Raises
    ------
    ShardError
        The plan breaks the schema, or there are fewer or more records than planned.
    OSError
        The disk is full or the folder cannot be written; nothing is left behind.
    """
    return write_filled(plan, from_records(plan, records), texts)


def from_records(plan: ShardPlan, records: Iterable[Mapping[str, Any]]) -> Fill:
    """Return what fills a shard from mappings of dataset name to value, one a sequence."""
    return lambda datasets: _fill(datasets, plan, records)


def write_filled(plan: ShardPlan, fill: Fill, texts: Texts = dict) -> tuple[int, str]:
    """Write a shard as `write_shard` does, whose datasets ``fill`` fills.

    What ``texts`` returns then becomes attributes of the root group, after all others.

    Raises
    ------
    ShardError
        The plan breaks the schema, or whatever ``fill`` raises.
    OSError
        The disk is full or the folder cannot be written; nothing is left behind.
    """
    check_arrays(plan.layout, plan.arrays)
    with whole_path(plan.path) as partial:
        # Twice: before HDF5 opens the file, where failing is harmless, and after it has emptied it.
        _reserve(partial, plan.nbytes)
        # Nobody else knows the file's name, so no lock is wanted; not every disk has them.
        how = {"libver": _LIBVER, "locking": False}
        with _system_errors(), h5py.File(partial, "w", **how) as file:
            _reserve(partial, plan.nbytes)
            fill(_create(file, plan))
            attributes = texts()
            _reserve(partial, plan.nbytes + sum(len(text.encode()) for text in attributes.values()))
            for name, text in attributes.items():
                file.attrs[name] = text
        _cut_to_content(partial)
        size, digest = hash_file(partial)
    return size, digest


def _reserve(path: Path, nbytes: int) -> None:
    """Take the room a shard will need, since HDF5 crashes the process where a disk fills up.

    Raises
    ------
    OSError
        The disk is full, or a quota or limit forbids a file of this size.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        os.posix_fallocate(descriptor, 0, nbytes + nbytes // 32 + OVERHEAD_BYTES)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        log.debug("%s: the file system reserves no room (%s)", path, error)
    finally:
        os.close(descriptor)


def _cut_to_content(path: Path) -> None:
    """Give back the reserved room that HDF5 has not used."""
    with path.open("rb") as stream:
        superblock = stream.read(36)
    # Version 2 of the superblock (see _LIBVER) keeps the end of the file's content here.
    os.truncate(path, int.from_bytes(superblock[28:], "little"))


@contextmanager
def _system_errors() -> Iterator[None]:
    """Raise what the system refused as OSError: h5py's class on closing a file is another."""
    try:
        yield
    except RuntimeError as error:
        if number := wrapped_errno(error):
            raise OSError(number, os.strerror(number)) from error
        raise


def _create(file: h5py.File, plan: ShardPlan) -> dict[str, h5py.Dataset]:
    file.attrs["format"] = FORMAT
    file.attrs["schema_version"] = version_of(plan.arrays)
    file.attrs["layout"] = plan.layout
    for name, value in plan.attributes.items():
        file.attrs[name] = value
    datasets = {}
    for name in sorted(plan.arrays):
        array = plan.arrays[name]
        packed = _filters(plan.compression, array) if FIELDS[name].layout else {}
        datasets[name] = file.create_dataset(
            name, (plan.count, *array.shape), array.dtype, track_times=False, **packed
        )
    if "parameters" in datasets:
        datasets["parameters"].attrs["names"] = np.array(plan.parameter_names, dtype="S")
    return datasets


def _filters(compression: str, array: Array) -> dict[str, Any]:
    """Return h5py's arguments: one chunk a sequence, so that a read unpacks no neighbour."""
    if compression == "none":
        return {}
    chunks = {"chunks": (1, *array.shape)}
    if compression == "gzip":
        return {**chunks, "compression": "gzip", "compression_opts": 4, "shuffle": False}
    return {**chunks, **_zstd()}


def _zstd() -> dict[str, Any]:
    try:
        import hdf5plugin  # noqa: PLC0415  # an optional extra, loaded where it is asked for
    except ImportError as error:
        raise ShardError(
            "compression zstd needs hdf5plugin; install seqsynth[zstd] or use gzip"
        ) from error
    return dict(hdf5plugin.Blosc2(cname="zstd", clevel=1, filters=hdf5plugin.Blosc2.BITSHUFFLE))


def _fill(
    datasets: Mapping[str, h5py.Dataset], plan: ShardPlan, records: Iterable[Mapping[str, Any]]
) -> None:
    """Copy the records over, a block at a time."""
    block = plan.block
    buffers = {
        name: np.empty((block, *array.shape), array.dtype) for name, array in plan.arrays.items()
    }
    written = filled = 0
    for record in records:
        if written + filled == plan.count:
            raise ShardError(f"{plan.path.name}: more sequences than the {plan.count} planned")
        _place(record, plan, buffers, filled)
        filled += 1
        if filled == block or written + filled == plan.count:
            for name, dataset in datasets.items():
                dataset[written : written + filled] = buffers[name][:filled]
            written, filled = written + filled, 0
    if written != plan.count:
        raise ShardError(f"{plan.path.name}: {written + filled} sequences for {plan.count} planned")


def _place(
    record: Mapping[str, Any], plan: ShardPlan, buffers: Mapping[str, Any], row: int
) -> None:
    for name, buffer in buffers.items():
        value = record[name]
        if name == "parameters":
            value = [value[key] for key in plan.parameter_names]
        buffer[row] = value
