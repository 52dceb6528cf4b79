"""The unit of work of an export: files that are made together, by one worker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from seqsynth.files import json_text
from seqsynth.output.kind import FileRecord

T = TypeVar("T")

BLOCK_BYTES = 32 * 2**20
"""Pixels of a block of pictures: some 200 of 224x224, about a second of work."""


@dataclass(frozen=True)
class Block:
    """Files that are made together.

    Attributes
    ----------
    name : unique in its export
    files : paths relative to the export's folder, all that ``write`` makes
    sequences : how many sequences they are made from
    write : writes all files below a folder whose subfolders are there; may be pickled
    nbytes : bytes its files take at the least; 0 where pictures are packed
    """

    name: str
    files: tuple[str, ...]
    sequences: int
    write: Callable[[Path], None]
    nbytes: int = 0


@dataclass(frozen=True)
class LeftOut:
    """A sample that the layout cannot hold, and why."""

    name: str
    view: int | None
    reason: str


Closing = Callable[[Mapping[str, FileRecord]], Mapping[str, bytes]]
"""Small files that are written last, from the records of all others: path -> content."""


def no_closing(records: Mapping[str, FileRecord]) -> Mapping[str, bytes]:
    """Write nothing last."""
    return {}


@dataclass(frozen=True)
class LayoutPlan:
    """What a layout will write.

    Attributes
    ----------
    blocks : the work
    samples : where -> how many samples lie there
    left_out : what does not, and why
    folders : folders a loader wants even where they stay empty
    closing : makes the small files that are written last
    """

    blocks: tuple[Block, ...]
    samples: Mapping[str, int]
    left_out: tuple[LeftOut, ...] = ()
    folders: tuple[str, ...] = ()
    closing: Closing = field(default=no_closing)


def divide(items: Sequence[T], nbytes: Callable[[T], int], most: int) -> Iterator[Sequence[T]]:
    """Cut a list into runs of at most ``most`` bytes, and at least one item, each."""
    start = taken = 0
    for place, item in enumerate(items):
        size = nbytes(item)
        if place > start and taken + size > most:
            yield items[start:place]
            start, taken = place, 0
        taken += size
    if items:
        yield items[start:]


def divide_work(items: Sequence[T], nbytes: Callable[[T], int]) -> Iterator[Sequence[T]]:
    """Cut a list into blocks of pictures."""
    return divide(items, nbytes, BLOCK_BYTES)


def json_bytes(document: Mapping[str, object]) -> bytes:
    """Return a document as JSON, the same bytes for the same content."""
    return json_text(document).encode()
