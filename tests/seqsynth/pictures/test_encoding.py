"""A file is written like the one it came from, or it is said what does not fit into it."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from seqsynth.pictures import (
    Fault,
    PictureFileError,
    PictureFormat,
    Raster,
    decode,
    encode,
    encode_like,
)
from tests.drawing.files import with_exif


def exif_of(size: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * size
    return exif.tobytes()


def raster(**changes: Any) -> Raster:
    levels = np.random.default_rng(8).integers(0, 256, (12, 20, 3), dtype=np.uint8)
    return Raster(levels, None, PictureFormat.JPEG, **changes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_raster_is_stored_as_it_was(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = raster(orientation=orientation, exif=exif.tobytes(), profile=b"profile" * 5)
    again = decode(encode_like(photo, photo.levels, jpeg=False))
    np.testing.assert_array_equal(again.levels, photo.levels)
    assert (again.orientation, again.profile) == (orientation, photo.profile)


def test_exif_that_no_jpeg_holds_is_kept_in_a_png() -> None:
    photo = raster(exif=exif_of(90_000))
    assert len(decode(encode_like(photo, photo.levels, jpeg=False)).exif or b"") > 90_000
    with pytest.raises(PictureFileError) as refused:
        encode_like(photo, photo.levels, jpeg=True)
    assert refused.value.fault is Fault.UNWRITABLE
    assert str(refused.value).endswith("bytes of EXIF, and a JPEG holds 65,533; write it as PNG")


def test_exif_of_several_segments_is_read_in_full() -> None:
    block = exif_of(90_000)
    buffer = io.BytesIO()
    Image.fromarray(raster().levels).save(buffer, "JPEG")
    data = with_exif(buffer.getvalue(), block.removeprefix(b"Exif\0\0"))
    photo = decode(data)
    assert photo.levels.shape == (12, 20, 3)
    assert len(photo.exif or b"") == len(block)


def test_exif_just_within_a_jpeg_is_written() -> None:
    block = exif_of(65_532 - len(exif_of(1000)) + 1000)
    assert len(block) == 65_532
    photo = raster(exif=block)
    assert decode(encode_like(photo, photo.levels, jpeg=True)).exif == block


@pytest.mark.parametrize("width", [65_501, 66_000])
def test_side_that_no_jpeg_holds_is_said(width: int) -> None:
    levels = np.zeros((2, width, 3), np.uint8)
    photo = Raster(levels, None, PictureFormat.PNG)
    with pytest.raises(PictureFileError, match=f"is {width}x2 px, and JPEG holds sides of 65,500"):
        encode_like(photo, levels, jpeg=True)
    np.testing.assert_array_equal(decode(encode_like(photo, levels, jpeg=False)).levels, levels)
    with pytest.raises(PictureFileError, match="JPEG holds sides"):
        encode(levels, ".jpg")


def test_side_that_no_webp_holds_is_said() -> None:
    with pytest.raises(PictureFileError, match="WEBP holds sides of 16,383 px"):
        encode(np.zeros((16_384, 1, 3), np.uint8), ".webp")
