"""What verify and the reader say of tables and vignettes that are none."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import Fault, open_shards, verify_shards
from seqsynth.shards.schema import Array, check_arrays, check_window, version_of
from seqsynth.synthesis.blends import LEVEL_TABLES

FILE = "train-00000.h5"
Edit = Callable[[h5py.File], None]


@pytest.fixture(scope="module")
def sound(make_shards: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sequences of blend zhang, whose views span 16x23 px: three spare bits a row."""
    settings = {"blend": "zhang", "sequences": 3, "val_fraction": 0, "window": (16, 23)}
    return make_shards(tmp_path_factory.mktemp("zhang") / "set", shard_size=2**20, **settings)


@pytest.fixture
def zhang(sound: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(sound, tmp_path / "set"))


def set_entry(name: str, place: Any, value: Any) -> Edit:
    def edit(shard: h5py.File) -> None:
        shard[name][place] = value

    return edit


FAULTS: dict[str, tuple[Edit, str]] = {
    "another table": (
        set_entry("level_table", (2, 0, 200, 100), 3),
        "level_table is not zhang's in sequences 2",
    ),
    "another gain": (
        set_entry("parameters", (0, 2), 0.125),
        "level_table is not zhang's in sequences 0",
    ),
    "share above all": (
        set_entry("vignette_rows", (1, 0), 2**20),
        "vignette_rows lie beyond 0 to 2^20 - 1 in sequences 1",
    ),
    "share below none": (
        set_entry("vignette_columns", (0, 3), -1),
        "vignette_columns lie beyond 0 to 2^20 - 1 in sequences 0",
    ),
    "steps that fall": (
        set_entry("vignette_steps", (2, 9), 0),
        "vignette_steps do not ascend from 0 in sequences 2",
    ),
    "steps from one": (
        set_entry("vignette_steps", (2, 0), 1),
        "vignette_steps do not ascend from 0 in sequences 2",
    ),
    "spare bit": (
        lambda f: f["vignette_bits"].__setitem__(
            (1, 2, 15, 8), f["vignette_bits"][1, 2, 15, 8] | 1
        ),
        "vignette_bits beyond the last column are set in sequences 1",
    ),
    "window outside": (
        set_entry("reflection_origin", (0, 1), (99, 0)),
        "reflection windows leave their layer in sequences 0",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_no_blend_makes_is_found(
    name: str, zhang: Path, edit_shard: Callable[..., Any]
) -> None:
    edit, words = FAULTS[name]
    with edit_shard(zhang, FILE) as shard:
        edit(shard)
    (fault,) = (f for f in verify_shards(zhang, LEVEL_TABLES) if isinstance(f, Fault))
    assert words in fault.message


def test_steps_that_fall_are_named_where_they_are_read(
    zhang: Path, edit_shard: Callable[..., Any]
) -> None:
    with edit_shard(zhang, FILE) as shard:
        shard["vignette_steps"][2, 9] = 0
    with pytest.raises(ShardError, match="sequence 2: its vignette_steps do not ascend from 0"):
        open_shards(zhang)[2]


def test_set_is_sound_without_a_formula(sound: Path) -> None:
    assert not [f for f in verify_shards(sound) if isinstance(f, Fault)]


BYTE, WORD, SHORT = (np.dtype(name) for name in ("u1", "i4", "i2"))
LAYERS = {
    "transmission_layer": Array((20, 28, 3), BYTE),
    "reflection_layer": Array((24, 32, 3), BYTE),
    "transmission_origin": Array((3, 2), SHORT),
    "reflection_origin": Array((3, 2), SHORT),
}
TABLE = {"level_table": Array((1, 256, 256), BYTE)}
VIGNETTE = {
    "vignette_rows": Array((16,), WORD),
    "vignette_columns": Array((23,), WORD),
    "vignette_steps": Array((256,), WORD),
    "vignette_bits": Array((3, 16, 9), BYTE),
}


@pytest.mark.parametrize("channels", [1, 3])
def test_table_once_or_by_channel_is_accepted(channels: int) -> None:
    tables = {"level_table": Array((channels, 256, 256), BYTE)}
    check_arrays("layers", {**LAYERS, **tables})
    check_arrays("layers", {**LAYERS, **tables, **VIGNETTE})


def test_table_makes_a_shard_of_version_3() -> None:
    assert version_of({**LAYERS, "attenuation": Array((3,), BYTE)}) == 1
    assert version_of({**LAYERS, **TABLE}) == 3
    with pytest.raises(ShardError, match="'level_table' is unknown to version 2"):
        check_arrays("layers", {**LAYERS, **TABLE}, 2)


BREACHES: dict[str, tuple[dict[str, Array], str]] = {
    "neither": (LAYERS, "'attenuation' is missing; layout layers needs it, or else 'level_table'"),
    "both": ({**LAYERS, **TABLE, "attenuation": Array((3,), BYTE)}, "exclude each other"),
    "two channels": ({**LAYERS, "level_table": Array((2, 256, 256), BYTE)}, "1 or 3 is wanted"),
    "half a table": ({**LAYERS, "level_table": Array((1, 128, 256), BYTE)}, "256 is wanted"),
    "part of a vignette": (
        {**LAYERS, **TABLE, "vignette_bits": VIGNETTE["vignette_bits"]},
        "'vignette_columns' is missing; 'vignette_bits' needs it beside it",
    ),
    "vignette of a sum": (
        {**LAYERS, **VIGNETTE, "attenuation": Array((3,), BYTE)},
        "'level_table' is missing",
    ),
    "other views": (
        {**LAYERS, **TABLE, **VIGNETTE, "vignette_bits": Array((2, 16, 9), BYTE)},
        "2 is wanted in place of 3",
    ),
    "other rows": (
        {**LAYERS, **TABLE, **VIGNETTE, "vignette_rows": Array((17,), WORD)},
        "is wanted in place of",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breach_is_refused_and_named(name: str) -> None:
    arrays, words = BREACHES[name]
    with pytest.raises(ShardError, match=words):
        check_arrays("layers", arrays)


@pytest.mark.parametrize(
    ("name", "shape", "spans"),
    [
        ("vignette_rows", (15,), "spans 15; 16 is wanted"),
        ("vignette_columns", (24,), "spans 24; 23 is wanted"),
        ("vignette_bits", (3, 16, 8), "spans 8; 9 is wanted"),
    ],
)
def test_vignette_spans_the_window(name: str, shape: tuple[int, ...], spans: str) -> None:
    check_window((16, 23), VIGNETTE)
    with pytest.raises(ShardError, match=spans):
        check_window((16, 23), {**VIGNETTE, name: Array(shape, VIGNETTE[name].dtype)})
