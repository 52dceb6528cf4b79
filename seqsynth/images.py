"""The one place where image files become uint8 RGB arrays, and arrays become image files."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from seqsynth.errors import SourceError
from seqsynth.sequence import Image

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm"})

MAX_PIXELS = 200_000_000
"""Larger pictures are refused before they are decoded: a small file can claim any size."""


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
    light to a blend.

    Raises
    ------
    SourceError
        The bytes are no whole picture, or claim over `MAX_PIXELS` pixels.
    """
    picture = _open(data)
    if picture.format == "JPEG" and picture.mode in ("RGB", "L"):
        # Same pixels as Pillow at 0.6 of the time; a truncated file gives None.
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise SourceError("is truncated or corrupt")
        return np.asarray(image, np.uint8)
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"is truncated or corrupt ({error})") from error
    return _to_rgb(ImageOps.exif_transpose(picture))


def shrink(image: Image, scale: float) -> Image:
    """Shrink by area averaging to (round half up of H * scale, W * scale); 1.0 changes nothing."""
    if scale == 1.0:
        return image
    height, width = (max(1, int(side * scale + 0.5)) for side in image.shape[:2])
    # Pillow averages in fixed point, so the result does not depend on the processor.
    shrunk = PillowImage.fromarray(image).resize((width, height), PillowImage.Resampling.BOX)
    return np.asarray(shrunk)


def encode(image: Image, suffix: str, **options: int) -> bytes:
    """Encode uint8 RGB as the format that ``suffix`` names (".png", ".jpg", ".webp")."""
    buffer = io.BytesIO()
    extension = PillowImage.registered_extensions()[suffix]
    PillowImage.fromarray(image).save(buffer, format=extension, **options)
    return buffer.getvalue()


def _open(data: bytes) -> PillowImage.Image:
    try:
        picture = PillowImage.open(io.BytesIO(data))
    except PillowImage.DecompressionBombError as error:
        raise SourceError(f"is too large to decode safely ({error})") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(
            "is empty" if not data else "is no picture, or torn at its head"
        ) from error
    if picture.width * picture.height > MAX_PIXELS:
        raise SourceError(
            f"claims {picture.width}x{picture.height} px, over the limit of {MAX_PIXELS:,} pixels"
        )
    return picture


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
