"""Photos are read upright, in RGB, whole or not at all, whatever they are named."""

import datetime
import hashlib
import sys
import warnings

import numpy as np
import pytest

from capture_tools.capture import CaptureError, PhotoFormat
from capture_tools.photos.photo import read_capture, read_photo, read_photo_exif
from tests.capture_tools.photos.files import LIGHT, save, write_dng


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_header_tells_the_size_as_seen(picture, tmp_path, suffix, orientation):
    path = save(picture, tmp_path / f"photo{suffix}", orientation)

    assert read_capture(path).size == read_photo(path).pixels.shape[:2]


def test_photo_remembers_the_sha256_of_its_file(picture, tmp_path):
    path = save(picture, tmp_path / "photo.png")

    assert read_photo(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95, 0.999])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_truncated_photo_is_refused(tmp_path, suffix, share):
    noise = np.random.default_rng(2).integers(0, 256, (80, 100, 3), dtype=np.uint8)
    path = save(noise, tmp_path / f"photo{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(CaptureError, match=rf"^photo\{suffix} is (truncated|torn)"):
        read_photo(path)


def test_empty_file_is_refused(tmp_path):
    path = tmp_path / "photo.jpg"
    path.touch()

    with pytest.raises(CaptureError, match=r"^photo.jpg is empty \(0 bytes\)"):
        read_capture(path)


def test_text_named_like_a_photo_is_refused(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_text("not a photo")

    with pytest.raises(CaptureError, match="is no photo, whatever its name says"):
        read_capture(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(CaptureError, match=r"^gone.jpg cannot be read \(No such file"):
        read_photo(tmp_path / "gone.jpg")


def test_folder_named_like_a_photo_is_refused(tmp_path):
    (tmp_path / "photo.jpg").mkdir()

    with pytest.raises(CaptureError, match=r"^photo.jpg cannot be read"):
        read_capture(tmp_path / "photo.jpg")


def test_jpeg_under_another_name_is_read_as_what_it_is(picture, tmp_path):
    path = save(picture, tmp_path / "photo.heic", format="JPEG")

    assert read_capture(path).photo_format is PhotoFormat.JPEG
    assert read_photo(path).pixels.shape == picture.shape


def test_reading_warns_of_nothing(picture, tmp_path):
    path = save(picture, tmp_path / "photo.jpg", 3)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_capture(path)
        read_photo(path)


def test_raw_exif_needs_no_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = write_dng(tmp_path / "photo.dng", LIGHT)

    exif = read_photo_exif(path)

    assert (exif.model, exif.time) == ("Drawn One", datetime.datetime(2019, 5, 2, 14, 15, 30))
