"""The format in one place: names, types and shapes of everything a shard may hold.

docs/shard-format.md is the specification this module implements.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth.errors import ShardError

SCHEMA_VERSION = 2
"""Raised when a reader of the old version would misread the new one; see docs/shard-format.md."""

FIRST_VERSION = 1
"""What every file states that a reader of the first version can read."""

FORMAT = "seqsynth-shard"

KINDS = ("synthetic", "captured", "pair")
LAYOUTS = ("layers", "views")
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Field:
    """A dataset of a shard.

    Attributes
    ----------
    dtype : numpy type; "S" stands for fixed-length UTF-8
    shape : axes after the first, each a number, or a name that is one length throughout a shard
    layout : the layout whose pictures it holds; None where it holds no pictures
    since : first schema version that has it
    """

    dtype: str
    shape: tuple[int | str, ...]
    layout: str | None = None
    since: int = FIRST_VERSION


FIELDS: Mapping[str, Field] = {
    # layout layers: each layer once, as the generator knows it
    "transmission_layer": Field("u1", ("h", "w", 3), "layers"),
    "reflection_layer": Field("u1", ("h'", "w'", 3), "layers"),  # blurred
    # layout views: every frame
    "blended": Field("u1", ("V", "H", "W", 3), "views"),
    "transmission": Field("u1", ("V or 1", "H", "W", 3), "views"),
    "reflection": Field("u1", ("V", "H", "W", 3), "views"),
    # where it comes from
    "name": Field("S", ()),  # unique within the set; captures and pairs
    "transmission_origin": Field("i2", ("V", 2)),  # row, column of each window in its layer
    "reflection_origin": Field("i2", ("V", 2)),
    "attenuation": Field("u1", ("V",)),  # levels taken from R
    "sigma": Field("f8", ()),  # blur of R, px
    "strength": Field("f8", ()),  # factor on R
    "source": Field("S", (2,)),  # photo ids of T and R
    "window_source": Field("i4", (2, 2)),  # row, column of the layers in their photos
    "parameters": Field("f8", ("K",)),  # the blend's numbers; attribute "names" lists them
    # how a camera moved, from the centre view's pixels to each view's
    "transmission_homography": Field("f8", ("V", 3, 3), since=2),
    "reflection_homography": Field("f8", ("V", 3, 3), since=2),
    "intrinsics": Field("f8", (3, 3), since=2),  # K, px
    "pose": Field("f8", ("V", 3, 4), since=2),  # [Rot | -t]
    "plane": Field("f8", ("P", 3), since=2),  # n of T's, R's, T's second plane: n X = 1
    "second_homography": Field("f8", ("V", 3, 3), since=2),  # T's second plane
    "transmission_mask": Field("u1", ("H", "W"), "views", since=2),  # share of T's first plane
}

CAMERA = frozenset(
    {"transmission_homography", "reflection_homography", "intrinsics", "pose", "plane"}
)
"""Datasets of a camera's motion: all of them, or none."""
SECOND_PLANE = frozenset({"second_homography", "transmission_mask"})
"""Datasets of T's second plane: both, and only beside those of a camera."""

REQUIRED: Mapping[str, frozenset[str]] = {
    "layers": frozenset(
        {
            "transmission_layer",
            "reflection_layer",
            "transmission_origin",
            "reflection_origin",
            "attenuation",
        }
    ),
    "views": frozenset({"blended"}),
}


@dataclass(frozen=True)
class Array:
    """Shape of one sequence's value and numpy dtype of a dataset."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of one sequence's value."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def version_of(names: Iterable[str]) -> int:
    """Return the schema version of a shard of these datasets: the first that has all of them."""
    return max((FIELDS[name].since for name in names if name in FIELDS), default=FIRST_VERSION)


def check_version(version: Any, path: Path | str) -> None:
    """Refuse a file of a version this module does not know.

    Raises
    ------
    ShardError
        The version is newer, or no version at all.
    """
    if not isinstance(version, int | np.integer) or version < 1:
        raise ShardError(f"{path} has schema version {version!r}; a whole number from 1 is wanted")
    if version > SCHEMA_VERSION:
        raise ShardError(
            f"{path} has schema version {version}; this seqsynth reads up to "
            f"{SCHEMA_VERSION}: upgrade seqsynth"
        )


def check_arrays(layout: str, arrays: Mapping[str, Array], version: int = SCHEMA_VERSION) -> None:
    """Hold the datasets of a shard against the schema of a version.

    Raises
    ------
    ShardError
        A dataset is unknown, missing, or of another type or shape.
    """
    if layout not in REQUIRED:
        raise ShardError(f"layout {layout!r} is unknown; this version knows {', '.join(LAYOUTS)}")
    for name in sorted(REQUIRED[layout] - arrays.keys()):
        raise ShardError(f"dataset {name!r} is missing; layout {layout} needs it")
    for name, array in arrays.items():
        field = FIELDS.get(name)
        if field is None or field.since > version:
            raise ShardError(f"dataset {name!r} is unknown to version {version}")
        if field.layout not in (None, layout):
            raise ShardError(f"dataset {name!r} belongs to layout {field.layout}, not {layout}")
        kind = "S" if array.dtype.kind == "S" else array.dtype.str.lstrip("<|>")
        if kind != field.dtype or len(array.shape) != len(field.shape):
            raise ShardError(
                f"dataset {name!r} is {kind} with {len(array.shape) + 1} axes; "
                f"{field.dtype} with {len(field.shape) + 1} axes is specified"
            )
    _check_together(arrays.keys())
    _check_lengths({name: arrays[name].shape for name in FIELDS if name in arrays})


def _check_together(names: Set[str]) -> None:
    """Refuse a camera's datasets in part."""
    for group, needed in ((CAMERA, CAMERA), (SECOND_PLANE, CAMERA | SECOND_PLANE)):
        missing = sorted(needed - names)
        if missing and group & names:
            raise ShardError(
                f"dataset {missing[0]!r} is missing; {min(group & names)!r} needs it beside it"
            )


def _check_lengths(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Hold every axis against its specified length, or against the others of its name."""
    lengths: dict[str, int] = {}
    for name, shape in shapes.items():
        for axis, length in zip(FIELDS[name].shape, shape, strict=True):
            if axis == "V or 1":
                allowed = {1, lengths["V"]}
            else:
                allowed = {axis if isinstance(axis, int) else lengths.setdefault(axis, length)}
            if length not in allowed:
                wanted = " or ".join(map(str, sorted(allowed)))
                raise ShardError(
                    f"dataset {name!r} holds {shape} a sequence; {wanted} is wanted in place of "
                    f"{length}"
                )
