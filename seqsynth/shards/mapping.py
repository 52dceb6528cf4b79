"""Read access to the datasets of one shard file: memory-mapped where contiguous, else by h5py."""

import math
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seqsynth.errors import ShardError
from seqsynth.shards.container import named_failures, offset_of, own_datasets
from seqsynth.shards.heaps import sound_attributes
from seqsynth.shards.opening import open_hdf5
from seqsynth.shards.schema import (
    FORMAT,
    Array,
    check_arrays,
    check_version,
    check_window,
    checked_attributes,
    checked_number,
    decoded,
)

FRAMES = ("blended", "transmission", "reflection")


Places = tuple[tuple[str, np.dtype[Any], tuple[int, ...], int], ...]
"""Name, type, shape and offset in the file of every dataset of a shard."""


@dataclass(frozen=True)
class Head:
    """What it takes to map a shard again without HDF5, which takes far longer.

    Attributes
    ----------
    stamp : identity, size and time of the file, which tell whether it still is the same
    attributes, parameter_names, places : as HDF5 gave them
    """

    stamp: tuple[int, ...]
    attributes: Mapping[str, Any]
    parameter_names: tuple[str, ...]
    places: Places


class MappedShard:
    """The datasets of an open shard, each indexable by sequence number along its first axis.

    Contiguous datasets are views of one read-only memory map, so that a crop reads only its own
    pages and a fork shares them; compressed ones stay h5py datasets.

    Attributes
    ----------
    arrays : dataset name -> memory-mapped array or h5py dataset
    layout : "layers" or "views"
    shapes : kind of frame -> (V, H, W, 3), for the kinds its sequences have
    parameter_names : names of the columns of the dataset "parameters"
    head : to open the same file again; None where a dataset is compressed

    Parameters
    ----------
    path : the file
    head : of an earlier opening; one of a file that was changed since does not count

    Raises
    ------
    ShardError
        The file is missing, torn, of a newer version, or breaks the schema.
    """

    attributes: Mapping[str, Any]

    def __init__(self, path: Path, head: Head | None = None) -> None:
        self.head = head if head is not None and head.stamp == _stamp(path) else None
        if self.head is None:
            self._open(path)
        else:
            self._take_over(self.head)
            self.arrays = _map_places(path, self.head.places)
        self.shapes = self._frame_shapes()

    def _open(self, path: Path) -> None:
        self._file = open_hdf5(path)
        try:
            with named_failures(path):
                datasets = own_datasets(self._file, path)
                self._read_head(path, datasets)
                self.arrays = self._map(path, datasets)
        except BaseException:
            self._file.close()
            raise
        if self.head is not None:
            self._file.close()

    def _take_over(self, head: Head) -> None:
        self.attributes = head.attributes
        self.layout = str(head.attributes["layout"])
        self.parameter_names = head.parameter_names

    def parameters(self, row: int) -> dict[str, float]:
        """Return the blend's numbers of a sequence, by name; none where its format has none."""
        if not self.parameter_names:
            return {}
        values = [checked_number(v, "parameters", row) for v in self.arrays["parameters"][row]]
        return dict(zip(self.parameter_names, values, strict=True))

    def number(self, name: str, row: int) -> float:
        """Return the number of a sequence in a dataset of numbers.

        Raises
        ------
        ShardError
            It is none, or beyond what any setting may be.
        """
        return checked_number(self.arrays[name][row], name, row)

    def texts(self, name: str, row: int) -> tuple[str, ...]:
        """Return the texts of a sequence in a dataset of texts: one, or one a column.

        Raises
        ------
        ShardError
            One is not UTF-8.
        """
        value = self.arrays[name][row]
        columns = value.tolist() if np.ndim(value) else [value]
        return tuple(decoded(bytes(text), name, row) for text in columns)

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def _read_head(self, path: Path, datasets: Mapping[str, h5py.Dataset]) -> None:
        attributes = sound_attributes(self._file, path)
        if not _is_text(attributes.get("format"), FORMAT):
            raise ShardError(f"{path} is an HDF5 file but no {FORMAT}")
        version = attributes.get("schema_version")
        check_version(version, path)
        try:
            self.attributes = checked_attributes(attributes)
            self.layout = str(self.attributes["layout"])
            arrays = {k: Array(v.shape[1:], v.dtype) for k, v in datasets.items()}
            check_arrays(self.layout, arrays, int(version))
            check_window(self.attributes.get("window"), arrays)
        except ShardError as error:
            raise ShardError(f"{path}: {error}") from None
        self.parameter_names = _parameter_names(datasets.get("parameters"), path)

    def _frame_shapes(self) -> dict[str, tuple[int, int, int, int]]:
        if self.layout == "views":
            return {name: self.arrays[name].shape[1:] for name in FRAMES if name in self.arrays}
        height, width = (int(side) for side in self.attributes["window"])
        views = self.arrays["transmission_origin"].shape[1]
        return dict.fromkeys(FRAMES, (views, height, width, 3))

    def _map(self, path: Path, datasets: Mapping[str, h5py.Dataset]) -> dict[str, Any]:
        stamp = _stamp(path)
        places = _one(
            tuple(
                (name, dataset.dtype, dataset.shape, offset)
                for name, dataset in datasets.items()
                if (offset := offset_of(dataset)) is not None
            )
        )
        arrays = {**datasets, **(_map_places(path, places) if places else {})}
        if len(places) == len(datasets):
            self.head = Head(stamp, self.attributes, self.parameter_names, places)
        return arrays


def _is_text(found: Any, wanted: str) -> bool:
    """Compare an attribute, which may be of any type and shape, with a text."""
    return isinstance(found, str) and found == wanted


def _parameter_names(parameters: h5py.Dataset | None, path: Path) -> tuple[str, ...]:
    if parameters is None:
        return ()
    with named_failures(path):
        names = tuple(bytes(name).decode() for name in parameters.attrs.get("names", ()))
    if len(set(names)) != parameters.shape[1]:
        raise ShardError(f"{path}: attribute 'names' of parameters does not name every column")
    return names


def _map_places(path: Path, places: Places) -> dict[str, Any]:
    """Return contiguous datasets as views of the mapped file."""
    try:
        with path.open("rb") as stream:
            memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ShardError(f"{path}: cannot be read ({error.strerror})") from error
    arrays = {}
    for name, dtype, shape, offset in places:
        count = math.prod(shape)
        if offset + count * dtype.itemsize > len(memory):
            raise ShardError(f"{path} is truncated; run seqsynth verify")
        arrays[name] = np.frombuffer(memory, dtype, count=count, offset=offset).reshape(shape)
    return arrays


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what tells a file from another of its name; () where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=1024)
def _one(places: Places) -> Places:
    """Return equal places as one object: thousands of shards have the same."""
    return places
