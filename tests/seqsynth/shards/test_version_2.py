"""Sets of schema version 2, with drawn photos, read and made again by this library exactly.

`tests/data/version-2/make.py` says how they were made; they are never made again.
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

HERE = Path(__file__).parents[2] / "data" / "version-2"

CONTENTS_SHA256 = "b8d963cc1569ec86284feabd1f036398716c6eee1a0dc731ed0d3bf7c54d1665"
"""Of contents.json, which holds the sha256 of every file: none is ever written anew."""

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


def test_a_merged_set_knows_both_motions() -> None:
    sequences = open_shards(HERE / "merged")
    slid = [one.trajectory is not None for one in sequences]
    moved = [one.camera is not None for one in sequences]
    assert sorted(slid) == [False] * 5 + [True] * 2
    assert moved == [not one for one in slid]
    assert all(one.motion is not None for one in sequences)


def test_a_slide_is_still_a_file_of_version_1() -> None:
    versions = {
        name: stated["schema_version"]
        for name, stated in CONTENTS.items()
        if "slide" in name and name.endswith(".h5")
    }
    assert set(versions.values()) == {1}


@pytest.mark.parametrize("name", ["handheld", "parallax"])
def test_reader_gives_what_is_stored(name: str) -> None:
    sequence = open_shards(HERE / name)[1]
    with h5py.File(HERE / name / "train-00000.h5") as shard:
        motion = sequence.motion
        stored = {key: shard[key][1] for key in shard}
    assert np.array_equal(motion.transmission.homographies, stored["transmission_homography"])
    assert np.array_equal(motion.reflection.homographies, stored["reflection_homography"])
    assert np.array_equal(sequence.camera.intrinsics, stored["intrinsics"])
    assert np.array_equal(sequence.camera.pose, stored["pose"])
    assert np.array_equal(sequence.camera.plane, stored["plane"])
    assert sequence.trajectory is None
    if name == "parallax":
        assert np.array_equal(motion.transmission.second, stored["second_homography"])
        assert np.array_equal(motion.transmission.mask, stored["transmission_mask"])
    else:
        assert motion.transmission.second is None
