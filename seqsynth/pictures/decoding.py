"""Decoding: the bytes of a picture file to levels, upright, at the precision the file has."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags
from PIL import Image as PillowImage

from seqsynth.pictures.deep import (
    decode_deep_colour,
    decode_deep_grey,
    is_deep_colour,
    is_deep_grey,
    round_to_8,
    scale_bits,
    used_bits,
)
from seqsynth.pictures.extras import decode_heic, decode_raw
from seqsynth.pictures.faults import DECODE_FAULTS, Fault, PictureFileError, in_brackets
from seqsynth.pictures.formats import EXTRAS, HEAD_BYTES, READ, PictureFormat
from seqsynth.pictures.opening import open_file, open_picture, require_format
from seqsynth.pictures.orientation import Levels, read_orientation, turn
from seqsynth.pictures.plain import is_plain_jpeg
from seqsynth.pictures.scaling import Image


@dataclass(frozen=True, eq=False)
class Raster:
    """A decoded picture and what its file says of it.

    Attributes
    ----------
    levels : uint8 or uint16 (H, W, 3), RGB, upright
    alpha : (H, W) of the same type, upright, or None
    format : what the file is
    orientation : EXIF's number, 1 to 8, of the file's own raster
    exif, profile : as they stood in the file, or None; no profile of grey or of inks
    """

    levels: Levels
    alpha: Levels | None
    format: PictureFormat
    orientation: int = 1
    exif: bytes | None = None
    profile: bytes | None = None

    @property
    def white(self) -> int:
        """The largest level there can be: 255 or 65535."""
        return 255 if self.levels.dtype == np.uint8 else 65535

    @property
    def bits(self) -> int:
        """How many bits a level uses: 8, or 10, 12 or 16 in a file of 16."""
        return 8 if self.white == 255 else used_bits(self.levels)

    def describe_depth(self) -> str:
        """Return a sentence where 16 bits hold data of 10 or 12, which look dark; else ""."""
        if self.bits not in (10, 12):
            return ""
        return (
            f"has 16 bits and no level above {2**self.bits - 1}, as {self.bits}-bit data: it is "
            f"dark, and --bits {self.bits} scales it"
        )

    def to_rgb(self) -> Image:
        """Return it as uint8 (H, W, 3), on black where it is transparent.

        16-bit values are divided by 257 and rounded; black adds no light to a blend.
        """
        if self.white != 255:
            return round_to_8(self.levels, self.alpha)
        if self.alpha is None:
            return np.asarray(self.levels, np.uint8)
        covered = PillowImage.fromarray(np.dstack([self.levels, self.alpha]))
        black = PillowImage.new("RGBA", covered.size, (0, 0, 0, 255))
        black.alpha_composite(covered)
        return np.asarray(black.convert("RGB"))


def decode(
    data: bytes,
    suffix: str = "",
    *,
    formats: Collection[PictureFormat] = READ,
    bits: int = 16,
) -> Raster:
    """Decode a picture file's bytes at the precision they have, EXIF orientation applied.

    Parameters
    ----------
    suffix : the file's, which only tells camera raw from TIFF
    formats : what the caller reads
    bits : what the data of 16-bit files use; 10 and 12 are scaled to all 16, where no level of the
        file is higher

    Raises
    ------
    PictureFileError
        The bytes are no whole picture of these formats, claim over `MAX_PIXELS` pixels, need an
        extra, or hold floats, whose white is unknown.
    """
    found = require_format(data[:HEAD_BYTES], suffix, formats)
    if found in EXTRAS:
        return _decode_by_extra(data, found)
    if is_plain_jpeg(data) and (stored := _decode_by_opencv(data)) is not None:
        return _raster(stored, PictureFormat.JPEG)
    picture = open_picture(data, found)
    if picture.format == "JPEG" and picture.mode in ("RGB", "L"):
        return _decode_jpeg(picture, data)
    if picture.mode == "F":
        raise PictureFileError(
            "holds floating-point values", Fault.DEPTH, "convert it to 8 or 16 bits"
        )
    try:
        raster = _decode_by_pillow(picture, data, found)
    except PictureFileError:
        raise
    except PillowImage.DecompressionBombError as error:
        raise PictureFileError(
            f"claims too many pixels{in_brackets(error)}", Fault.TOO_LARGE
        ) from error
    except DECODE_FAULTS as error:
        raise PictureFileError(f"is truncated or corrupt{in_brackets(error)}") from error
    return _scaled(raster, bits)


def read(path: Path, *, formats: Collection[PictureFormat] = READ, bits: int = 16) -> Raster:
    """Read and decode a picture file; see `decode`.

    Raises
    ------
    PictureFileError
        See `decode`; or the file system does not give the file.
    """
    return decode(read_bytes(path), path.suffix, formats=formats, bits=bits)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; `PictureFileError` where the file system does not give them."""
    try:
        with open_file(path) as file:
            return file.read()
    except PictureFileError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureFileError(f"cannot be read ({reason})", Fault.UNREADABLE) from error


def _decode_jpeg(picture: PillowImage.Image, data: bytes) -> Raster:
    stored = _decode_by_opencv(data)
    if stored is None:
        raise PictureFileError("is truncated or corrupt")
    return _with_details(picture, stored, PictureFormat.JPEG)


def _decode_by_opencv(data: bytes) -> Image | None:
    """Decode a JPEG by OpenCV, None where it is torn: Pillow's pixels at 0.6 of the time.

    `cv2.imread` would return a full picture with a made-up rest.
    """
    # Not OpenCV's own turn: it reads the tag as SHORT whatever its type.
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        stored = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except DECODE_FAULTS:
        return None
    return None if stored is None else np.asarray(stored, np.uint8)


def _decode_by_pillow(
    picture: PillowImage.Image, data: bytes, picture_format: PictureFormat
) -> Raster:
    read_orientation(picture)  # before Pillow turns TIFF, so that XMP has no say in it
    picture.load()
    deep = None
    if is_deep_grey(picture):
        deep = decode_deep_grey(picture)
    elif is_deep_colour(picture, data):
        deep = decode_deep_colour(data)
    if deep is not None and picture_format is PictureFormat.TIFF:
        # Turned already: the EXIF must no longer ask for it.
        return _raster(deep, picture_format, profile=_profile(picture))
    if deep is not None:
        return _with_details(picture, deep, picture_format)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return _with_details(picture, np.asarray(picture.convert(mode)), picture_format)


def _decode_by_extra(data: bytes, picture_format: PictureFormat) -> Raster:
    if picture_format is PictureFormat.RAW:
        return Raster(decode_raw(data), None, picture_format)
    picture = decode_heic(data)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    exif = _without_orientation(picture.info.get("exif"))
    levels = np.asarray(picture.convert(mode))
    return _raster(levels, picture_format, exif=exif, profile=_profile(picture))


def _with_details(
    picture: PillowImage.Image, stored: Levels, picture_format: PictureFormat
) -> Raster:
    """Turn a stored raster upright, and add what the file says of it."""
    orientation = read_orientation(picture)
    return _raster(
        turn(stored, orientation),
        picture_format,
        orientation=orientation,
        exif=_exif_block(picture),
        profile=_profile(picture),
    )


def _raster(
    upright: Levels,
    picture_format: PictureFormat,
    *,
    orientation: int = 1,
    exif: bytes | None = None,
    profile: bytes | None = None,
) -> Raster:
    return Raster(
        np.ascontiguousarray(upright[:, :, :3]),
        np.ascontiguousarray(upright[:, :, 3]) if upright.shape[2] == 4 else None,
        picture_format,
        orientation,
        exif,
        profile,
    )


def _scaled(raster: Raster, bits: int) -> Raster:
    if bits == 16 or raster.white == 255:
        return raster
    alpha = None if raster.alpha is None else scale_bits(raster.alpha, bits)
    return replace(raster, levels=scale_bits(raster.levels, bits), alpha=alpha)


def _profile(picture: PillowImage.Image) -> bytes | None:
    """Return the colour profile; one of grey or of inks means nothing for RGB."""
    return picture.info.get("icc_profile") if "RGB" in picture.mode else None


def _exif_block(picture: PillowImage.Image) -> bytes | None:
    """Return the EXIF block as it stands in the file; None where there is none, or it is torn."""
    try:
        exif = picture.getexif()
        exif.get(ExifTags.Base.Orientation)
        return picture.info.get("exif") or (exif.tobytes() if len(exif) else None)
    except DECODE_FAULTS:
        return None


def _without_orientation(block: bytes | None) -> bytes | None:
    """Return an EXIF block that asks for no turn; None where it is torn."""
    if not block:
        return None
    exif = PillowImage.Exif()
    try:
        exif.load(block)
        if ExifTags.Base.Orientation not in exif:
            return block
        exif[ExifTags.Base.Orientation] = 1
        return exif.tobytes()
    except DECODE_FAULTS:
        return None
