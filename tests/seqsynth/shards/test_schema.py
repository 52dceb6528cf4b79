"""What datasets a shard may hold, and in which words a breach is named."""

from pathlib import Path

import numpy as np
import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import Array
from seqsynth.shards.schema import check_arrays, check_version

BYTE, SHORT = np.dtype("u1"), np.dtype("i2")

LAYERS = {
    "transmission_layer": Array((20, 28, 3), BYTE),
    "reflection_layer": Array((24, 32, 3), BYTE),
    "transmission_origin": Array((3, 2), SHORT),
    "reflection_origin": Array((3, 2), SHORT),
    "attenuation": Array((3,), BYTE),
}
VIEWS = {
    "blended": Array((3, 16, 24, 3), BYTE),
    "transmission": Array((3, 16, 24, 3), BYTE),
    "reflection": Array((3, 16, 24, 3), BYTE),
    "name": Array((), np.dtype("S12")),
}


@pytest.mark.parametrize(("layout", "arrays"), [("layers", LAYERS), ("views", VIEWS)])
def test_full_shards_are_accepted(layout: str, arrays: dict[str, Array]) -> None:
    check_arrays(layout, arrays)


def test_blended_alone_is_a_shard() -> None:
    check_arrays("views", {"blended": VIEWS["blended"]})


def test_transmission_may_be_of_the_centre_alone() -> None:
    check_arrays("views", {**VIEWS, "transmission": Array((1, 16, 24, 3), BYTE)})


BREACHES: dict[str, tuple[str, dict[str, Array], str]] = {
    "unknown layout": ("tiles", LAYERS, "layout 'tiles' is unknown"),
    "unknown dataset": ("views", {**VIEWS, "depth": VIEWS["blended"]}, "'depth' is unknown"),
    "missing layer": (
        "layers",
        {k: v for k, v in LAYERS.items() if k != "attenuation"},
        "'attenuation' is missing",
    ),
    "missing views": ("views", {"name": VIEWS["name"]}, "'blended' is missing"),
    "frames among layers": ("layers", {**LAYERS, "blended": VIEWS["blended"]}, "belongs to layout"),
    "floats": ("views", {"blended": Array((3, 16, 24, 3), np.dtype("f4"))}, "f4 with 5 axes"),
    "big numbers": (
        "layers",
        {**LAYERS, "transmission_origin": Array((3, 2), np.dtype("i8"))},
        "i8 with 3 axes; i2",
    ),
    "flat frames": ("views", {"blended": Array((16, 24, 3), BYTE)}, "u1 with 4 axes"),
    "four channels": ("views", {"blended": Array((3, 16, 24, 4), BYTE)}, "3 is wanted"),
    "other window": ("views", {**VIEWS, "reflection": Array((3, 16, 25, 3), BYTE)}, "24 is wanted"),
    "two of three T": (
        "views",
        {**VIEWS, "transmission": Array((2, 16, 24, 3), BYTE)},
        "1 or 3 is wanted",
    ),
    "other views": ("layers", {**LAYERS, "attenuation": Array((4,), BYTE)}, "3 is wanted"),
    "three coordinates": (
        "layers",
        {**LAYERS, "reflection_origin": Array((3, 3), SHORT)},
        "2 is wanted",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breach_is_refused_and_named(name: str) -> None:
    layout, arrays, words = BREACHES[name]
    with pytest.raises(ShardError, match=words):
        check_arrays(layout, arrays)


@pytest.mark.parametrize("version", [1, np.int64(1)])
def test_own_version_is_accepted(version: int) -> None:
    check_version(version, Path("train-00000.h5"))


def test_newer_version_asks_for_an_upgrade() -> None:
    with pytest.raises(ShardError, match=r"train.h5 has schema version 7.*upgrade seqsynth"):
        check_version(7, Path("train.h5"))
