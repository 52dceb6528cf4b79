"""What lies in a shard's HDF5 file: nothing but its own bytes is ever read.

HDF5 can take the values of a dataset from elsewhere: from raw files (external storage), from other
HDF5 files (external links, virtual datasets). A shard that does so would have whoever reads it
publish files of theirs, and its sha256 would say nothing of its pictures.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from seqsynth.errors import ShardError

FAILURES = (
    ArithmeticError,
    AttributeError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What h5py raises, as it comes, where a file's structures are damaged or made up."""

_LINKS = {
    h5py.SoftLink: "a soft link",
    h5py.ExternalLink: "a link to another file",
}


@contextmanager
def named_failures(path: Path) -> Iterator[None]:
    """Turn whatever HDF5 makes of a damaged file into one sentence that names it.

    Raises
    ------
    ShardError
        Something in the file cannot be read; one raised within passes as it is.
    """
    try:
        yield
    except ShardError:
        raise
    except FAILURES as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ShardError(f"{path} is damaged ({reason}); run seqsynth verify") from error


def own_datasets(file: h5py.File, path: Path) -> dict[str, h5py.Dataset]:
    """Return the datasets at the top of a file, by name; no link is followed before it is known.

    Raises
    ------
    ShardError
        Something there is no dataset, or does not lie, whole, in this very file.
    """
    datasets = {}
    for name in file:
        link = file.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            kind = _LINKS.get(type(link), "a link")
            raise ShardError(f"{path}: {name!r} is {kind}; a dataset of this file is wanted")
        item = file[name]
        if not isinstance(item, h5py.Dataset):
            raise ShardError(f"{path}: {name!r} is no dataset; remove it")
        if fault := _storage_fault(item):
            raise ShardError(f"{path}: dataset {name!r} {fault}; write its values into this file")
        datasets[name] = item
    return datasets


def offset_of(dataset: h5py.Dataset) -> int | None:
    """Return where a contiguous dataset lies in its file, None for another or an empty one."""
    return None if dataset.chunks is not None else dataset.id.get_offset()


def _storage_fault(dataset: h5py.Dataset) -> str:
    """Say where a dataset's values lie if not, all of them, in its own file; else ""."""
    created = dataset.id.get_create_plist()
    layout = created.get_layout()
    if layout == h5py.h5d.VIRTUAL:
        return "is virtual, a view of other files"
    if created.get_external_count():
        return "keeps its values in another file"
    if layout not in (h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
        return "is stored compact; contiguous or chunked is specified"
    if not dataset.size:
        return ""
    if layout == h5py.h5d.CONTIGUOUS:
        return "holds no values" if offset_of(dataset) is None else ""
    wanted = math.prod(-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True))
    found = dataset.id.get_num_chunks()
    return "" if found == wanted else f"holds {found} of its {wanted} chunks"
