"""A person's photo in and out of a file with all that belongs to it: EXIF, colour profile, depth.

Pixels are turned upright for the network, which has seen the world no other way, and turned back
for the file, whose EXIF orientation stays true.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as Pictures

from seqsynth.errors import OutputError, SourceError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm"})

JPEG_QUALITY = 95

Levels = NDArray[np.unsignedinteger[Any]]
"""uint8 or uint16."""


@dataclass(frozen=True, eq=False)
class PhotoFile:
    """A photo decoded from a file, with all that goes back into one.

    Attributes
    ----------
    pixels : uint8 or uint16 (H, W, 3), RGB, upright
    alpha : (H, W) of the same type, upright, or None
    orientation : EXIF's number, 1 to 8, of the file's own raster
    exif, profile : as they stood in the file, or None
    jpeg : whether the file was one
    """

    pixels: Levels
    alpha: Levels | None
    orientation: int
    exif: bytes | None
    profile: bytes | None
    jpeg: bool

    @property
    def white(self) -> int:
        """The largest level: 255 or 65535."""
        return int(np.iinfo(self.pixels.dtype).max)


def read_photo(path: Path) -> PhotoFile:
    """Read a photo of 8 or 16 bits.

    Raises
    ------
    SourceError
        The file cannot be read, is truncated, or holds floats.
    """
    try:
        data = path.read_bytes()
        with Pictures.open(io.BytesIO(data)) as picture:
            picture.load()
            return _decode(picture, data)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from None
    except OSError as error:
        reason = error.strerror or "is no picture, or truncated"
        raise SourceError(f"{path}: cannot be read ({reason})") from error
    except (SyntaxError, ValueError, Pictures.DecompressionBombError) as error:
        raise SourceError(f"{path}: is torn or too large ({error})") from error


def encode_photo(photo: PhotoFile, restored: NDArray[np.float32], *, jpeg: bool) -> bytes:
    """Return a file like the photo's with other pixels.

    Parameters
    ----------
    restored : float32 (H, W, 3) in [0, 1], upright
    jpeg : as JPEG (8 bits, no alpha), else as PNG of the photo's depth
    """
    white = 255 if jpeg else photo.white
    kind = np.uint8 if white == 255 else np.uint16
    levels: Levels = np.rint(restored * white).astype(kind)
    if photo.alpha is not None and not jpeg:
        levels = np.dstack([levels, photo.alpha])
    stored = np.ascontiguousarray(_turn(levels, _INVERSE.get(photo.orientation, photo.orientation)))
    if stored.dtype == np.uint16:
        return _encode_deep(stored, photo)
    options = {"quality": JPEG_QUALITY, "subsampling": 0} if jpeg else {}
    known = {"exif": photo.exif, "icc_profile": photo.profile}
    kept = {name: value for name, value in known.items() if value}
    buffer = io.BytesIO()
    Pictures.fromarray(stored).save(buffer, "JPEG" if jpeg else "PNG", **options, **kept)
    return buffer.getvalue()


def encode_picture(pixels: NDArray[np.uint8], suffix: str) -> bytes:
    """Return uint8 (H, W, 3) as PNG or JPEG."""
    buffer = io.BytesIO()
    Pictures.fromarray(pixels).save(buffer, Pictures.registered_extensions()[suffix], quality=90)
    return buffer.getvalue()


_INVERSE = {6: 8, 8: 6}
"""Orientations that are not undone by themselves."""


def _turn(image: Levels, orientation: int) -> Levels:
    """Turn a raster as an EXIF orientation says."""
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return image


def _decode(picture: Pictures.Image, data: bytes) -> PhotoFile:
    if picture.mode == "F":
        raise SourceError("holds floating-point values; convert it to 8 or 16 bits")
    exif, orientation = _exif(picture)
    levels = _deep_levels(picture, data)
    if levels is not None and picture.format == "TIFF":
        # OpenCV turns TIFF by itself, so the EXIF must no longer ask for it.
        exif, orientation = None, 1
    if levels is None:
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        levels = np.asarray(picture.convert(mode))
    upright = _turn(levels, orientation)
    return PhotoFile(
        pixels=np.ascontiguousarray(upright[:, :, :3]),
        alpha=upright[:, :, 3] if upright.shape[2] == 4 else None,
        orientation=orientation,
        exif=exif,
        # A profile of grey or of inks means nothing for RGB.
        profile=picture.info.get("icc_profile") if "RGB" in picture.mode else None,
        jpeg=picture.format == "JPEG",
    )


def _exif(picture: Pictures.Image) -> tuple[bytes | None, int]:
    """Return the EXIF block and its orientation; torn EXIF says nothing."""
    try:
        exif = picture.getexif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        block = picture.info.get("exif") or (exif.tobytes() if len(exif) else None)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return None, 1
    return block, orientation if orientation in range(1, 9) else 1


def _deep_levels(picture: Pictures.Image, data: bytes) -> Levels | None:
    """Return uint16 (H, W, 3 or 4) of a 16-bit picture, None of another."""
    if picture.mode in ("I", "I;16", "I;16B", "I;16L"):
        grey = np.asarray(picture).astype(np.int64).clip(0, 65535).astype(np.uint16)
        return np.repeat(grey[:, :, None], 3, axis=2)
    bits = getattr(picture, "tag_v2", {}).get(ExifTags.Base.BitsPerSample, ())
    if not (16 in bits or (picture.format == "PNG" and data[24] == 16)):
        return None
    deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.dtype != np.uint16 or deep.ndim != 3 or deep.shape[2] < 3:
        raise SourceError("is of a kind of 16-bit picture that cannot be read; convert it to PNG")
    rgb: Levels = deep.astype(np.uint16)[:, :, [2, 1, 0, 3][: deep.shape[2]]]
    return rgb


def _encode_deep(stored: Levels, photo: PhotoFile) -> bytes:
    """Return a 16-bit PNG, which Pillow cannot write, with EXIF and profile put in by hand."""
    swapped = stored[:, :, [2, 1, 0, 3][: stored.shape[2]]]
    done, encoded = cv2.imencode(".png", swapped)
    if not done:
        raise OutputError("OpenCV cannot encode this picture as PNG")
    data = encoded.tobytes()
    extra = b""
    if photo.profile:
        extra += _chunk(b"iCCP", b"profile\0\0" + zlib.compress(photo.profile))
    if photo.exif:
        extra += _chunk(b"eXIf", photo.exif.removeprefix(b"Exif\0\0"))
    head = 8 + 25  # the signature and IHDR, after which both may stand
    return data[:head] + extra + data[head:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
