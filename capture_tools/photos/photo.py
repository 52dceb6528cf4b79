"""Photos: files to `Capture` (header) and `DecodedPhoto` (pixels); no file is ever changed."""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from capture_tools.capture import Capture, CaptureError, Exif, PhotoFormat
from capture_tools.photos.decoding import decode_photo, read_header, read_raw_exif, require_format
from capture_tools.photos.working_view import Image


@dataclass(frozen=True)
class DecodedPhoto:
    """A decoded photo: uint8 RGB (H, W, 3), upright, and the sha256 of the file it came from."""

    pixels: Image
    sha256: str


def read_capture(path: Path) -> Capture:
    """Read a photo's size and EXIF from the head of its file.

    Raises
    ------
    CaptureError
        The file is empty, no photo, torn at its head, or of a format whose extra is missing.
    """
    with _opened(path) as file:
        header = read_header(file, path)
    return Capture(path, header.photo_format, header.size, header.exif)


def read_photo(path: Path) -> DecodedPhoto:
    """Read and decode a photo.

    Raises
    ------
    CaptureError
        As `read_capture`, or the file is truncated or corrupt.
    """
    with _opened(path) as file:
        data = file.read()
        pixels = decode_photo(data, read_header(io.BytesIO(data), path))
    return DecodedPhoto(pixels, hashlib.sha256(data).hexdigest())


def read_photo_exif(path: Path) -> Exif:
    """Read a photo's EXIF alone; most raw files need no extra for it.

    Raises
    ------
    CaptureError
        As `read_capture`.
    """
    with _opened(path) as file:
        if require_format(file, path) is not PhotoFormat.RAW:
            return read_header(file, path).exif
        exif = read_raw_exif(file)
        if exif.time is not None:
            return exif
        file.seek(0)
        return read_header(file, path).exif


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file and put its name before whatever is wrong with it."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise CaptureError(f"{path.name} cannot be read ({error.strerror or error})") from error
    except CaptureError as error:
        raise CaptureError(f"{path.name} {error}") from error
