"""Photos: files to `Capture` (header) and `DecodedPhoto` (pixels); no file is ever changed."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from capture_tools.capture import Capture, CaptureError, Exif
from capture_tools.photos.exif import parse_exif, read_exif, read_raw_exif
from capture_tools.photos.working_view import Image
from seqsynth.pictures import (
    Fault,
    Head,
    PictureFileError,
    PictureFormat,
    decode,
    open_file,
    read_head,
)
from seqsynth.pictures.folders import is_litter
from seqsynth.pictures.formats import CAMERA, CAMERA_SUFFIXES, HEAD_BYTES
from seqsynth.pictures.opening import require_format

_ADVICE = {
    Fault.EMPTY: "copy it again from the camera",
    Fault.NOT_READ: "export it as JPEG or TIFF",
    Fault.EXTRA: "or export it as JPEG or TIFF",
    Fault.TORN: "copy it anew",
    Fault.TOO_LARGE: "export it at its true size",
    Fault.DEPTH: "export it with 8 or 16 bits a channel",
}
"""What to do about a photo that is still in the camera."""

_SENTENCES = {
    Fault.FOREIGN: "is no photo, whatever its name says: JPEG, PNG, TIFF, HEIC or raw",
    Fault.HEAD: "is torn at its head, or of an unusual kind: copy it again from the camera, or "
    "export it with 8 bits a channel",
}
"""What is said in other words, for something is known of the file: it should be a photo."""


@dataclass(frozen=True)
class DecodedPhoto:
    """A decoded photo: uint8 RGB (H, W, 3), upright, and the sha256 of the file it came from."""

    pixels: Image
    sha256: str


def is_photo_name(path: Path) -> bool:
    """Tell whether a file is a photo by its name; hidden files never are."""
    return path.suffix.lower() in CAMERA_SUFFIXES and not is_litter(path.name)


def read_capture(path: Path) -> Capture:
    """Read a photo's size and EXIF from the head of its file.

    Raises
    ------
    CaptureError
        The file is empty, no photo, torn at its head, or of a format whose extra is missing.
    """
    with _opened(path) as file:
        head = read_head(file, path.suffix, CAMERA)
        return Capture(path, head.format, head.size, _exif(head, file))


def read_photo(path: Path) -> DecodedPhoto:
    """Read and decode a photo.

    Raises
    ------
    CaptureError
        As `read_capture`, or the file is truncated or corrupt.
    """
    with _opened(path) as file:
        data = file.read()
        pixels = decode(data, path.suffix, formats=CAMERA).to_rgb()
    return DecodedPhoto(pixels, hashlib.sha256(data).hexdigest())


def read_photo_exif(path: Path) -> Exif:
    """Read a photo's EXIF alone; most raw files need no extra for it.

    Raises
    ------
    CaptureError
        As `read_capture`.
    """
    with _opened(path) as file:
        found = require_format(file.read(HEAD_BYTES), path.suffix, CAMERA)
        if found is PictureFormat.RAW:
            exif = read_raw_exif(file)
            if exif.time is not None:
                return exif
        file.seek(0)
        return _exif(read_head(file, path.suffix, CAMERA), file)


def _exif(head: Head, file: BinaryIO) -> Exif:
    if head.picture is not None:
        return read_exif(head.picture)
    if head.format is PictureFormat.HEIC:
        return parse_exif(head.exif)
    exif = read_raw_exif(file)
    return replace(
        exif, **{name: value for name, value in head.told.items() if getattr(exif, name) is None}
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, and put its name before whatever is wrong with it and what to do behind it."""
    try:
        with open_file(path) as file:
            yield file
    except PictureFileError as error:
        raise CaptureError(f"{path.name} {_sentence(error)}") from error
    except OSError as error:
        raise CaptureError(f"{path.name} cannot be read ({error.strerror or error})") from error


def _sentence(error: PictureFileError) -> str:
    if error.fault in _SENTENCES:
        return _SENTENCES[error.fault]
    if error.fault is Fault.EXTRA:
        return f"{error}, {_ADVICE[error.fault]}"
    reason = f"{error.reason} (0 bytes)" if error.fault is Fault.EMPTY else error.reason
    advice = _ADVICE.get(error.fault)
    return f"{reason}: {advice}" if advice else reason
