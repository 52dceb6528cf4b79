"""Sets of schema version 3, with drawn photos, read and made again by this library exactly.

`tests/data/version-3/make.py` says how they were made; they are never made again.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from seqsynth.shards import open_shards, read_index, verify_shards
from seqsynth.synthesis.blends import LEVEL_TABLES
from seqsynth.synthesis.regenerate import regenerate_faults

HERE = Path(__file__).parents[2] / "data" / "version-3"

CONTENTS_SHA256 = "ace6e23425018a3d25dffecc2ddc9fb6c6ca13fe851103ee7cd5caff0c3d4017"
"""Of contents.json, which holds the sha256 of every file: one is never written anew, only added."""

CONTENTS: dict[str, dict[str, Any]] = json.loads((HERE / "contents.json").read_bytes())
SETS = sorted({name.partition("/")[0] for name in CONTENTS})
SHARDS = [name for name in CONTENTS if name.endswith(".h5")]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The twelve photos the sets were made from, by their formula."""
    folder = tmp_path_factory.mktemp("photos")
    y, x, c = np.indices((30, 40, 3))
    for number in range(12):
        levels = 53 * number + 9 * y + 5 * x + 70 * c + (y * x * (number + 1)) // 16
        Image.fromarray((levels % 256).astype(np.uint8)).save(folder / f"p{number:02d}.png")
    return folder


def test_statement_is_the_first_one() -> None:
    assert sha256((HERE / "contents.json").read_bytes()) == CONTENTS_SHA256


@pytest.mark.parametrize("name", CONTENTS)
def test_file_was_never_rewritten(name: str) -> None:
    content = (HERE / name).read_bytes()
    assert (len(content), sha256(content)) == (CONTENTS[name]["bytes"], CONTENTS[name]["sha256"])


@pytest.mark.parametrize("name", SHARDS)
def test_datasets_are_what_was_written(name: str) -> None:
    with h5py.File(HERE / name) as shard:
        assert shard.attrs["schema_version"] == CONTENTS[name]["schema_version"]
        found = {
            key: [data.dtype.str, list(data.shape), sha256(data[:].tobytes())]
            for key, data in shard.items()
        }
    assert found == CONTENTS[name]["datasets"]


@pytest.mark.parametrize("name", SETS)
def test_set_has_no_fault(name: str) -> None:
    assert [f for f in verify_shards(HERE / name, LEVEL_TABLES) if not hasattr(f, "sha256")] == []


@pytest.mark.parametrize("name", SETS)
def test_sequences_are_made_again_from_their_photos(name: str, photos: Path) -> None:
    found = list(regenerate_faults(HERE / name, photos, samples=99))
    assert found == [1] * read_index(HERE / name).sequences


def test_a_merged_set_holds_tables_vignettes_and_sums() -> None:
    held = set()
    for name in SHARDS:
        if name.startswith("merged/"):
            kinds = {"level_table", "vignette_bits", "attenuation"} & CONTENTS[name][
                "datasets"
            ].keys()
            held.add(frozenset(kinds))
    assert held == {
        frozenset({"level_table"}),
        frozenset({"level_table", "vignette_bits"}),
        frozenset({"attenuation"}),
    }
    sequences = open_shards(HERE / "merged")
    assert all(one.blended.shape[1:] == (8, 12, 3) for one in sequences)


def test_a_sum_of_layers_is_still_a_file_of_version_1() -> None:
    versions = {
        name.partition("/")[0]: stated["schema_version"]
        for name, stated in CONTENTS.items()
        if name.endswith(".h5") and "merged" not in name
    }
    assert versions.pop("ghosting") == 1
    assert set(versions.values()) == {3}


def test_tints_give_every_channel_a_table_of_its_own() -> None:
    with h5py.File(HERE / "tinted" / "train-00000.h5") as shard:
        (tables,) = shard["level_table"][:]
    assert tables.shape == (3, 256, 256)
    assert len({table.tobytes() for table in tables}) == 3


@pytest.mark.parametrize("name", ["linear", "dsrnet", "zhang", "tinted"])
def test_reader_gives_what_numpy_makes_of_what_is_stored(name: str) -> None:
    sequence = open_shards(HERE / name)[-1]
    with h5py.File(HERE / name / "train-00000.h5") as shard:
        stored = {key: shard[key][-1] for key in shard}
        height, width = shard.attrs["window"]
    for view in range(sequence.views):
        (y, x), (v, u) = stored["transmission_origin"][view], stored["reflection_origin"][view]
        behind = stored["transmission_layer"][y : y + height, x : x + width]
        added = stored["reflection_layer"][v : v + height, u : u + width]
        if "vignette_bits" in stored:
            rows, columns = (stored[f"vignette_{axis}"] / 2**20 for axis in ("rows", "columns"))
            light = stored["vignette_steps"][added] * np.multiply.outer(rows, columns)[..., None]
            bits = np.unpackbits(stored["vignette_bits"][view], axis=-1, count=3 * width)
            least = np.searchsorted(stored["vignette_steps"], light, side="right") - 1
            added = least + bits.reshape(height, width, 3)
        table = stored["level_table"]
        assert np.array_equal(sequence.transmission[view], behind)
        assert np.array_equal(sequence.reflection[view], added)
        assert np.array_equal(
            sequence.blended[view], table[np.arange(3) % len(table), behind, added]
        )
