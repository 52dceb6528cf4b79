"""What sequences must share to lie in one shard: datasets, shapes, and how they are packed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqsynth.errors import ShardError
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.schema import FIELDS, Array

_FILTERS = {(): "none", (1,): "gzip", (32026,): "zstd"}
"""Numbers of the HDF5 filters of a dataset -> the compression they are."""


@dataclass(frozen=True)
class ShardForm:
    """What two sequences must share to lie in one shard.

    Attributes
    ----------
    arrays : dataset -> shape of one sequence's value and type, texts of any length
    parameter_names : columns of the dataset "parameters"
    compression : "none", "gzip" or "zstd"
    window : views, height and width
    """

    arrays: tuple[tuple[str, tuple[int, ...], str], ...]
    parameter_names: tuple[str, ...]
    compression: str
    window: tuple[int, int, int]


def form_of(shard: MappedShard, path: Path) -> ShardForm:
    """Return the form of a shard's sequences; ``path`` is what errors name.

    Raises
    ------
    ShardError
        Its datasets are packed as no configuration packs them.
    """
    views, height, width, _ = shard.shapes["blended"]
    return ShardForm(
        arrays=tuple(
            (name, tuple(array.shape[1:]), "S" if array.dtype.kind == "S" else array.dtype.str)
            for name, array in sorted(shard.arrays.items())
        ),
        parameter_names=shard.parameter_names,
        compression=_compression(shard, path),
        window=(views, height, width),
    )


def text_bytes_of(shard: MappedShard) -> dict[str, int]:
    """Return the length of the texts of each dataset that holds some."""
    return {n: a.dtype.itemsize for n, a in shard.arrays.items() if a.dtype.kind == "S"}


def array_of(shape: tuple[int, ...], dtype: str, text_bytes: int) -> Array:
    """Return a dataset's shape and type; a text's length is given apart."""
    return Array(shape, np.dtype(f"S{text_bytes}" if dtype == "S" else dtype))


def _compression(shard: MappedShard, path: Path) -> str:
    """Return how the pictures are packed; the small datasets never are."""
    found = set()
    for name, array in shard.arrays.items():
        packed = not isinstance(array, np.ndarray) and array.chunks is not None
        plist = array.id.get_create_plist() if packed else None
        filters = (
            tuple(plist.get_filter(n)[0] for n in range(plist.get_nfilters())) if plist else ()
        )
        whole = not packed or array.chunks == (1, *array.shape[1:])
        if not whole or filters not in _FILTERS or packed != bool(filters):
            raise ShardError(
                f"{path}: dataset {name!r} is packed as no configuration says; make "
                "the set again with --compression gzip"
            )
        if FIELDS[name].layout:
            found.add(_FILTERS[filters])
        elif packed:
            raise ShardError(f"{path}: dataset {name!r} is packed; only pictures may be")
    if len(found) != 1:
        raise ShardError(f"{path}: its pictures are packed in several ways; they must agree")
    return found.pop()
