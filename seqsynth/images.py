"""The one place where image files become uint8 RGB arrays, and arrays become image files."""

import io
import struct
import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as PillowImage

from seqsynth.errors import SourceError
from seqsynth.sequence import Image

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm"})

MAX_PIXELS = 178_956_970
"""Larger pictures are refused before they are decoded: a small file can claim any size."""

# Pillow refuses pictures of over MAX_PIXELS too, and warns from half of that on; photos that large
# are real, and the warning is no help.
warnings.filterwarnings("ignore", category=PillowImage.DecompressionBombWarning)

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
"""What is looked for behind any suffix: Pillow knows more, and some of it runs other programs."""

_TURNS = {
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_270,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_90,
}
"""EXIF orientation -> how to turn the picture upright."""


def read_photo(path: Path, scale: float = 1.0) -> Image:
    """Read a photo as uint8 RGB (H, W, 3): EXIF orientation applied, then shrunk by ``scale``.

    Raises
    ------
    SourceError
        The file cannot be read, is truncated, is no picture, or has over `MAX_PIXELS` pixels.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})") from error
    return shrink(decode_photo(data), scale)


def decode_photo(data: bytes) -> Image:
    """Decode an image file's bytes to uint8 RGB (H, W, 3), EXIF orientation applied.

    16-bit values are divided by 257 and rounded; transparent pixels lie on black, which adds no
    light to a blend; EXIF data that cannot be read turn nothing.

    Raises
    ------
    SourceError
        The bytes are no whole picture, claim over `MAX_PIXELS` pixels, or hold floats, whose white
        is unknown.
    """
    picture = _open(data)
    if picture.format == "JPEG" and picture.mode in ("RGB", "L"):
        # Same pixels as Pillow at 0.6 of the time; a truncated file gives None.
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise SourceError("is truncated or corrupt")
        return np.asarray(image, np.uint8)
    if picture.mode == "F":
        raise SourceError("holds floating-point values; convert it to 8 or 16 bits")
    try:
        return _decode_by_pillow(picture, data)
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"is truncated or corrupt ({error})") from error


def shrink(image: Image, scale: float) -> Image:
    """Shrink by area averaging to (round half up of H * scale, W * scale); 1.0 changes nothing."""
    if scale == 1.0:
        return image
    height, width = (max(1, int(side * scale + 0.5)) for side in image.shape[:2])
    # Pillow averages in fixed point, so the result does not depend on the processor. Rows and
    # columns apart, since which of them comes first has changed between its versions.
    rows = PillowImage.fromarray(image).resize((width, image.shape[0]), PillowImage.Resampling.BOX)
    return np.asarray(rows.resize((width, height), PillowImage.Resampling.BOX))


def encode(image: Image, suffix: str, **options: int) -> bytes:
    """Encode uint8 RGB as the format that ``suffix`` names (".png", ".jpg", ".webp")."""
    buffer = io.BytesIO()
    extension = PillowImage.registered_extensions()[suffix]
    PillowImage.fromarray(image).save(buffer, format=extension, **options)
    return buffer.getvalue()


def _open(data: bytes) -> PillowImage.Image:
    try:
        picture = PillowImage.open(io.BytesIO(data), formats=_FORMATS)
    except PillowImage.DecompressionBombError as error:
        raise SourceError(f"claims more than {MAX_PIXELS:,} pixels, the limit") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(
            "is empty" if not data else "is no picture, or torn at its head"
        ) from error
    if picture.width * picture.height > MAX_PIXELS:
        # Reached where a program has lifted Pillow's own limit.
        raise SourceError(f"claims more than {MAX_PIXELS:,} pixels, the limit")
    return picture


def _decode_by_pillow(picture: PillowImage.Image, data: bytes) -> Image:
    picture.load()
    turn = _turn(picture)
    if _is_deep_colour(picture, data):
        # Pillow keeps only the high byte of these. Both turn TIFF by themselves, and neither PNG.
        picture = PillowImage.fromarray(_decode_deep(data))
    return _to_rgb(picture if turn is None else picture.transpose(turn))


def _turn(picture: PillowImage.Image) -> PillowImage.Transpose | None:
    """Return how EXIF says to turn a picture upright; EXIF that is torn says nothing."""
    try:
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return None


def _is_deep_colour(picture: PillowImage.Image, data: bytes) -> bool:
    """Say whether a colour picture has 16 bits a channel, which Pillow's modes do not tell."""
    if picture.mode not in ("RGB", "RGBA", "LA"):
        return False
    if picture.format == "PNG":
        return data[24] == 16
    return 16 in getattr(picture, "tag_v2", {}).get(ExifTags.Base.BitsPerSample, ())


def _decode_deep(data: bytes) -> Image:
    """Decode colour of 16 bits a channel, on black where transparent."""
    deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.dtype != np.uint16 or deep.ndim != 3:
        raise SourceError("is of a kind of 16-bit picture that cannot be read; convert it to 8")
    colour: NDArray[np.uint64] = deep[:, :, 2::-1].astype(np.uint64)
    white = 65535
    alpha = deep[:, :, 3:].astype(np.uint64) if deep.shape[2] == 4 else np.uint64(white)
    step = np.uint64(257 * white)
    return ((colour * alpha + step // np.uint64(2)) // step).astype(np.uint8)


def _to_rgb(picture: PillowImage.Image) -> Image:
    """Convert any Pillow mode to uint8 RGB."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        values = np.asarray(picture).astype(np.uint32).clip(0, 65535)
        grey = ((values + 128) // 257).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.has_transparency_data:
        opaque = PillowImage.new("RGBA", picture.size, (0, 0, 0, 255))
        opaque.alpha_composite(picture.convert("RGBA"))
        picture = opaque
    return np.asarray(picture.convert("RGB"))
