"""The heaps in which HDF5 keeps texts, looked at before HDF5 follows them.

HDF5 goes through a heap from object to object by the sizes they state. Where a block of zeros lies
over it, as a crash or a broken copy leaves behind, one states none, and HDF5 stays there for ever.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

import h5py

from seqsynth.errors import ShardError

_SIGNATURE = b"GCOL\1\0\0\0"
"""Of a global heap collection, version 1, and its reserved bytes."""

_HEAD = 16
"""Bytes of a collection's head, and of an object's: both end with a size of 8 bytes."""

_SMALLEST = 4096
"""Bytes of the smallest collection that HDF5 makes."""

Span = tuple[int, int]
"""First byte, and the one behind the last."""


def sound_attributes(file: h5py.File, path: Path) -> h5py.AttributeManager:
    """Return the attributes of an opened file, whose texts HDF5 can read to an end.

    Raises
    ------
    ShardError
        A heap is damaged.
    """
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for start, stop in _between(sorted(_values(file)), len(data)):
            for heap in _heaps(data, start, stop):
                if (fault := _fault(data, *heap)) is not None:
                    raise ShardError(
                        f"{path} is damaged (what lies at byte {fault} is no text, and does not "
                        "say where the next one is); copy it here again, or make the set anew"
                    )
    return file.attrs


def _values(file: h5py.File) -> Iterator[Span]:
    """Yield where the values of the datasets at the top of a file lie: those may hold anything."""
    for name in file:
        link = file.get(name, getlink=True)
        item = file[name] if isinstance(link, h5py.HardLink) else None
        if not isinstance(item, h5py.Dataset):
            continue
        if item.chunks is not None:
            chunks: list[h5py.h5d.StoreInfo] = []
            item.id.chunk_iter(chunks.append)
            yield from ((one.byte_offset, one.byte_offset + one.size) for one in chunks)
        elif (offset := item.id.get_offset()) is not None:
            yield offset, offset + item.nbytes


def _between(spans: list[Span], size: int) -> Iterator[Span]:
    """Yield what lies between spans, sorted by their beginnings, in a file of ``size`` bytes."""
    done = 0
    for start, stop in spans:
        if start > done:
            yield done, start
        done = max(done, stop)
    if size > done:
        yield done, size


def _heaps(data: mmap.mmap, start: int, stop: int) -> Iterator[Span]:
    """Yield the heaps that begin between two bytes."""
    place = data.find(_SIGNATURE, start, stop)
    while place >= 0:
        size = _number(data, place + 8)
        if size >= _SMALLEST and place + size <= len(data):
            yield place, place + size
        place = data.find(_SIGNATURE, place + 1, stop)


def _fault(data: mmap.mmap, start: int, stop: int) -> int | None:
    """Return where HDF5 would stand still in a heap, or leave it; None where it does neither."""
    place = start + _HEAD
    while place + _HEAD <= stop:
        number, size = int.from_bytes(data[place : place + 2], "little"), _number(data, place + 8)
        # What is free has number 0, and its size counts its head.
        step = _HEAD + -(-size // 8) * 8 if number else size
        if step == 0 or place + step > stop:
            return place
        place += step
    return None


def _number(data: mmap.mmap, place: int) -> int:
    return int.from_bytes(data[place : place + 8], "little")
