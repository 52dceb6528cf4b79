"""Sixteen bits a channel: read and written in full, which Pillow cannot, and scaled on request."""

import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as PillowImage

from seqsynth.pictures.faults import DECODE_FAULTS, Fault, PictureFileError
from seqsynth.pictures.orientation import Levels

WHITE = 65535

_PIXEL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""The chunks of a PNG that pixels come from; of the others libpng complains on stderr."""


def is_deep_colour(picture: PillowImage.Image, data: bytes) -> bool:
    """Say whether a colour picture has 16 bits a channel, which Pillow's modes do not tell."""
    if picture.mode not in ("RGB", "RGBA", "LA"):
        return False
    if picture.format == "PNG":
        return data[24] == 16
    return 16 in getattr(picture, "tag_v2", {}).get(ExifTags.Base.BitsPerSample, ())


def is_deep_grey(picture: PillowImage.Image) -> bool:
    """Say whether a picture is grey of 16 bits or more."""
    return picture.mode.startswith("I;16") or picture.mode == "I"


def decode_deep_colour(data: bytes) -> NDArray[np.uint16]:
    """Decode PNG or TIFF of 16 bits a channel to (H, W, 3 or 4), RGB or RGBA.

    OpenCV turns TIFF by its orientation, and PNG not.

    Raises
    ------
    PictureFileError
        It is torn, or of a variant that OpenCV does not read.
    """
    if data.startswith(b"\x89PNG"):
        data = data[:8] + b"".join(_pixel_chunks(data))
    try:
        deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except DECODE_FAULTS:
        deep = None
    if deep is None or deep.dtype != np.uint16 or deep.ndim != 3 or deep.shape[2] not in (3, 4):
        raise PictureFileError(
            "is of a kind of 16-bit picture that cannot be read", Fault.DEPTH, "convert it to 8"
        )
    return np.asarray(deep, np.uint16)[:, :, [2, 1, 0, 3][: deep.shape[2]]]


def decode_deep_grey(picture: PillowImage.Image) -> NDArray[np.uint16]:
    """Return grey of 16 bits or more as (H, W, 3), what lies above 16 bits cut off."""
    grey = np.asarray(picture).astype(np.int64).clip(0, WHITE).astype(np.uint16)
    return np.repeat(grey[:, :, None], 3, axis=2)


def round_to_8(levels: Levels, alpha: Levels | None) -> NDArray[np.uint8]:
    """Return 16-bit RGB (H, W, 3) over ``alpha`` (H, W) in 8 bits, on black, rounded once."""
    if alpha is None:
        return ((levels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    step = np.uint64(257 * WHITE)
    light: NDArray[np.uint64] = levels.astype(np.uint64) * alpha[:, :, None].astype(np.uint64)
    return ((light + step // np.uint64(2)) // step).astype(np.uint8)


def used_bits(levels: Levels) -> int:
    """Return how many bits 16-bit levels use: 10, 12 or 16; black uses 16, for nothing is known."""
    largest = int(levels.max(initial=0))
    return next((bits for bits in (10, 12) if 0 < largest < 2**bits), 16)


def scale_bits(levels: Levels, bits: int) -> Levels:
    """Scale 16-bit levels of so many bits to all 16; levels that use more bits stay as they are.

    Level l of b bits becomes l * 65535 / (2**b - 1), to the nearest.
    """
    white = 2**bits - 1
    if bits == 16 or int(levels.max(initial=0)) > white:
        return levels
    scaled: Levels = ((levels.astype(np.uint32) * WHITE + white // 2) // white).astype(np.uint16)
    return scaled


def encode_deep_png(
    stored: Levels, *, exif: bytes | None = None, profile: bytes | None = None
) -> bytes:
    """Return 16-bit RGB or RGBA (H, W, 3 or 4) as PNG, EXIF and profile put in by hand."""
    swapped = stored[:, :, [2, 1, 0, 3][: stored.shape[2]]]
    try:
        done, encoded = cv2.imencode(".png", swapped)
    except cv2.error:
        done = False
    if not done:
        raise PictureFileError("cannot be encoded as PNG by OpenCV", Fault.UNWRITABLE)
    data = encoded.tobytes()
    extra = b""
    if profile:
        extra += _chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile))
    if exif:
        extra += _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
    head = 8 + 25  # the signature and IHDR, after which both may stand
    return data[:head] + extra + data[head:]


def _pixel_chunks(data: bytes) -> Iterator[bytes]:
    """Yield the chunks of a PNG that its pixels come from, each checked."""
    place = 8
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        chunk = data[place:end]
        if chunk[4:8] in _PIXEL_CHUNKS:
            if len(chunk) != end - place or zlib.crc32(chunk[4:-4]) != int.from_bytes(
                chunk[-4:], "big"
            ):
                raise PictureFileError("is truncated or corrupt (a chunk's checksum)")
            yield chunk
        place = end


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
