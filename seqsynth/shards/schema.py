"""The format in one place: names, types and shapes of everything a shard may hold.

docs/shard-format.md is the specification this module implements.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth.errors import ShardError

SCHEMA_VERSION = 3
"""Raised when a reader of the old version would misread the new one; see docs/shard-format.md."""

FIRST_VERSION = 1
"""What every file states that a reader of the first version can read."""

FORMAT = "seqsynth-shard"

ATTRIBUTES = (
    "format",
    "schema_version",
    "layout",
    "kind",
    "split",
    "first",
    "fingerprint",
    "views",
    "window",
)
"""Attributes of a shard that a reader looks at."""

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
    # how the layers make I, and R in the frame, where I is no plain sum of them
    "level_table": Field("u1", ("C", 256, 256), "layers", since=3),  # I over T and R
    "vignette_rows": Field("i4", ("H",), "layers", since=3),  # what is left of R's light, 2**-20
    "vignette_columns": Field("i4", ("W",), "layers", since=3),
    "vignette_steps": Field("i4", (256,), "layers", since=3),  # the light each level begins at
    "vignette_bits": Field("u1", ("V", "H", "B"), "layers", since=3),  # R less its least level
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
HOMOGRAPHIES = frozenset({"transmission_homography", "reflection_homography", "second_homography"})

VIGNETTE = frozenset({"vignette_rows", "vignette_columns", "vignette_steps", "vignette_bits"})
"""Datasets of a reflection that a vignette darkens: all, and only beside a table of levels."""
TABLE_OR_SUM = frozenset({"level_table", "attenuation"})
"""How two layers make I: by a table, or as a sum once R is lowered. Layout layers has one."""

REQUIRED: Mapping[str, frozenset[str]] = {
    "layers": frozenset(
        {
            "transmission_layer",
            "reflection_layer",
            "transmission_origin",
            "reflection_origin",
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
    if not isinstance(version, int | np.integer) or version is True or version < 1:
        raise ShardError(
            f"{path} has schema version {shown(version)}; a whole number from 1 is wanted"
        )
    if version > SCHEMA_VERSION:
        raise ShardError(
            f"{path} has schema version {version}; this seqsynth reads up to "
            f"{SCHEMA_VERSION}: upgrade seqsynth"
        )


_WHOLE = ("first", "views")
_TEXTS = ("kind", "layout", "split", "fingerprint")
_MOST_WHOLE = 2**63


def checked_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a shard that mean something, in Python's types; others are left out.

    Raises
    ------
    ShardError
        One is of another type, or one that the layout needs is missing.
    """
    checked: dict[str, Any] = {"schema_version": attributes["schema_version"]}
    for name in _TEXTS:
        checked |= _attribute(attributes, name, "a text", lambda v: v if type(v) is str else None)
    for name in _WHOLE:
        checked |= _attribute(attributes, name, "a whole number from 0", _as_whole)
    checked |= _attribute(attributes, "window", "height and width from 1, px", _as_window)
    if "layout" not in checked:
        raise ShardError(f"attribute 'layout' is missing; {' or '.join(LAYOUTS)} is wanted")
    if checked["layout"] == "layers" and "window" not in checked:
        raise ShardError("attribute 'window' is missing; layout layers needs it")
    return checked


def _attribute(
    attributes: Mapping[str, Any], name: str, wanted: str, read: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return an attribute by its name, nothing where there is none."""
    if name not in attributes:
        return {}
    found = attributes[name]
    value = read(found)
    if value is None:
        raise ShardError(f"attribute {name!r} is {shown(found)}; {wanted} is wanted")
    return {name: value}


def _as_whole(value: Any) -> int | None:
    if isinstance(value, np.integer | int) and not isinstance(value, bool):
        return int(value) if 0 <= value < _MOST_WHOLE else None
    return None


def _as_window(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, np.ndarray) or value.shape != (2,) or value.dtype.kind not in "iu":
        return None
    sides = tuple(int(side) for side in value)
    return sides if all(0 < side < _MOST_WHOLE for side in sides) else None


LARGEST_NUMBER = 1e9
"""Of a setting, and of what is recorded of a sequence."""


def checked_number(value: Any, name: str, row: int) -> float:
    """Return a number of a dataset.

    Raises
    ------
    ShardError
        It is none, or beyond `LARGEST_NUMBER`.
    """
    number = float(value)
    if not abs(number) <= LARGEST_NUMBER:
        raise ShardError(f"{name} of sequence {row} is {number}, no number; run seqsynth verify")
    return number


def shown(value: Any, most: int = 60) -> str:
    """Return what was found as a sentence names it: short, and on one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[:most]}..."


def decoded(text: bytes, name: str, row: int) -> str:
    """Return a text of a dataset.

    Raises
    ------
    ShardError
        It is not UTF-8; names that are no names are refused, too (see `name_fault`).
    """
    try:
        found = text.decode()
    except UnicodeDecodeError:
        raise ShardError(
            f"{name} {shown(text)} of sequence {row} is not UTF-8; run seqsynth verify"
        ) from None
    if name == "name" and (fault := name_fault(found)):
        raise ShardError(f"name {shown(found)} of sequence {row} {fault}; run seqsynth verify")
    return found


def name_fault(name: str) -> str:
    """Say why a sequence cannot have this name, or ""; names become files and folders."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "holds NUL"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "is no path within a folder"
    return ""


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
    if layout == "layers" and not TABLE_OR_SUM & arrays.keys():
        raise ShardError(
            "dataset 'attenuation' is missing; layout layers needs it, or else 'level_table'"
        )
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


def check_window(window: tuple[int, int] | None, arrays: Mapping[str, Array]) -> None:
    """Hold the datasets of a vignette, which span a view, against the window of layout layers.

    Raises
    ------
    ShardError
        One spans another.
    """
    if window is None:
        return
    height, width = window
    sides = {"H": height, "W": width, "B": -(-3 * width // 8)}
    for name in sorted(VIGNETTE & arrays.keys()):
        axes = zip(FIELDS[name].shape, arrays[name].shape, strict=True)
        for axis, length in axes:
            if (wanted := sides.get(str(axis), length)) != length:
                raise ShardError(
                    f"dataset {name!r} spans {length}; {wanted} is wanted for a window of "
                    f"{height}x{width} px"
                )


def _check_together(names: Set[str]) -> None:
    """Refuse a camera's or a vignette's datasets in part, and two ways to make I."""
    groups = (
        (CAMERA, CAMERA),
        (SECOND_PLANE, CAMERA | SECOND_PLANE),
        (VIGNETTE, VIGNETTE | {"level_table"}),
    )
    if names >= TABLE_OR_SUM:
        raise ShardError("datasets 'attenuation' and 'level_table' exclude each other")
    for group, needed in groups:
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
            if length < 1 and axis != "K":
                raise ShardError(f"dataset {name!r} holds {shape} a sequence; every side is from 1")
            if axis == "V or 1":
                allowed = {1, lengths["V"]}
            elif axis == "C":
                allowed = {1, 3}
            else:
                allowed = {axis if isinstance(axis, int) else lengths.setdefault(axis, length)}
            if length not in allowed:
                wanted = " or ".join(map(str, sorted(allowed)))
                raise ShardError(
                    f"dataset {name!r} holds {shape} a sequence; {wanted} is wanted in place of "
                    f"{length}"
                )
