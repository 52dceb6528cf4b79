"""Sixteen bits are read, scaled and written to the last level, and nothing is said on stderr."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from seqsynth.pictures import PictureFileError, decode, decode_photo
from seqsynth.pictures.deep import encode_deep_png, scale_bits, used_bits
from tests.drawing.files import png_chunk, png_of, tiff_of


@pytest.fixture
def deep() -> np.ndarray:
    return np.random.default_rng(6).integers(0, 65536, (7, 11, 3), dtype=np.uint16)


@pytest.mark.parametrize("write", [png_of, tiff_of])
def test_colour_is_read_to_the_last_level(deep, write) -> None:
    raster = decode(write(deep))
    assert raster.white == 65535
    np.testing.assert_array_equal(raster.levels, deep)


def test_grey_is_read_to_the_last_level(deep) -> None:
    grey = np.ascontiguousarray(deep[:, :, 0])
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "TIFF")
    for data in (buffer.getvalue(), png_of(grey, colour_type=0)):
        np.testing.assert_array_equal(decode(data).levels, np.dstack([grey] * 3))


def test_alpha_is_kept_beside_the_levels(deep) -> None:
    alpha = np.arange(77, dtype=np.uint16).reshape(7, 11) * 851
    raster = decode(png_of(np.dstack([deep, alpha]), colour_type=6))
    np.testing.assert_array_equal(raster.levels, deep)
    np.testing.assert_array_equal(raster.alpha, alpha)


@pytest.mark.parametrize(
    ("largest", "bits"),
    [(0, 16), (1, 10), (1023, 10), (1024, 12), (4095, 12), (4096, 16), (65535, 16)],
)
def test_bits_are_told_by_the_largest_level(largest: int, bits: int) -> None:
    levels = np.zeros((3, 4, 3), np.uint16)
    levels[2, 1, 0] = largest
    assert used_bits(levels) == bits


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
def test_fewer_bits_are_scaled_so_that_white_is_white(bits: int) -> None:
    levels = np.arange(2**bits, dtype=np.uint16).reshape(-1, 1, 1).repeat(3, 2)
    truth = np.rint(levels.astype(np.float64) * 65535 / (2**bits - 1))
    np.testing.assert_array_equal(scale_bits(levels, bits), truth)


def test_file_with_a_higher_level_is_not_scaled(deep) -> None:
    assert scale_bits(deep, 10) is deep
    np.testing.assert_array_equal(decode(png_of(deep), bits=12).levels, deep)


def test_scaling_reaches_the_eight_bits(deep) -> None:
    shallow = deep >> 6
    truth = np.rint(np.rint(shallow.astype(float) * 65535 / 1023) / 257)
    np.testing.assert_array_equal(decode_photo(png_of(shallow), bits=10), truth)
    assert decode_photo(png_of(shallow)).max() == 4


def test_shallow_picture_is_described_with_the_way_out(deep) -> None:
    assert decode(png_of(deep)).describe_depth() == ""
    assert decode(png_of(deep >> 4)).describe_depth() == (
        "has 16 bits and no level above 4095, as 12-bit data: it is dark, and --bits 12 scales it"
    )
    assert decode(png_of(deep >> 4), bits=12).describe_depth() == ""
    eight = np.full((3, 3, 3), 9, np.uint8)
    assert decode(png_of(eight)).describe_depth() == ""


@pytest.mark.parametrize(
    "chunk",
    [
        (b"iCCP", b"profile\0\0" + zlib.compress(b"nonsense")),
        (b"eXIf", b"torn"),
        (b"gAMA", bytes(4)),
        (b"sBIT", b"\xff"),
    ],
)
def test_odd_chunks_are_passed_over_in_silence(deep, chunk, capfd) -> None:
    np.testing.assert_array_equal(decode(png_of(deep, chunk)).levels, deep)
    assert capfd.readouterr().err == ""


def test_flipped_bit_of_the_pixels_is_refused_in_silence(deep, capfd) -> None:
    data = bytearray(png_of(deep))
    data[len(data) - 30] ^= 1
    with pytest.raises(PictureFileError, match="is truncated or corrupt"):
        decode(bytes(data))
    assert capfd.readouterr().err == ""


def test_side_that_opencv_refuses_is_one_sentence(capfd) -> None:
    width = 2**20 + 1
    rows = zlib.compress(bytes(1 + 6 * width))
    head = struct.pack(">IIBBBBB", width, 1, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)
    with pytest.raises(PictureFileError, match="is of a kind of 16-bit picture"):
        decode(data)


def test_written_picture_is_read_by_another_library_with_all_it_was_given(deep) -> None:
    data = encode_deep_png(
        deep, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", profile=b"profile" * 9
    )
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    np.testing.assert_array_equal(read[:, :, ::-1], deep)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.info["icc_profile"] == b"profile" * 9
        assert picture.info["exif"].removeprefix(b"Exif\0\0").startswith(b"MM\0*")
