"""Fixtures of the captures tests: photos with EXIF, drawn and written where a test needs them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

DETAILS = {
    "time": ExifTags.Base.DateTimeOriginal,
    "subsecond": ExifTags.Base.SubsecTimeOriginal,
    "iso": ExifTags.Base.ISOSpeedRatings,
    "aperture": ExifTags.Base.FNumber,
    "exposure_s": ExifTags.Base.ExposureTime,
    "white_balance": ExifTags.Base.WhiteBalance,
    "focal_length_mm": ExifTags.Base.FocalLength,
}
BASICS = {"camera": ExifTags.Base.Model, "orientation": ExifTags.Base.Orientation}

SavePhoto = Callable[..., Path]


@pytest.fixture
def save_photo() -> SavePhoto:
    """Write a photo: ``save_photo(path, pixels, time="2019:05:02 14:15:30", iso=400, ...)``.

    Without pixels it is a small noise picture that differs from path to path.
    """

    def save(path: Path, pixels: np.ndarray | None = None, **tags: Any) -> Path:
        if pixels is None:
            seed = sum(path.as_posix().encode())
            pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        exif = Image.Exif()
        for name, value in tags.items():
            if name in BASICS:
                exif[BASICS[name]] = value
            else:
                exif.get_ifd(ExifTags.IFD.Exif)[DETAILS[name]] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(
            path, exif=exif, **({"quality": 95} if "jp" in path.suffix.lower() else {})
        )
        return path

    return save
