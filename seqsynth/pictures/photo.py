"""A photo as the synthesis and the benchmarks take it: uint8 RGB, upright, on black."""

from pathlib import Path

from seqsynth.pictures.decoding import decode, read_bytes
from seqsynth.pictures.scaling import Image, shrink


def read_photo(path: Path, scale: float = 1.0, *, bits: int = 16) -> Image:
    """Read a photo as uint8 RGB (H, W, 3): EXIF orientation applied, then shrunk by ``scale``.

    Raises
    ------
    PictureFileError
        The file cannot be read; see `decode_photo`.
    """
    return shrink(decode_photo(read_bytes(path), bits=bits), scale)


def decode_photo(data: bytes, *, bits: int = 16) -> Image:
    """Decode an image file's bytes to uint8 RGB (H, W, 3), EXIF orientation applied.

    16-bit values are divided by 257 and rounded; transparent pixels lie on black, which adds no
    light to a blend; EXIF data that cannot be read turn nothing.

    Parameters
    ----------
    bits : what the data of 16-bit files use; see `seqsynth.pictures.decode`

    Raises
    ------
    PictureFileError
        See `seqsynth.pictures.decode`.
    """
    return decode(data, bits=bits).to_rgb()
