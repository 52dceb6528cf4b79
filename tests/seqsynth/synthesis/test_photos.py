"""Photos are read once as far as memory allows, and the reason is kept for those that fail."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqsynth.errors import SourceError
from seqsynth.pictures import Raster
from seqsynth.synthesis import photos as photos_module
from seqsynth.synthesis.photos import PhotoCache, PhotoSource, shared_cache
from seqsynth.voc import PhotoList
from tests.drawing.files import png_of

BYTES = 10 * 12 * 3
"""Of one of the photos below, decoded."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Nine photos of 10x12 px, photo n of level 20 n, and one of 20x24."""
    for number in range(9):
        Image.new("RGB", (12, 10), (20 * number,) * 3).save(tmp_path / f"{number}.png")
    Image.new("RGB", (24, 20)).save(tmp_path / "large.png")
    return tmp_path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files read from disk, in order."""
    names: list[str] = []
    read = photos_module.read

    def noted(path: Path, **options: Any) -> Raster:
        names.append(path.stem)
        return read(path, **options)

    monkeypatch.setattr(photos_module, "read", noted)
    return names


def look_at(cache: PhotoCache, folder: Path, numbers: str) -> None:
    for number in numbers:
        photo = cache.read(folder / f"{number}.png", 1.0)
        assert photo.shape == (10, 12, 3)
        assert (photo == 20 * int(number)).all()


def test_photo_in_memory_is_not_read_again(folder, reads):
    look_at(PhotoCache(3 * BYTES), folder, "0120120")
    assert reads == ["0", "1", "2"]


def test_photo_used_longest_ago_makes_room(folder, reads):
    look_at(PhotoCache(2 * BYTES), folder, "010" + "2" + "0" + "1")
    assert reads == ["0", "1", "2", "1"]


def test_cache_without_room_reads_every_time(folder, reads):
    look_at(PhotoCache(0), folder, "000")
    assert reads == ["0", "0", "0"]


def test_room_is_counted_in_bytes(folder, reads):
    look_at(PhotoCache(3 * BYTES - 1), folder, "012012")
    assert len(reads) == 6


def test_photo_larger_than_the_room_turns_no_other_out(folder, reads):
    cache = PhotoCache(2 * BYTES)
    look_at(cache, folder, "01")
    assert cache.read(folder / "large.png", 1.0).shape == (20, 24, 3)
    look_at(cache, folder, "01")
    assert reads == ["0", "1", "large"]


def test_cache_never_holds_more_than_its_room(folder):
    cache = PhotoCache(4 * BYTES + 7)
    rng = np.random.default_rng(0)
    for number in rng.integers(0, 9, 200):
        cache.read(folder / f"{number}.png", 1.0)
        held = sum(photo.nbytes for photo in cache._photos.values())
        assert held <= 4 * BYTES + 7


def test_threads_share_the_cache_without_breaking_its_count(folder):
    cache = PhotoCache(4 * BYTES)
    failures = []

    def look(seed: int) -> None:
        try:
            numbers = np.random.default_rng(seed).integers(0, 9, 150)
            look_at(cache, folder, "".join(map(str, numbers)))
        except AssertionError as failure:
            failures.append(failure)

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert cache._free == 4 * BYTES - sum(photo.nbytes for photo in cache._photos.values()) >= 0


def test_scales_are_kept_apart(folder):
    cache = PhotoCache(100 * BYTES)
    assert cache.read(folder / "1.png", 1.0).shape == (10, 12, 3)
    assert cache.read(folder / "1.png", 0.5).shape == (5, 6, 3)


def test_process_keeps_its_cache_from_shard_to_shard():
    cache = shared_cache(12345)
    assert shared_cache(12345) is cache
    assert shared_cache(54321) is not cache
    shared_cache(0)


def source(folder: Path, scale: float = 1.0) -> PhotoSource:
    files = {path.stem: path.name for path in folder.iterdir()}
    return PhotoSource(PhotoList(folder, "all", files), scale)


def test_photo_of_just_the_size_is_found(folder):
    assert source(folder).find("3", 10, 12).shape == (10, 12, 3)


@pytest.mark.parametrize("size", [(11, 12), (10, 13)])
def test_photo_that_is_too_small_is_refused_with_both_sizes(folder, size):
    photos = source(folder)
    assert photos.find("3", *size) is None
    assert photos.unusable == {"3": f"is 10x12 px; {size[0]}x{size[1]} (height x width) are needed"}


def test_size_counts_after_scaling(folder):
    photos = source(folder, 0.5)
    assert photos.find("3", 6, 6) is None
    assert photos.unusable["3"].startswith("is 5x6 px")


def test_unusable_photo_is_not_tried_again(folder, reads):
    (folder / "torn.jpg").write_bytes(b"torn")
    photos = source(folder)
    assert photos.find("torn", 1, 1) is None
    assert photos.find("torn", 1, 1) is None
    assert reads == ["torn"]
    assert photos.unusable == {"torn": "is no picture, or torn at its head"}


def test_unusable_photo_is_not_cached(folder, reads):
    (folder / "torn.jpg").write_bytes(b"torn")
    cache = PhotoCache(10 * BYTES)
    for _ in range(2):
        with pytest.raises(SourceError):
            cache.read(folder / "torn.jpg", 1.0)
    assert reads == ["torn", "torn"]


def test_shallow_photo_is_used_and_named_and_scaled_on_request(folder):
    levels = np.full((10, 12, 3), 900, np.uint16)
    (folder / "shallow.png").write_bytes(png_of(levels))
    files = {path.stem: path.name for path in folder.iterdir()}
    photos = PhotoSource(PhotoList(folder, "all", files), 1.0, PhotoCache(10 * BYTES))
    for _ in range(2):  # from the file, then from memory
        photos.shallow.clear()
        assert (photos.find("shallow", 1, 1) == 4).all()
        assert list(photos.shallow) == ["shallow"]
    scaled = PhotoSource(PhotoList(folder, "all", files), 1.0, bits=10)
    assert (scaled.find("shallow", 1, 1) == 224).all()  # 900 / 1023 * 255 = 224.3
    assert scaled.shallow == {}
