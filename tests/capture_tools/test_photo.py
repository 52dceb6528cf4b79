"""Photos are read upright, in RGB, whole or not at all, whatever they are named."""

import hashlib
import sys
import types
import warnings
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from capture_tools.capture import CaptureError
from capture_tools.photo import read_capture, read_photo, read_photo_exif
from capture_tools.photo_format import PhotoFormat


@pytest.fixture
def picture() -> np.ndarray:
    """Four flat blocks of unlike colours, 48 high and 64 wide: turned or swapped, it shows."""
    colours = [[(200, 30, 40), (30, 180, 60)], [(20, 40, 220), (240, 230, 30)]]
    return np.kron(np.array(colours, np.uint8), np.ones((24, 32, 1), np.uint8))


def save(picture: np.ndarray, path, orientation: int | None = None, **options):
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.fromarray(picture).save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photo_is_turned_upright(picture, tmp_path, suffix, orientation):
    path = save(picture, tmp_path / f"photo{suffix}", orientation)
    with Image.open(path) as opened:
        upright = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))

    image = read_photo(path).pixels

    # Pillow and OpenCV share libjpeg, their builds may differ by a level or two.
    assert np.abs(image.astype(int) - upright).max() <= 2


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_header_tells_the_size_as_seen(picture, tmp_path, suffix, orientation):
    path = save(picture, tmp_path / f"photo{suffix}", orientation)

    assert read_capture(path).size == read_photo(path).pixels.shape[:2]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_photo_is_rounded_to_8(tmp_path, suffix):
    deep = np.random.default_rng(1).integers(0, 65536, (6, 7, 3), dtype=np.uint16)
    path = tmp_path / f"deep{suffix}"
    cv2.imwrite(str(path), deep[:, :, ::-1])

    rounded = np.floor(deep.astype(float) / 257 + 0.5).astype(np.uint8)
    assert np.array_equal(read_photo(path).pixels, rounded)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_other_colour_modes_become_rgb(picture, tmp_path, mode):
    suffix = ".tif" if mode == "CMYK" else ".png"
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(picture).convert(mode).save(path)

    assert read_photo(path).pixels.shape == (48, 64, 3)


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


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that claims ``side`` pixels in width and height."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + name + content + check

    size = side.to_bytes(4, "big") * 2
    head = chunk(b"IHDR", size + bytes([8, 2, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [14_500, 60_000])
def test_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, side):
    path = tmp_path / "photo.png"
    path.write_bytes(bomb(side))

    with pytest.raises(CaptureError, match=r"claims .*pixels"):
        read_capture(path)


def test_floating_point_tiff_is_refused(tmp_path):
    path = tmp_path / "photo.tif"
    cv2.imwrite(str(path), np.ones((8, 8, 3), np.float32))

    with pytest.raises(CaptureError, match="export it with 8"):
        read_photo(path)


def test_reading_warns_of_nothing(picture, tmp_path):
    path = save(picture, tmp_path / "photo.jpg", 3)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_capture(path)
        read_photo(path)


HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
RAW_HEAD = b"FUJIFILMCCD-RAW 0201"


@pytest.mark.parametrize(
    ("name", "head", "extra"),
    [("photo.heic", HEIC_HEAD, "heif"), ("photo.raf", RAW_HEAD, "raw")],
)
def test_missing_extra_is_named(tmp_path, monkeypatch, name, head, extra):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = tmp_path / name
    path.write_bytes(head)

    with pytest.raises(CaptureError, match=rf"pip install 'seqsynth\[{extra}\]'"):
        read_capture(path)


def test_raw_exif_needs_no_extra(picture, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    exif = Image.Exif()
    exif[0x0110] = "D810"
    path = tmp_path / "photo.nef"
    Image.fromarray(picture).save(path, "TIFF", exif=exif)

    assert read_photo_exif(path).model == "D810"


class FakeHeic:
    """Answers as pillow-heif does: turned by the file's boxes, the EXIF tag still as written."""

    def __init__(self, picture, exif):
        self.picture, self.info = picture, {"exif": exif}
        self.size = (picture.shape[1], picture.shape[0])

    def to_pillow(self):
        return Image.fromarray(self.picture)


def test_heic_is_not_turned_twice(picture, tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    heic = FakeHeic(picture, exif.tobytes())
    module = types.SimpleNamespace(open_heif=lambda file: heic)
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    path = tmp_path / "photo.heic"
    path.write_bytes(HEIC_HEAD)

    assert read_capture(path).size == (48, 64)
    assert np.array_equal(read_photo(path).pixels, picture)


class FakeRaw:
    """Answers as rawpy does: sizes as on the sensor, the developed picture turned."""

    sizes = types.SimpleNamespace(height=64, width=48, flip=6)

    def __init__(self, picture):
        self.picture = picture

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None

    def postprocess(self, *, no_auto_bright, **options):
        assert no_auto_bright, "LibRaw would brighten every photo of a scene differently"
        return self.picture


def test_raw_is_developed_upright_and_without_brightness_of_its_own(picture, tmp_path, monkeypatch):
    module = types.SimpleNamespace(imread=lambda file: FakeRaw(picture), LibRawError=RuntimeError)
    monkeypatch.setitem(sys.modules, "rawpy", module)
    path = tmp_path / "photo.raf"
    path.write_bytes(RAW_HEAD)

    assert read_capture(path).size == (48, 64)
    assert np.array_equal(read_photo(path).pixels, picture)


def test_heic_of_the_real_library_is_read(picture, tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(Image.fromarray(picture)).save(path, quality=95)

    image = read_photo(path).pixels

    assert np.abs(image[8:16, 8:24].astype(int) - picture[8:16, 8:24]).max() <= 12
