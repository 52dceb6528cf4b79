"""The one table of EXIF orientations, and the tag that names one of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from seqsynth.pictures.faults import DECODE_FAULTS

Levels = NDArray[np.unsignedinteger[Any]]
"""uint8 or uint16."""

_INVERSE = {6: 8, 8: 6}
"""Orientations that are not undone by themselves."""


def turn(levels: Levels, orientation: int) -> Levels:
    """Turn a stored raster (H, W, ...) upright, as an EXIF orientation of 1 to 8 says.

    Row 0 and column 0 of the raster are what the standard says of the number: of 6, "right-top",
    row 0 is the right side of the picture and column 0 its top.
    """
    if orientation >= 5:
        levels = levels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        levels = levels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        levels = levels[::-1]
    return levels


def turn_back(levels: Levels, orientation: int) -> Levels:
    """Turn an upright raster (H, W, ...) into the one that is stored under an orientation."""
    return turn(levels, _INVERSE.get(orientation, orientation))


def upright_size(stored: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Turn a stored (width, height) into the (height, width) that is seen, px."""
    width, height = stored
    return (width, height) if orientation >= 5 else (height, width)


def as_orientation(value: Any) -> int:
    """Return the orientation that a tag's value names: 1, as it is stored, where it names none.

    The standard has the tag as SHORT; cameras and programs also write LONG and BYTE, and all count.
    """
    if isinstance(value, (tuple, list, bytes)):
        value = value[0] if value else 1
    if isinstance(value, (str, type(None))):
        return 1
    try:
        return int(value) if value in range(1, 9) else 1
    except DECODE_FAULTS:
        return 1


def read_orientation(picture: Image.Image) -> int:
    """Return the orientation that an opened picture's EXIF asks for; torn EXIF asks for none.

    That of XMP is left alone: programs that turn a picture often forget it there.
    """
    for place in ("XML:com.adobe.xmp", "xmp"):
        picture.info.pop(place, None)
    try:
        return as_orientation(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except DECODE_FAULTS:
        return 1
