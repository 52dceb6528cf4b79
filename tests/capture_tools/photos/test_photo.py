"""Photos are read upright, in RGB, whole or not at all, whatever they are named."""

import datetime
import hashlib
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from capture_tools.capture import CaptureError
from capture_tools.photos.photo import is_photo_name, read_capture, read_photo, read_photo_exif
from capture_tools.photos.working_view import Image
from seqsynth.pictures import PictureFormat
from tests.capture_tools.photos.files import LIGHT, save, write_dng
from tests.drawing.files import POSTSCRIPT, exif_block, fake_ghostscript, with_exif


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_header_tells_the_size_as_seen(
    picture: Image, tmp_path: Path, suffix: str, orientation: int
) -> None:
    path = save(picture, tmp_path / f"photo{suffix}", orientation)

    assert read_capture(path).size == read_photo(path).pixels.shape[:2]


def test_photo_remembers_the_sha256_of_its_file(picture: Image, tmp_path: Path) -> None:
    path = save(picture, tmp_path / "photo.png")

    assert read_photo(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95, 0.999])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_truncated_photo_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (80, 100, 3), dtype=np.uint8)
    path = save(noise, tmp_path / f"photo{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(CaptureError, match=rf"^photo\{suffix} is (truncated|torn)"):
        read_photo(path)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch()

    with pytest.raises(CaptureError, match=r"^photo.jpg is empty \(0 bytes\)"):
        read_capture(path)


def test_text_named_like_a_photo_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_text("not a photo")

    with pytest.raises(CaptureError, match="is no photo, whatever its name says"):
        read_capture(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"^gone.jpg cannot be read \(No such file"):
        read_photo(tmp_path / "gone.jpg")


def test_folder_named_like_a_photo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").mkdir()

    with pytest.raises(CaptureError, match=r"^photo.jpg cannot be read"):
        read_capture(tmp_path / "photo.jpg")


def test_jpeg_under_another_name_is_read_as_what_it_is(picture: Image, tmp_path: Path) -> None:
    path = save(picture, tmp_path / "photo.heic", format="JPEG")

    assert read_capture(path).photo_format is PictureFormat.JPEG
    assert read_photo(path).pixels.shape == picture.shape


def test_reading_warns_of_nothing(picture: Image, tmp_path: Path) -> None:
    path = save(picture, tmp_path / "photo.jpg", 3)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_capture(path)
        read_photo(path)


def test_raw_exif_needs_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = write_dng(tmp_path / "photo.dng", LIGHT)

    exif = read_photo_exif(path)

    assert (exif.model, exif.time) == ("Drawn One", datetime.datetime(2019, 5, 2, 14, 15, 30))


@pytest.mark.parametrize(
    ("name", "is_photo"), [("a.JPG", True), ("a.nef", True), ("a.txt", False), ("._a.jpg", False)]
)
def test_photo_is_known_by_its_name_unless_hidden(name: str, is_photo: bool) -> None:
    assert is_photo_name(Path(name)) is is_photo


def test_program_named_like_a_photo_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = fake_ghostscript(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    path = tmp_path / "photo.jpg"
    path.write_bytes(POSTSCRIPT)

    for reader in (read_capture, read_photo, read_photo_exif):
        with pytest.raises(CaptureError, match=r"^photo.jpg is no picture but PostScript"):
            reader(path)

    assert not mark.exists()


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("kind", ["short", "long", "byte"])
def test_every_type_of_the_orientation_counts(
    picture: Image, tmp_path: Path, endian: str, kind: str
) -> None:
    path = save(picture, tmp_path / "photo.jpg")
    path.write_bytes(with_exif(path.read_bytes(), exif_block(6, kind, endian)))

    assert read_capture(path).size == read_photo(path).pixels.shape[:2] == (64, 48)
