"""Ranges of motion against photos: refused before any work, or drawn again, never padded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqsynth.camera import CameraSettings
from seqsynth.errors import ConfigError, SourceError
from seqsynth.shards import open_shards, read_index
from seqsynth.synthesis import SynthesisConfig, plan_generation, synthesise
from seqsynth.synthesis.photos import PhotoSource
from seqsynth.voc import find_photos

MOTION = {"motion": "camera", "val_fraction": 0, "window": (16, 24)}


def photos_of(folder: Path, *sizes: tuple[int, int]) -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number, size in enumerate(sizes):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def test_photos_as_large_as_the_motion_are_enough(tmp_path: Path) -> None:
    folder = photos_of(tmp_path / "photos", *[(40, 48)] * 4)
    assert plan_generation(folder, SynthesisConfig(**MOTION)).sequences == 2


def test_motion_no_photo_is_large_enough_for_is_refused_at_once(tmp_path: Path) -> None:
    folder = photos_of(tmp_path / "photos", *[(17, 25)] * 4)
    with pytest.raises(SourceError, match=r"is large enough for most of this motion: T needs \d+x"):
        plan_generation(folder, SynthesisConfig(**MOTION))


def test_scale_counts(tmp_path: Path) -> None:
    folder = photos_of(tmp_path / "photos", *[(40, 48)] * 4)
    with pytest.raises(SourceError, match="the largest has 20x24"):
        plan_generation(folder, SynthesisConfig(**MOTION, scale=0.5))


def test_files_that_are_no_pictures_do_not_count(tmp_path: Path) -> None:
    folder = photos_of(tmp_path / "photos", *[(17, 25)] * 4)
    for number in range(4):
        (folder / f"torn{number}.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="the largest has 17x25"):
        plan_generation(folder, SynthesisConfig(**MOTION))


def test_paths_that_see_no_plane_are_refused_at_once(tmp_path: Path) -> None:
    folder = photos_of(tmp_path / "photos", *[(40, 48)] * 4)
    wild = CameraSettings(shake=(45.0, 45.0, 45.0), unrest=(9.0, 9.0), translation=(0.9, 1.0))
    config = SynthesisConfig(**MOTION, camera=wild, views=9)
    with pytest.raises(ConfigError, match="turned a plane over or showed its horizon"):
        plan_generation(folder, config)


@pytest.fixture
def mixed(tmp_path: Path, make_shards: Callable[..., Path]) -> Path:
    """Twenty sequences from photos of which some are too small for some paths."""
    sizes = [(22, 30), (23, 31), (60, 60), (60, 60)] * 3
    folder = photos_of(tmp_path / "photos", *sizes)
    settings: dict[str, Any] = {**MOTION, "sequences": 20, "shard_size": 2**20}
    return make_shards(tmp_path / "set", folder, **settings)


def test_small_photos_are_counted_and_never_padded(mixed: Path) -> None:
    (entry,) = read_index(mixed).shards
    unusable = entry.details["unusable"]
    assert entry.details["redraws"] > 0
    assert unusable
    assert all("px; " in reason and "are needed" in reason for reason in unusable.values())
    for sequence in open_shards(mixed):
        places = np.array(sequence.metadata["window_source"])
        assert (places >= 0).all()


def test_what_one_path_has_no_room_in_another_uses(mixed: Path) -> None:
    """So that a sequence does not depend on which others the same worker made before it."""
    (entry,) = read_index(mixed).shards
    used = {name for one in open_shards(mixed) for name in one.metadata["source"]}
    assert used & set(entry.details["unusable"])


def test_a_path_too_wide_for_the_photos_is_drawn_again() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 256, (2, 22, 30, 3), dtype=np.uint8)
    config = SynthesisConfig(**MOTION)
    for number in range(20):
        assert synthesise(first, second, config, number=number).views == 3


def test_photos_too_small_for_any_path_are_named_with_what_to_do() -> None:
    small = np.zeros((16, 24, 3), np.uint8)
    with pytest.raises(SourceError, match="smaller window, less motion or larger photos"):
        synthesise(small, small, SynthesisConfig(**MOTION))


def test_a_photo_refused_once_is_found_where_less_is_needed(tmp_path: Path) -> None:
    folder = photos_of(tmp_path / "photos", (20, 30))
    source = PhotoSource(find_photos(folder, "all"), 1.0)
    assert source.find("00", 21, 30) is None
    assert source.unusable["00"] == "is 20x30 px; 21x30 (height x width) are needed"
    found = source.find("00", 20, 30)
    assert found is not None
    assert found.shape == (20, 30, 3)
    assert source.find("00", 20, 31) is None
