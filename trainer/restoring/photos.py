"""A person's photo in and out of a file with all that belongs to it: EXIF, colour profile, depth.

Pixels are turned upright for the network, which has seen the world no other way, and turned back
for the file, whose EXIF orientation stays true.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import SourceError
from seqsynth.pictures import PictureFileError, Raster, encode_like, read


def read_photo(path: Path, *, bits: int = 16) -> Raster:
    """Read a photo of 8 or 16 bits.

    Parameters
    ----------
    bits : what the data of 16-bit files use; fewer are scaled to 16

    Raises
    ------
    SourceError
        The file cannot be read, is truncated, or holds floats.
    """
    with naming(path):
        return read(path, bits=bits)


def encode_photo(photo: Raster, restored: NDArray[np.float32], *, jpeg: bool) -> bytes:
    """Return a file like the photo's with other pixels.

    Parameters
    ----------
    restored : float32 (H, W, 3) in [0, 1], upright
    jpeg : as JPEG (8 bits, no alpha), else as PNG of the photo's depth

    Raises
    ------
    PictureFileError
        What belongs to the photo does not fit into such a file.
    """
    white = 255 if jpeg else photo.white
    kind = np.uint8 if white == 255 else np.uint16
    return encode_like(photo, np.rint(restored * white).astype(kind), jpeg=jpeg)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put a photo's path before what is wrong with it."""
    try:
        yield
    except PictureFileError as error:
        raise SourceError(f"{path}: {error}") from error
