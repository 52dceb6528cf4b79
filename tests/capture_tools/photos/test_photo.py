"""Photos are read upright, in RGB, whole or not at all, whatever they are named."""

import datetime
import hashlib
import sys
import types
import warnings
import zlib

import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image, ImageOps

from capture_tools.capture import CaptureError, PhotoFormat
from capture_tools.photos.photo import read_capture, read_photo, read_photo_exif


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


def write_dng(path, light, orientation=1):
    """Write linear light (H, W) as a raw photo of a grey scene, behind a Bayer pattern."""
    matrix = (3.2405, -1.5371, -0.4985, -0.9693, 1.876, 0.0416, 0.0556, -0.204, 1.0572)
    tags = [
        (272, "s", 0, "Drawn One", True),
        (274, "H", 1, orientation, True),
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, (0, 1, 1, 2), True),
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Drawn One", True),
        (50721, "2i", 9, [part for m in matrix for part in (round(m * 10_000), 10_000)], True),
        (50728, "2I", 3, (1, 1) * 3, True),
    ]
    raw = np.rint(light * 65535).astype(np.uint16)
    clock = "2019:05:02 14:15:30"
    tifffile.imwrite(path, raw, photometric=32803, datetime=clock, extratags=tags, metadata=None)
    return path


LIGHT = np.kron([[0.05, 0.5], [0.2, 0.01]], np.ones((32, 48)))


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_raw_photo_is_developed_to_srgb_and_turned_upright(tmp_path, orientation, turns):
    path = write_dng(tmp_path / "photo.dng", LIGHT, orientation)

    image = read_photo(path).pixels

    # sRGB of the four levels of light, by the formula of IEC 61966-2-1.
    expected = np.rot90([[63, 188], [124, 25]], turns)
    rows, columns = image.shape[0] // 4, image.shape[1] // 4
    middles = image[rows :: 2 * rows, columns :: 2 * columns]
    assert read_capture(path).size == image.shape[:2]
    assert np.abs(middles.astype(int) - expected[:, :, None]).max() <= 1


def test_brightness_of_a_raw_photo_is_its_own(tmp_path):
    # The same scene beside something bright: LibRaw's own brightness would darken it.
    for name, bright in (("dim", 0.2), ("bright", 0.9)):
        light = np.full((64, 96), 0.2)
        light[:, 48:] = bright
        write_dng(tmp_path / f"{name}.dng", light)

    dim, bright = (read_photo(tmp_path / f"{name}.dng").pixels for name in ("dim", "bright"))

    assert np.abs(dim[32, 20].astype(int) - bright[32, 20]).max() <= 1


def test_raw_exif_needs_no_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = write_dng(tmp_path / "photo.dng", LIGHT)

    exif = read_photo_exif(path)

    assert (exif.model, exif.time) == ("Drawn One", datetime.datetime(2019, 5, 2, 14, 15, 30))


def test_torn_raw_photo_is_refused(tmp_path):
    path = write_dng(tmp_path / "photo.dng", LIGHT)
    path.write_bytes(path.read_bytes()[:5000])

    with pytest.raises(CaptureError, match=r"^photo.dng is torn.* \(Input/output error\)"):
        read_photo(path)


class FakeOther:
    """What rawpy tells of a raw file that is built like no TIFF."""

    iso_speed, shutter_speed, aperture, focal_length = 200.0, 0.01, 5.6, 0.0
    timestamp = datetime.datetime(2019, 5, 2, 14, 15, 30)


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1)])
def test_heic_photo_is_turned_upright_once(picture, tmp_path, orientation, turns):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.heic"
    # Given as bytes the orientation also goes into the boxes of the file, as phones write it.
    pillow_heif.from_pillow(Image.fromarray(picture)).save(path, exif=exif.tobytes(), quality=95)

    image = read_photo(path).pixels

    upright = np.rot90(picture, turns)
    assert read_capture(path).size == image.shape[:2] == upright.shape[:2]
    assert np.abs(image[4::16, 4::16].astype(int) - upright[4::16, 4::16]).max() <= 12


def test_heic_photo_keeps_its_exif(picture, tmp_path):
    exif = Image.Exif()
    exif[0x0110] = "Pixel 2"
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(Image.fromarray(picture)).save(path, exif=exif.tobytes())

    assert read_capture(path).exif.model == "Pixel 2"


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_torn_heic_photo_is_refused(picture, tmp_path, share):
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

    def __init__(self, picture):
        self.picture = picture

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None


def test_settings_that_only_libraw_finds_are_taken_over(picture, tmp_path, monkeypatch):
    module = types.SimpleNamespace(imread=lambda file: FakeRaw(picture), LibRawError=RuntimeError)
    monkeypatch.setitem(sys.modules, "rawpy", module)
    path = tmp_path / "photo.raf"
    path.write_bytes(RAW_HEAD)

    exif = read_photo_exif(path)

    assert (exif.iso, exif.exposure_s, exif.aperture) == (200, 0.01, 5.6)
    assert exif.focal_length_mm is None
    assert exif.time == FakeOther.timestamp
