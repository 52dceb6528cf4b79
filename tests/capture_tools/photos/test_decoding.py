"""Pixels are decoded upright, in RGB, whole or not at all, whatever the format."""

import datetime
import sys
import types
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from capture_tools.capture import CaptureError
from capture_tools.photos.photo import read_capture, read_photo, read_photo_exif
from tests.capture_tools.photos.files import HEIC_HEAD, LIGHT, RAW_HEAD, save, write_dng


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photo_is_turned_upright(
    picture: np.ndarray, tmp_path: Path, suffix: str, orientation: int
) -> None:
    path = save(picture, tmp_path / f"photo{suffix}", orientation)
    with Image.open(path) as opened:
        upright = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))

    image = read_photo(path).pixels

    # Pillow and OpenCV share libjpeg, their builds may differ by a level or two.
    assert np.abs(image.astype(int) - upright).max() <= 2


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_photo_is_rounded_to_8(tmp_path: Path, suffix: str) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (6, 7, 3), dtype=np.uint16)
    path = tmp_path / f"deep{suffix}"
    cv2.imwrite(str(path), deep[:, :, ::-1])

    rounded = np.floor(deep.astype(float) / 257 + 0.5).astype(np.uint8)
    assert np.array_equal(read_photo(path).pixels, rounded)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_other_colour_modes_become_rgb(picture: np.ndarray, tmp_path: Path, mode: str) -> None:
    suffix = ".tif" if mode == "CMYK" else ".png"
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(picture).convert(mode).save(path)

    assert read_photo(path).pixels.shape == (48, 64, 3)


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that claims ``side`` pixels in width and height."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + name + content + check

    size = side.to_bytes(4, "big") * 2
    head = chunk(b"IHDR", size + bytes([8, 2, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [14_500, 60_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(bomb(side))

    with pytest.raises(CaptureError, match=r"claims .*pixels"):
        read_capture(path)


def test_floating_point_tiff_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.tif"
    cv2.imwrite(str(path), np.ones((8, 8, 3), np.float32))

    with pytest.raises(CaptureError, match="export it with 8"):
        read_photo(path)


@pytest.mark.parametrize(
    ("name", "head", "extra"),
    [("photo.heic", HEIC_HEAD, "heif"), ("photo.raf", RAW_HEAD, "raw")],
)
def test_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, head: bytes, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = tmp_path / name
    path.write_bytes(head)

    with pytest.raises(CaptureError, match=rf"pip install 'seqsynth\[{extra}\]'"):
        read_capture(path)


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_raw_photo_is_developed_to_srgb_and_turned_upright(
    tmp_path: Path, orientation: int, turns: int
) -> None:
    path = write_dng(tmp_path / "photo.dng", LIGHT, orientation)

    image = read_photo(path).pixels

    # sRGB of the four levels of light, by the formula of IEC 61966-2-1.
    expected = np.rot90([[63, 188], [124, 25]], turns)
    rows, columns = image.shape[0] // 4, image.shape[1] // 4
    middles = image[rows :: 2 * rows, columns :: 2 * columns]
    assert read_capture(path).size == image.shape[:2]
    assert np.abs(middles.astype(int) - expected[:, :, None]).max() <= 1


def test_brightness_of_a_raw_photo_is_its_own(tmp_path: Path) -> None:
    # The same scene beside something bright: LibRaw's own brightness would darken it.
    for name, bright in (("dim", 0.2), ("bright", 0.9)):
        light = np.full((64, 96), 0.2)
        light[:, 48:] = bright
        write_dng(tmp_path / f"{name}.dng", light)

    dim, bright = (read_photo(tmp_path / f"{name}.dng").pixels for name in ("dim", "bright"))

    assert np.abs(dim[32, 20].astype(int) - bright[32, 20]).max() <= 1


def test_torn_raw_photo_is_refused(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "photo.dng", LIGHT)
    path.write_bytes(path.read_bytes()[:5000])

    with pytest.raises(CaptureError, match=r"^photo.dng is torn.* \(Input/output error\)"):
        read_photo(path)


class FakeOther:
    """What rawpy tells of a raw file that is built like no TIFF."""

    iso_speed, shutter_speed, aperture, focal_length = 200.0, 0.01, 5.6, 0.0
    timestamp = datetime.datetime(2019, 5, 2, 14, 15, 30)


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1)])
def test_heic_photo_is_turned_upright_once(
    picture: np.ndarray, tmp_path: Path, orientation: int, turns: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.heic"
    # Given as bytes the orientation also goes into the boxes of the file, as phones write it.
    pillow_heif.from_pillow(Image.fromarray(picture)).save(path, exif=exif.tobytes(), quality=95)

    image = read_photo(path).pixels

    upright = np.rot90(picture, turns)
    assert read_capture(path).size == image.shape[:2] == upright.shape[:2]
    assert np.abs(image[4::16, 4::16].astype(int) - upright[4::16, 4::16]).max() <= 12


def test_heic_photo_keeps_its_exif(picture: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0110] = "Pixel 2"
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(Image.fromarray(picture)).save(path, exif=exif.tobytes())

    assert read_capture(path).exif.model == "Pixel 2"


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_torn_heic_photo_is_refused(picture: np.ndarray, tmp_path: Path, share: float) -> None:
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(Image.fromarray(picture)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(CaptureError, match=r"^photo.heic is (no whole|truncated)"):
        read_photo(path)


class FakeRaw:
    """Answers as rawpy does of a file whose EXIF lies where no TIFF has it."""

    sizes = types.SimpleNamespace(height=64, width=48, flip=6)
    other = FakeOther

    def __init__(self, picture: np.ndarray) -> None:
        self.picture = picture

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: Any) -> None:
        return None


def test_settings_that_only_libraw_finds_are_taken_over(
    picture: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.SimpleNamespace(imread=lambda file: FakeRaw(picture), LibRawError=RuntimeError)
    monkeypatch.setitem(sys.modules, "rawpy", module)
    path = tmp_path / "photo.raf"
    path.write_bytes(RAW_HEAD)

    exif = read_photo_exif(path)

    assert (exif.iso, exif.exposure_s, exif.aperture) == (200, 0.01, 5.6)
    assert exif.focal_length_mm is None
    assert exif.time == FakeOther.timestamp
