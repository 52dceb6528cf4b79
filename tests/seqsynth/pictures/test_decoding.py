"""Every kind of image file becomes the uint8 RGB it shows, or is refused with the reason."""

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as PillowImage

from seqsynth.errors import SourceError
from seqsynth.pictures import MAX_PIXELS, decode_photo, encode, read_photo, shrink

UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: stored[::-1].transpose(1, 0, 2),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: lambda stored: stored[:, ::-1].transpose(1, 0, 2),
}
"""EXIF orientation -> the upright picture, by what the standard says of row 0 and column 0.

6, "right-top": row 0 is the picture's right side, column 0 its top; and so on.
"""


@pytest.fixture
def scene() -> NDArray[np.uint8]:
    """Soft and without symmetry, so that JPEG keeps it well and every turn shows."""
    row, column = np.mgrid[0:40, 0:56]
    levels = np.stack([column * 4, row * 6, (row + column) * 2], -1)
    levels[5:12, 7:20] = (230, 30, 60)
    return levels.astype(np.uint8)


@pytest.fixture
def deep() -> NDArray[np.uint16]:
    """16-bit colour around the places where rounding and truncating differ."""
    levels = np.random.default_rng(1).integers(0, 65536, (12, 18, 3)).astype(np.uint16)
    levels[0, :6, 0] = [0, 127, 128, 129, 65406, 65535]
    return levels


def file_of(picture: PillowImage.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def turned(picture: PillowImage.Image, kind: str, orientation: int, **options: Any) -> bytes:
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return file_of(picture, kind, exif=exif.tobytes(), **options)


def png16(levels: NDArray[np.uint16], colour_type: int) -> bytes:
    """Write a 16-bit PNG by hand: Pillow cannot."""
    height, width = levels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return png(b"IHDR" + head, b"IDAT" + zlib.compress(rows), b"IEND")


def png(*chunks: bytes) -> bytes:
    framed = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def tiff16(levels: NDArray[np.uint16], orientation: int = 1) -> bytes:
    """Write an uncompressed 16-bit RGB TIFF by hand."""
    height, width, channels = levels.shape
    tags = [
        (256, width),
        (257, height),
        (258, 0),
        (259, 1),
        (262, 2),
        (273, 0),
        (274, orientation),
        (277, channels),
        (278, height),
        (279, levels.nbytes),
        (284, 1),
    ]
    depth_at = 8 + 2 + 12 * len(tags) + 4
    values = dict(tags) | {258: depth_at, 273: depth_at + 2 * channels}
    entries = [
        struct.pack("<HHI", tag, 4 if tag in (273, 279) else 3, channels if tag == 258 else 1)
        + struct.pack("<I", values[tag])
        for tag, _ in tags
    ]
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entries) + bytes(4)
    return head + struct.pack("<3H", 16, 16, 16) + levels.astype("<u2").tobytes()


def rounded(levels: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Divide by 257 to the nearest whole number; a tie cannot occur, since 257 is odd."""
    return np.rint(levels.astype(np.float64) / 257).astype(np.int64)


# JPEG


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_has_the_pixels_pillow_decodes(scene, options):
    data = file_of(PillowImage.fromarray(scene), "JPEG", quality=85, **options)
    truth = np.asarray(PillowImage.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(decode_photo(data), truth)


def test_jpeg_is_rgb_not_bgr(scene):
    scene[:] = (250, 128, 3)
    image = decode_photo(file_of(PillowImage.fromarray(scene), "JPEG", quality=95))
    np.testing.assert_allclose(image.mean((0, 1)), (250, 128, 3), atol=2)


def test_grey_jpeg_has_three_equal_channels(scene):
    data = file_of(PillowImage.fromarray(scene).convert("L"), "JPEG")
    truth = np.asarray(PillowImage.open(io.BytesIO(data)))
    np.testing.assert_array_equal(decode_photo(data), np.dstack([truth] * 3))


def test_cmyk_jpeg_shows_the_colours_it_was_made_from(scene):
    data = file_of(PillowImage.fromarray(scene).convert("CMYK"), "JPEG", quality=100)
    difference = decode_photo(data).astype(int) - scene
    assert np.abs(difference).mean() < 2


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_jpeg_is_turned_upright_by_exif(scene, orientation, mode):
    picture = PillowImage.fromarray(scene).convert(mode)
    stored = decode_photo(file_of(picture, "JPEG"))
    image = decode_photo(turned(picture, "JPEG", orientation))
    np.testing.assert_array_equal(image, UPRIGHT[orientation](stored))


# Other formats


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_colour_comes_back_exactly(scene, kind):
    np.testing.assert_array_equal(decode_photo(file_of(PillowImage.fromarray(scene), kind)), scene)


def test_lossless_webp_comes_back_exactly(scene):
    data = file_of(PillowImage.fromarray(scene), "WEBP", lossless=True)
    np.testing.assert_array_equal(decode_photo(data), scene)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_lossless_picture_is_turned_upright_by_exif(scene, orientation, kind):
    image = decode_photo(turned(PillowImage.fromarray(scene), kind, orientation))
    np.testing.assert_array_equal(image, UPRIGHT[orientation](scene))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
def test_grey_has_three_equal_channels(scene, kind):
    grey = scene[:, :, 0]
    image = decode_photo(file_of(PillowImage.fromarray(grey), kind))
    np.testing.assert_array_equal(image, np.dstack([grey] * 3))


def test_bilevel_is_black_and_white():
    drawn = np.indices((8, 8)).sum(0) % 2 == 0
    image = decode_photo(file_of(PillowImage.fromarray(drawn), "PNG"))
    np.testing.assert_array_equal(image[:, :, 1], np.where(drawn, 255, 0))


def test_palette_shows_its_colours():
    numbers = np.arange(12, dtype=np.uint8).reshape(3, 4) % 3
    colours = np.array([(200, 10, 30), (0, 255, 128), (7, 8, 9)], np.uint8)
    picture = PillowImage.fromarray(numbers, "P")
    picture.putpalette(colours.tobytes())
    np.testing.assert_array_equal(decode_photo(file_of(picture, "PNG")), colours[numbers])


def test_transparent_palette_entry_is_black():
    numbers = np.arange(12, dtype=np.uint8).reshape(3, 4) % 3
    picture = PillowImage.fromarray(numbers, "P")
    picture.putpalette([200, 10, 30, 0, 255, 128, 7, 8, 9])
    image = decode_photo(file_of(picture, "PNG", transparency=1))
    assert (image[numbers == 1] == 0).all()
    assert (image[numbers == 0] == (200, 10, 30)).all()


def test_alpha_lies_on_black(scene):
    alpha = np.linspace(0, 255, scene.shape[1]).astype(np.uint8)
    covered = np.dstack([scene, np.broadcast_to(alpha, scene.shape[:2])])
    image = decode_photo(file_of(PillowImage.fromarray(covered), "PNG"))
    truth = scene * (alpha[None, :, None] / 255)
    np.testing.assert_allclose(image, truth, atol=1)


def test_grey_with_alpha_lies_on_black(scene):
    covered = np.dstack([scene[:, :, 0], np.full(scene.shape[:2], 51, np.uint8)])
    image = decode_photo(file_of(PillowImage.fromarray(covered), "PNG"))
    np.testing.assert_allclose(image[:, :, 2], scene[:, :, 0] / 5, atol=1)


def test_cmyk_tiff_is_white_less_ink():
    inks = np.random.default_rng(2).integers(0, 256, (9, 9, 4)).astype(np.uint8)
    image = decode_photo(file_of(PillowImage.fromarray(inks, "CMYK"), "TIFF"))
    cyan_magenta_yellow, key = inks[:, :, :3].astype(float), inks[:, :, 3:].astype(float)
    truth = (255 - cyan_magenta_yellow) * (255 - key) / 255
    np.testing.assert_allclose(image, truth, atol=1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_rounded_to_eight(deep, kind):
    grey = deep[:, :, 0]
    image = decode_photo(file_of(PillowImage.fromarray(grey), kind))
    np.testing.assert_array_equal(image, np.dstack([rounded(grey)] * 3))


@pytest.mark.parametrize("write", [lambda levels: png16(levels, 2), tiff16], ids=["png", "tiff"])
def test_sixteen_bit_colour_is_rounded_to_eight(deep, write):
    np.testing.assert_array_equal(decode_photo(write(deep)), rounded(deep))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_sixteen_bit_tiff_is_turned_upright(deep, orientation):
    image = decode_photo(tiff16(deep, orientation))
    np.testing.assert_array_equal(image, UPRIGHT[orientation](rounded(deep)))


def test_sixteen_bit_png_is_turned_upright(deep):
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    whole = png16(deep, 2)
    chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    framed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    image = decode_photo(whole[:33] + framed + whole[33:])  # behind the header
    np.testing.assert_array_equal(image, UPRIGHT[6](rounded(deep)))


def test_sixteen_bit_alpha_lies_on_black(deep):
    alpha = np.full(deep.shape[:2], 13107, np.uint16)  # a fifth
    image = decode_photo(png16(np.dstack([deep, alpha]), 6))
    np.testing.assert_allclose(image, deep / 257 / 5, atol=0.5 + 1e-9)


def test_torn_exif_turns_nothing(scene):
    data = file_of(PillowImage.fromarray(scene), "PNG", exif=b"torn")
    np.testing.assert_array_equal(decode_photo(data), scene)


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_unknown_orientation_turns_nothing(scene, orientation):
    data = turned(PillowImage.fromarray(scene), "PNG", orientation)
    np.testing.assert_array_equal(decode_photo(data), scene)


# Refused


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_truncated_jpeg_is_refused_wherever_it_ends(scene, options):
    whole = file_of(PillowImage.fromarray(scene), "JPEG", **options)
    rng = np.random.default_rng(3)
    for length in [len(whole) - 1, len(whole) - 2, *rng.integers(1, len(whole), 30)]:
        with pytest.raises(SourceError, match=r"truncated|torn"):
            decode_photo(whole[: int(length)])


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP", "PPM"])
def test_truncated_picture_is_refused(scene, kind):
    whole = file_of(PillowImage.fromarray(scene), kind)
    with pytest.raises(SourceError, match=r"truncated|torn"):
        decode_photo(whole[: len(whole) * 2 // 3])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_files_decode_or_are_refused_but_never_fail_otherwise(scene):
    rng = np.random.default_rng(4)
    for kind in ("PNG", "TIFF", "BMP", "WEBP", "PPM"):
        whole = file_of(PillowImage.fromarray(scene), kind)
        for _ in range(40):
            data = bytearray(whole)
            for place in rng.integers(0, min(len(data), 400), 3):
                data[place] = rng.integers(0, 256)
            try:
                assert decode_photo(bytes(data)).dtype == np.uint8
            except SourceError:
                continue


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"<html>404 not found</html>", "is no picture, or torn at its head"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "is no picture"),
    ],
    ids=["empty", "page", "program"],
)
def test_what_is_no_picture_is_refused(data, reason):
    with pytest.raises(SourceError, match=reason):
        decode_photo(data)


def test_suffix_does_not_matter(scene, tmp_path):
    (tmp_path / "really-a-png.jpg").write_bytes(file_of(PillowImage.fromarray(scene), "PNG"))
    np.testing.assert_array_equal(read_photo(tmp_path / "really-a-png.jpg"), scene)


def test_floating_point_picture_is_refused():
    picture = PillowImage.fromarray(np.ones((4, 4), np.float32))
    with pytest.raises(SourceError, match="floating-point values; convert it to 8 or 16 bits"):
        decode_photo(file_of(picture, "TIFF"))


def claiming(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png(b"IHDR" + head, b"IDAT" + zlib.compress(bytes(100)), b"IEND")


def test_decompression_bomb_is_refused_before_it_is_decoded():
    with pytest.raises(SourceError, match="claims more than 178,956,970 pixels, the limit"):
        decode_photo(claiming(60_000, 60_000))


def test_decompression_bomb_is_refused_where_pillows_own_limit_is_lifted(monkeypatch):
    monkeypatch.setattr(PillowImage, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(SourceError, match="the limit"):
        decode_photo(claiming(MAX_PIXELS // 1000 + 1, 1000))


def test_unreadable_file_says_why(tmp_path):
    with pytest.raises(SourceError, match=r"cannot be read \(Is a directory\)"):
        read_photo(tmp_path)


@pytest.mark.parametrize("target", ["pipe", "/dev/zero"])
def test_what_never_ends_is_not_read(tmp_path: Path, target: str):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "photo.jpg").symlink_to(target)
    with pytest.raises(SourceError, match="is no regular file"):
        read_photo(tmp_path / "photo.jpg")


# Scaled and written


def test_photo_is_turned_before_it_is_shrunk(scene, tmp_path: Path):
    (tmp_path / "photo.png").write_bytes(turned(PillowImage.fromarray(scene), "PNG", 6))
    np.testing.assert_array_equal(
        read_photo(tmp_path / "photo.png", 0.5), shrink(UPRIGHT[6](scene).copy(), 0.5)
    )


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_encoded_picture_comes_back(scene, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    np.testing.assert_array_equal(decode_photo(encode(scene, suffix, **options)), scene)
