"""Opening: which format a file has, and what its head says before any pixel is decoded."""

import io
import os
import stat
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image as PillowImage

from seqsynth.pictures.extras import import_extra, read_heic_head, read_raw_head
from seqsynth.pictures.faults import DECODE_FAULTS, Fault, PictureFileError
from seqsynth.pictures.formats import (
    EXTRAS,
    HEAD_BYTES,
    READ,
    PictureFormat,
    name_foreign,
    sniff_format,
)
from seqsynth.pictures.limits import MAX_PIXELS, check_size
from seqsynth.pictures.orientation import read_orientation, upright_size

# Pillow refuses pictures of over MAX_PIXELS too, and warns from half of that on; photos that large
# are real, and the warning is no help. Nor are those on odd EXIF, which turns nothing.
warnings.filterwarnings("ignore", category=PillowImage.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@dataclass(frozen=True)
class Head:
    """What a picture file says of itself before its pixels are decoded.

    Attributes
    ----------
    format : what its first bytes say it is
    size : height and width as seen, its orientation applied, px
    picture : Pillow's, not decoded, of which EXIF can be asked; None of HEIC and camera raw
    exif : the bare EXIF block of HEIC
    told : settings that LibRaw read of camera raw, by the names of EXIF values that mean the same
    """

    format: PictureFormat
    size: tuple[int, int]
    picture: PillowImage.Image | None = None
    exif: bytes = b""
    told: Mapping[str, Any] = field(default_factory=dict)


def open_file(path: Path) -> BinaryIO:
    """Open a picture file to read it.

    A link may lead to a pipe, which would be waited for, or to a device, which never ends.

    Raises
    ------
    PictureFileError
        It is no regular file.
    OSError
        The file system does not give it.
    """
    raw = io.FileIO(path, opener=_without_waiting)
    if not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
        raw.close()
        raise PictureFileError("is no regular file", Fault.UNREADABLE)
    return io.BufferedReader(raw)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def require_format(
    head: bytes, suffix: str = "", formats: Collection[PictureFormat] = READ
) -> PictureFormat:
    """Return the format of a file by its first bytes.

    Parameters
    ----------
    head : the first `HEAD_BYTES` bytes, or all there are
    suffix : the file's, which only tells camera raw from TIFF
    formats : what the caller reads

    Raises
    ------
    PictureFileError
        The file is empty, no picture, or of a format that is not read.
    """
    if not head:
        raise PictureFileError("is empty", Fault.EMPTY)
    found = sniff_format(head, suffix)
    if found is not None and found in formats:
        return found
    name = found.value if found else name_foreign(head)
    if not name:
        raise PictureFileError("is no picture, or torn at its head", Fault.FOREIGN)
    raise PictureFileError(
        f"is {name}, which is not read here", Fault.NOT_READ, "export it as JPEG, PNG or TIFF"
    )


def read_head(file: BinaryIO, suffix: str = "", formats: Collection[PictureFormat] = READ) -> Head:
    """Read what an open file says of itself; nothing is decoded.

    Raises
    ------
    PictureFileError
        As `require_format`, or it needs an extra, is torn at its head or claims over `MAX_PIXELS`
        pixels.
    """
    first = file.read(HEAD_BYTES)
    file.seek(0)
    found = require_format(first, suffix, formats)
    if found in EXTRAS:
        import_extra(found)
        read = read_heic_head if found is PictureFormat.HEIC else read_raw_head
        extra = read(file)
        head = Head(found, extra.size, exif=extra.exif, told=extra.told)
    else:
        picture = _open(file, found)
        stored = picture.size
        if found is PictureFormat.TIFF:
            # Pillow turns TIFF by itself when it loads, and from some version on says so before.
            tags: Any = picture
            stored = (int(tags.tag_v2[256]), int(tags.tag_v2[257]))
        head = Head(found, upright_size(stored, read_orientation(picture)), picture)
    check_size(*head.size)
    return head


def open_picture(data: bytes, picture_format: PictureFormat) -> PillowImage.Image:
    """Open a file's bytes with Pillow's reader of one format and no other; nothing is decoded.

    Raises
    ------
    PictureFileError
        It is torn at its head or claims over `MAX_PIXELS` pixels.
    """
    picture = _open(io.BytesIO(data), picture_format)
    # Pillow has a like limit, which a program may have lifted.
    check_size(picture.height, picture.width)
    return picture


def _open(file: BinaryIO | io.BytesIO, picture_format: PictureFormat) -> PillowImage.Image:
    try:
        return PillowImage.open(file, formats=(picture_format.upper(),))
    except PillowImage.DecompressionBombError as error:
        raise PictureFileError(
            f"claims more than {MAX_PIXELS:,} pixels, the limit", Fault.TOO_LARGE
        ) from error
    except DECODE_FAULTS as error:
        raise PictureFileError("is no picture, or torn at its head", Fault.HEAD) from error
