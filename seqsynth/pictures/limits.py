"""How large a picture may be."""

from seqsynth.pictures.faults import Fault, PictureFileError

MAX_PIXELS = 178_956_970
"""Larger pictures are refused before they are decoded: a small file can claim any size."""


def check_size(height: int, width: int) -> None:
    """Refuse a picture of over `MAX_PIXELS` pixels."""
    if height * width > MAX_PIXELS:
        raise PictureFileError(
            f"claims more than {MAX_PIXELS:,} pixels, the limit", Fault.TOO_LARGE
        )
