"""One table of orientations, and one way to read the tag, for every format and depth."""

import io

import numpy as np
import pytest
from PIL import Image

from seqsynth.pictures import decode, decode_photo, read_head
from seqsynth.pictures.orientation import as_orientation, turn, turn_back, upright_size
from tests.drawing.files import exif_block, png_of, tiff_of, with_exif

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
"""Orientation -> the upright picture, by what the standard says of row 0 and column 0."""


@pytest.fixture
def stored() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (6, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_raster_is_turned_as_the_standard_says_and_back(stored, orientation) -> None:
    upright = turn(stored, orientation)
    np.testing.assert_array_equal(upright, UPRIGHT[orientation](stored))
    np.testing.assert_array_equal(turn_back(upright, orientation), stored)
    assert upright_size((9, 6), orientation) == upright.shape[:2]


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("kind", ["short", "long", "byte"])
def test_every_type_of_the_tag_counts_in_jpeg_and_png(stored, orientation, endian, kind) -> None:
    block = exif_block(orientation, kind, endian)
    flat = np.kron(stored, np.ones((8, 8, 1), np.uint8))
    buffer = io.BytesIO()
    Image.fromarray(flat).save(buffer, "JPEG", quality=95)
    plain = buffer.getvalue()
    np.testing.assert_array_equal(
        decode_photo(with_exif(plain, block)), UPRIGHT[orientation](decode_photo(plain))
    )
    np.testing.assert_array_equal(
        decode_photo(png_of(stored, (b"eXIf", block))), UPRIGHT[orientation](stored)
    )


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["short", "long"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_every_type_of_the_tag_counts_in_tiff(stored, orientation, kind, depth) -> None:
    levels = stored.astype(depth) * (257 if depth is np.uint16 else 1)
    raster = decode(tiff_of(levels, orientation, kind=kind))
    np.testing.assert_array_equal(raster.levels, UPRIGHT[orientation](levels))
    # It was turned by whoever decoded it, and must not be turned again.
    assert raster.orientation == 1


@pytest.mark.parametrize("orientation", [1, 6])
def test_head_tells_the_size_of_a_tiff_as_seen(stored, orientation) -> None:
    head = read_head(io.BytesIO(tiff_of(stored, orientation, kind="long")))
    assert head.size == ((6, 9) if orientation == 1 else (9, 6))


def test_orientation_of_xmp_is_left_alone(stored) -> None:
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0" + b'<x tiff:Orientation="6"/>'
    np.testing.assert_array_equal(decode_photo(png_of(stored, (b"iTXt", xmp))), stored)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (6, 6),
        (6.0, 6),
        ((6, 1), 6),
        (b"\6", 6),
        ((), 1),
        (b"", 1),
        ("6", 1),
        (None, 1),
        (0, 1),
        (9, 1),
        (6.5, 1),
        (float("nan"), 1),
    ],
)
def test_only_whole_numbers_from_1_to_8_turn(value, found) -> None:
    assert as_orientation(value) == found
