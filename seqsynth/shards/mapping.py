"""Read access to the datasets of one shard file: memory-mapped where contiguous, else by h5py."""

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seqsynth.errors import ShardError
from seqsynth.shards.schema import FORMAT, Array, check_arrays, check_version

FRAMES = ("blended", "transmission", "reflection")


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

    Raises
    ------
    ShardError
        The file is missing, torn, of a newer version, or breaks the schema.
    """

    def __init__(self, path: Path) -> None:
        try:
            # Locking as h5py has it by default: HDF5 refuses to open a file twice in one process
            # with different settings, and users open shards themselves beside us.
            self._file = h5py.File(path, "r")
        except FileNotFoundError:
            raise ShardError(f"{path}: the file is missing") from None
        except OSError as error:
            raise ShardError(f"{path} is torn or no HDF5 file; run seqsynth verify") from error
        try:
            self._read_head(path)
            self.arrays = self._map(path)
        except (KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            self._file.close()
            raise ShardError(f"{path} is damaged ({error}); run seqsynth verify") from error
        except BaseException:
            self._file.close()
            raise
        self.shapes = self._frame_shapes()
        if all(isinstance(array, np.ndarray) for array in self.arrays.values()):
            self._file.close()

    def parameters(self, row: int) -> dict[str, float]:
        """Return the blend's numbers of a sequence, by name."""
        values = self.arrays["parameters"][row].tolist()
        return dict(zip(self.parameter_names, values, strict=True))

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def _read_head(self, path: Path) -> None:
        attributes = self._file.attrs
        if attributes.get("format") != FORMAT:
            raise ShardError(f"{path} is an HDF5 file but no {FORMAT}")
        check_version(attributes.get("schema_version"), path)
        self.layout = str(attributes.get("layout"))
        self.attributes: Mapping[str, Any] = dict(attributes)
        datasets = dict(self._file.items())
        try:
            check_arrays(self.layout, {k: Array(v.shape[1:], v.dtype) for k, v in datasets.items()})
        except ShardError as error:
            raise ShardError(f"{path}: {error}") from None
        if self.layout == "layers" and "window" not in attributes:
            raise ShardError(f"{path}: attribute 'window' is missing; layout layers needs it")
        self.parameter_names = _parameter_names(datasets.get("parameters"), path)

    def _frame_shapes(self) -> dict[str, tuple[int, int, int, int]]:
        if self.layout == "views":
            return {name: self.arrays[name].shape[1:] for name in FRAMES if name in self.arrays}
        height, width = (int(side) for side in self.attributes["window"])
        views = self.arrays["attenuation"].shape[1]
        return dict.fromkeys(FRAMES, (views, height, width, 3))

    def _map(self, path: Path) -> dict[str, Any]:
        if not any(dataset.chunks is None and dataset.size for dataset in self._file.values()):
            return dict(self._file.items())
        with path.open("rb") as stream:
            memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return {name: _mapped(dataset, memory) for name, dataset in self._file.items()}


def _parameter_names(parameters: h5py.Dataset | None, path: Path) -> tuple[str, ...]:
    if parameters is None:
        return ()
    names = tuple(name.decode() for name in parameters.attrs.get("names", ()))
    if len(names) != parameters.shape[1]:
        raise ShardError(f"{path}: attribute 'names' of parameters does not name every column")
    return names


def _mapped(dataset: h5py.Dataset, memory: mmap.mmap) -> Any:
    """Return a contiguous dataset as a view of the mapped file, another as it is."""
    offset = dataset.id.get_offset()
    if dataset.chunks is not None or offset is None:
        return dataset
    if offset + dataset.nbytes > len(memory):
        raise ShardError(f"{dataset.file.filename} is truncated; run seqsynth verify")
    flat = np.frombuffer(memory, dataset.dtype, count=dataset.size, offset=offset)
    return flat.reshape(dataset.shape)
