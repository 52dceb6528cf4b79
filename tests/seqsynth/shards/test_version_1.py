"""Sets that the first library wrote, with drawn photos, read by this one exactly.

`tests/data/version-1/make.py` says how they were made; they are never made again.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seqsynth.shards import open_shards, parts_of, read_index, verify_shards
from seqsynth.synthesis.blends import LEVEL_TABLES
from seqsynth.synthesis.regenerate import regenerate_faults

HERE = Path(__file__).parents[2] / "data" / "version-1"

CONTENTS_SHA256 = "afd809163a509a3a1cc9190e7625c09d874c05e9eb477e790c830cea98ee1a34"
"""Of contents.json, which holds the sha256 of every file: none is ever written anew."""

CONTENTS: dict[str, dict[str, Any]] = json.loads((HERE / "contents.json").read_bytes())
SETS = sorted({name.partition("/")[0] for name in CONTENTS})
SYNTHETIC = ("layers", "layers-gzip", "views", "linear", "subset")
SHARDS = [name for name in CONTENTS if name.endswith(".h5")]


def photo(number: int) -> NDArray[np.uint8]:
    """The photo of this number, uint8 (24, 32, 3), by its formula, pixel by pixel."""
    pixels = np.empty((24, 32, 3), np.uint8)
    for y in range(24):
        for x in range(32):
            for c in range(3):
                level = 53 * number + 9 * y + 5 * x + 70 * c + (y * x * (number + 1)) // 16
                pixels[y, x, c] = level % 256
    return pixels


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The twelve photos the synthetic sets were made from."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(12):
        Image.fromarray(photo(number)).save(folder / f"p{number:02d}.png")
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
        found = {
            key: [data.dtype.str, list(data.shape), sha256(data[:].tobytes())]
            for key, data in shard.items()
        }
    assert found == CONTENTS[name]["datasets"]


@pytest.mark.parametrize("name", SETS)
def test_set_has_no_fault(name: str) -> None:
    assert [f for f in verify_shards(HERE / name, LEVEL_TABLES) if not hasattr(f, "sha256")] == []


@pytest.mark.parametrize("name", SETS)
def test_views_are_read_as_they_were_written(name: str) -> None:
    stated = [
        digest
        for entry in read_index(HERE / name).shards
        for digest in CONTENTS[f"{name}/{entry.file}"]["blended"]
    ]
    found = [sha256(sequence.blended.tobytes()) for sequence in open_shards(HERE / name)]
    assert found == stated


# Blends other than CEILNet's change T, too.
@pytest.mark.parametrize("name", [name for name in SYNTHETIC if name != "linear"])
def test_transmission_is_the_drawn_photo(name: str) -> None:
    for sequence in open_shards(HERE / name):
        truth = photo(int(sequence.metadata["source"][0].removeprefix("p")))
        row, column = sequence.metadata["window_source"][0]
        assert sequence.trajectory is not None
        assert sequence.transmission is not None
        for view, (top, left) in enumerate(sequence.trajectory.transmission.tolist()):
            window = truth[row + top :, column + left :][:8, :12]
            np.testing.assert_array_equal(sequence.transmission[view], window)


def test_captures_are_the_drawn_photos() -> None:
    first, second = open_shards(HERE / "captures")
    assert (first.name, first.split, second.name, second.split) == ("attic", "train", "été", "test")
    assert first.metadata == {"scene": "attic", "measured": {"light": "indoor"}}
    for sequence, number in ((first, 0), (second, 4)):
        assert sequence.reflection is None
        assert sequence.transmission is not None
        np.testing.assert_array_equal(sequence.transmission[0], photo(number + 3)[:8, :12])
        for view in range(3):
            np.testing.assert_array_equal(sequence.blended[view], photo(number + view)[:8, :12])


def test_pairs_are_the_drawn_photos() -> None:
    for number, sequence in enumerate(open_shards(HERE / "pairs")):
        assert sequence.name == f"pair{number}"
        assert sequence.transmission is not None
        np.testing.assert_array_equal(sequence.blended[0], photo(number)[:8, :12])
        np.testing.assert_array_equal(sequence.transmission[0], photo(number + 1)[:8, :12])


@pytest.mark.parametrize("name", SYNTHETIC)
def test_sequences_are_made_again_from_the_photos(name: str, photos: Path) -> None:
    assert set(regenerate_faults(HERE / name, photos, 9)) == {1}


def test_derived_set_says_where_it_comes_from() -> None:
    (part,) = parts_of(read_index(HERE / "subset"))
    assert part.digest == json.loads((HERE / "layers" / "index.json").read_bytes())["digest"]
    known = {sequence.name: sequence for sequence in open_shards(HERE / "layers")}
    for sequence in open_shards(HERE / "subset"):
        original = known[sequence.metadata["origin"]["name"]]
        np.testing.assert_array_equal(sequence.blended, original.blended)
