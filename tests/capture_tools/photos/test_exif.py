"""What the camera wrote is read typed; what it did not write, or wrote wrongly, stays None."""

import datetime
import io
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from capture_tools.capture import Exif
from capture_tools.photos.exif import interpret_exif, parse_exif, read_exif

Tag = ExifTags.Base


def saved(exif: Image.Exif, photo_format: str = "JPEG") -> Image.Image:
    file = io.BytesIO()
    picture = Image.new("RGB", (8, 8))
    if photo_format == "TIFF":
        # Pillow's TIFF writer takes the details from a directory of tags only.
        tags = ImageFileDirectory_v2()
        for tag, value in (*exif.items(), (ExifTags.IFD.Exif, exif.get_ifd(ExifTags.IFD.Exif))):
            tags[tag] = value
        picture.save(file, photo_format, tiffinfo=tags)
    else:
        picture.save(file, photo_format, exif=exif)
    return Image.open(file)


def camera_exif() -> Image.Exif:
    """As a Nikon D810 of paper 4.1 would write it."""
    exif = Image.Exif()
    exif[Tag.Make] = "NIKON CORPORATION"
    exif[Tag.Model] = "NIKON D810"
    exif[Tag.Orientation] = 6
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[Tag.DateTimeOriginal] = "2019:05:02 14:15:30"
    details[Tag.SubsecTimeOriginal] = "07"
    details[Tag.ISOSpeedRatings] = 400
    details[Tag.FNumber] = IFDRational(56, 10)
    details[Tag.ExposureTime] = IFDRational(1, 125)
    details[Tag.WhiteBalance] = 1
    details[Tag.FocalLength] = IFDRational(35, 1)
    return exif


@pytest.mark.parametrize("photo_format", ["JPEG", "PNG", "TIFF"])
def test_every_tag_of_a_camera_is_read(photo_format: Any) -> None:
    found = read_exif(saved(camera_exif(), photo_format))

    assert found == Exif(
        make="NIKON CORPORATION",
        model="NIKON D810",
        time=datetime.datetime(2019, 5, 2, 14, 15, 30, 70_000),
        has_subsecond=True,
        iso=400,
        aperture=5.6,
        exposure_s=pytest.approx(0.008),
        white_balance="manual",
        focal_length_mm=35.0,
        orientation=6,
    )


def test_photo_without_exif_has_only_nones() -> None:
    assert read_exif(saved(Image.Exif())) == Exif()


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D810", "NIKON D810"),
        ("Google", "Pixel 2", "Google Pixel 2"),
        (None, "Pixel 2", "Pixel 2"),
        ("Google", None, "Google"),
        (None, None, None),
    ],
)
def test_camera_is_named_once(make: str | None, model: str | None, camera: str) -> None:
    assert Exif(make=make, model=model).camera == camera


@pytest.mark.parametrize(
    ("digits", "microsecond"), [("5", 500_000), ("07", 70_000), ("1234567", 123_456)]
)
def test_subsecond_digits_are_decimals(digits: str, microsecond: int) -> None:
    tags = {Tag.DateTimeOriginal: "2019:05:02 14:15:30", Tag.SubsecTimeOriginal: digits}

    found = interpret_exif(tags)

    assert found.time is not None
    assert (found.time.microsecond, found.has_subsecond) == (microsecond, True)


def test_time_of_exposure_goes_before_the_time_of_editing() -> None:
    tags = {Tag.DateTime: "2024:01:01 00:00:00", Tag.DateTimeOriginal: "2019:05:02 14:15:30"}

    assert interpret_exif(tags).time == datetime.datetime(2019, 5, 2, 14, 15, 30)


def test_clock_that_was_never_set_is_no_time() -> None:
    found = interpret_exif({Tag.DateTimeOriginal: "0000:00:00 00:00:00"})

    assert (found.time, found.unusable) == (None, ())


def test_saturated_iso_tag_points_to_the_wide_one() -> None:
    tags = {Tag.ISOSpeedRatings: 65535, Tag.RecommendedExposureIndex: 102400}

    assert interpret_exif(tags).iso == 102400


def test_aperture_and_exposure_follow_from_apex_values() -> None:
    # APEX: N = sqrt(2) ** A, t = 2 ** -S; A = 5, S = 7 are f/5.66 and 1/128 s.
    found = interpret_exif({Tag.ApertureValue: 5.0, Tag.ShutterSpeedValue: 7.0})

    assert (found.aperture, found.exposure_s) == (pytest.approx(5.657, abs=1e-3), 1 / 128)


def test_lens_without_contacts_has_no_aperture_and_says_so() -> None:
    found = interpret_exif({Tag.FNumber: IFDRational(0, 1)})

    assert (found.aperture, found.unusable) == (None, ("FNumber",))


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (Tag.ISOSpeedRatings, "fast"),
        (Tag.ISOSpeedRatings, ()),
        (Tag.FNumber, IFDRational(1, 0)),
        (Tag.FNumber, b""),
        (Tag.ExposureTime, -1.0),
        (Tag.ApertureValue, 1e9),
        (Tag.WhiteBalance, 7),
        (Tag.Orientation, 0),
        (Tag.DateTimeOriginal, "yesterday"),
        (Tag.FocalLength, float("nan")),
    ],
)
def test_nonsense_is_none_and_named(tag: ExifTags.Base, value: Any) -> None:
    found = interpret_exif({tag: value})

    assert found == Exif(unusable=(tag.name,))


def test_no_corruption_of_the_block_raises() -> None:
    block = camera_exif().tobytes()
    rng = np.random.default_rng(5)
    for _ in range(300):
        torn = bytearray(block[: rng.integers(8, len(block) + 1)])
        for position in rng.integers(0, len(torn), 4):
            torn[position] = rng.integers(256)
        assert isinstance(parse_exif(bytes(torn)), Exif)
