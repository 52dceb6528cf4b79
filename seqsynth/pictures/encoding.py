"""Encoding: levels to the bytes of a picture file."""

import io

import numpy as np
from PIL import Image as PillowImage

from seqsynth.pictures.decoding import Raster
from seqsynth.pictures.deep import encode_deep_png
from seqsynth.pictures.faults import DECODE_FAULTS, Fault, PictureFileError, in_brackets
from seqsynth.pictures.orientation import Levels, turn_back
from seqsynth.pictures.scaling import Image

WRITTEN = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Suffix -> the format that is written under it."""

JPEG_QUALITY = 95
"""Of a photo that was a JPEG and is written as one again."""

LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383, "PNG": 2**31 - 1}
"""What the libraries write at most, px."""

JPEG_EXIF_BYTES = 65533
"""What fits into the one segment that JPEG has for EXIF."""


def encode(image: Image, suffix: str, **options: int) -> bytes:
    """Encode uint8 RGB as the format that ``suffix`` names (".png", ".jpg", ".webp").

    Raises
    ------
    PictureFileError
        A side is longer than the format holds.
    """
    _check_sides(image, WRITTEN[suffix])
    buffer = io.BytesIO()
    PillowImage.fromarray(image).save(buffer, format=WRITTEN[suffix], **options)
    return buffer.getvalue()


def encode_like(raster: Raster, levels: Levels, *, jpeg: bool) -> bytes:
    """Return a file like the one a raster came from, with other levels.

    EXIF, its orientation and the colour profile are kept, and the raster is stored as it was.

    Parameters
    ----------
    levels : uint8 (H, W, 3) for JPEG, else of the raster's own type; upright
    jpeg : as JPEG (8 bits, no alpha), else as PNG

    Raises
    ------
    PictureFileError
        What the raster holds does not fit into the format.
    """
    _check_sides(levels, "JPEG" if jpeg else "PNG")
    if raster.alpha is not None and not jpeg:
        levels = np.dstack([levels, raster.alpha])
    stored = np.ascontiguousarray(turn_back(levels, raster.orientation))
    if stored.dtype == np.uint16:
        return encode_deep_png(stored, exif=raster.exif, profile=raster.profile)
    if jpeg and len(raster.exif or b"") > JPEG_EXIF_BYTES:
        raise PictureFileError(
            f"has {len(raster.exif or b''):,} bytes of EXIF, and a JPEG holds {JPEG_EXIF_BYTES:,}",
            Fault.UNWRITABLE,
            "write it as PNG",
        )
    options = {"quality": JPEG_QUALITY, "subsampling": 0} if jpeg else {}
    known = {"exif": raster.exif, "icc_profile": raster.profile}
    kept = {name: value for name, value in known.items() if value}
    buffer = io.BytesIO()
    try:
        PillowImage.fromarray(stored).save(buffer, "JPEG" if jpeg else "PNG", **options, **kept)
    except DECODE_FAULTS as error:
        kind = "JPEG" if jpeg else "PNG"
        raise PictureFileError(
            f"cannot be written as {kind}{in_brackets(error)}", Fault.UNWRITABLE
        ) from error
    return buffer.getvalue()


def _check_sides(levels: Levels, written: str) -> None:
    height, width = levels.shape[:2]
    if max(height, width) > LONGEST_SIDE[written]:
        raise PictureFileError(
            f"is {width}x{height} px, and {written} holds sides of {LONGEST_SIDE[written]:,} px",
            Fault.UNWRITABLE,
            "write it as PNG",
        )
