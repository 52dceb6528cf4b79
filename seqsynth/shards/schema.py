"""The format in one place: names, types and shapes of everything a shard may hold.

docs/shard-format.md is the specification this module implements.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqsynth.errors import ShardError

SCHEMA_VERSION = 1
"""Raised when a reader of the old version would misread the new one; see docs/shard-format.md."""

FORMAT = "seqsynth-shard"

KINDS = ("synthetic", "captured", "pair")
LAYOUTS = ("layers", "views")
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Field:
    """A dataset of a shard: numpy type ("S" stands for fixed-length UTF-8) and number of axes."""

    dtype: str
    axes: int
    images: bool = False


FIELDS: Mapping[str, Field] = {
    # layout layers: each layer once, as the generator knows it
    "transmission_layer": Field("u1", 4, images=True),  # (n, h, w, 3)
    "reflection_layer": Field("u1", 4, images=True),  # (n, h', w', 3), blurred
    # layout views: every frame
    "blended": Field("u1", 5, images=True),  # (n, V, H, W, 3)
    "transmission": Field("u1", 5, images=True),  # (n, V or 1, H, W, 3)
    "reflection": Field("u1", 5, images=True),  # (n, V, H, W, 3)
    # where it comes from
    "name": Field("S", 1),  # (n,) unique within the set; captures and pairs
    "transmission_origin": Field("i2", 3),  # (n, V, 2) row, column of each window in its layer
    "reflection_origin": Field("i2", 3),
    "attenuation": Field("u1", 2),  # (n, V) levels taken from R
    "sigma": Field("f8", 1),  # (n,) blur of R, px
    "strength": Field("f8", 1),  # (n,) factor on R
    "source": Field("S", 2),  # (n, 2) photo ids of T and R
    "window_source": Field("i4", 3),  # (n, 2, 2) row, column of the layers in their photos
    "parameters": Field("f8", 2),  # (n, K) the blend's numbers; attribute "names" lists them
}

REQUIRED: Mapping[str, frozenset[str]] = {
    "layers": frozenset(
        {
            "transmission_layer", "reflection_layer", "transmission_origin", "reflection_origin",
            "attenuation",
        }
    ),
    "views": frozenset({"blended"}),
}  # fmt: skip


@dataclass(frozen=True)
class Array:
    """Shape of one sequence's value and numpy dtype of a dataset."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of one sequence's value."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def check_arrays(layout: str, arrays: Mapping[str, Array]) -> None:
    """Hold the datasets of a shard against the schema.

    Raises
    ------
    ShardError
        A dataset is unknown, missing, or of another type or number of axes.
    """
    if layout not in REQUIRED:
        raise ShardError(f"layout {layout!r} is unknown; this version knows {', '.join(LAYOUTS)}")
    for name in sorted(REQUIRED[layout] - arrays.keys()):
        raise ShardError(f"dataset {name!r} is missing; layout {layout} needs it")
    for name, array in arrays.items():
        field = FIELDS.get(name)
        if field is None:
            raise ShardError(f"dataset {name!r} is unknown to version {SCHEMA_VERSION}")
        kind = "S" if array.dtype.kind == "S" else array.dtype.str.lstrip("<|>")
        if (kind, len(array.shape) + 1) != (field.dtype, field.axes):
            raise ShardError(
                f"dataset {name!r} is {kind} with {len(array.shape) + 1} axes; "
                f"{field.dtype} with {field.axes} axes is specified"
            )
