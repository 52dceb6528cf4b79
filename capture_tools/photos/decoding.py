"""Decoding: the bytes of a photo file to its header and to uint8 RGB pixels, upright."""

import importlib
import io
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image as PillowImage

from capture_tools.capture import CaptureError, Exif, PhotoFormat
from capture_tools.photos.exif import parse_exif, read_exif, read_tiff_exif
from capture_tools.photos.formats import HEADER_BYTES, sniff_format
from capture_tools.photos.working_view import Image

MAX_PIXELS = 200_000_000
"""Larger photos are refused before they are decoded: a small file can claim any size."""

DECODE_FAULTS = (OSError, SyntaxError, ValueError, EOFError, RuntimeError, OverflowError)
"""What Pillow and pillow-heif raise on files that are torn or are not what they claim."""

EXTRAS = {
    PhotoFormat.HEIC: ("pillow_heif", "pillow-heif", "heif"),
    PhotoFormat.RAW: ("rawpy", "rawpy", "raw"),
}
"""Formats that need an extra: the module, its name on the package index, our extra's name."""


@dataclass(frozen=True)
class Header:
    """What a photo file says of itself before its pixels are decoded.

    ``size`` is (height, width) with the orientation applied; ``orientation`` is what is left
    for us to apply after decoding (1: nothing).
    """

    photo_format: PhotoFormat
    size: tuple[int, int]
    exif: Exif
    orientation: int


def read_header(file: BinaryIO, path: Path) -> Header:
    """Read size and EXIF of an open photo without decoding it; ``path`` serves its suffix.

    Raises
    ------
    CaptureError
        The file is no photo, claim over `MAX_PIXELS` pixels, or need an extra.
    """
    photo_format = require_format(file, path)
    if photo_format is PhotoFormat.HEIC:
        header = _read_heic_header(file)
    elif photo_format is PhotoFormat.RAW:
        header = _read_raw_header(file)
    else:
        header = _read_pillow_header(file, photo_format)
    height, width = header.size
    if height * width > MAX_PIXELS:
        raise CaptureError(
            f"claims {width}x{height} px, over the limit of {MAX_PIXELS:,} pixels: "
            "export it at its true size"
        )
    return header


def decode_photo(data: bytes, header: Header) -> Image:
    """Decode a photo to uint8 RGB (H, W, 3) with its orientation applied.

    16-bit values are divided by 257 and rounded.

    Raises
    ------
    CaptureError
        The file is truncated or corrupt.
    """
    if header.photo_format is PhotoFormat.HEIC:
        return _decode_heic(data)
    if header.photo_format is PhotoFormat.RAW:
        return _decode_raw(data)
    # Not `cv2.imread`: of a truncated JPEG it returns a full picture with a made-up rest, where
    # `cv2.imdecode` returns None. Not IMREAD_COLOR_RGB either: it swaps no 16-bit TIFF.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if picture is None:
        raise CaptureError(f"is truncated or corrupt{_pillow_reason(data)}: copy it anew")
    image = _as_image(cv2.cvtColor(_to_8_bit(picture), cv2.COLOR_BGR2RGB))
    return turn_upright(image, header.orientation)


def turn_upright(image: Image, orientation: int) -> Image:
    """Turn a picture as its EXIF orientation (1-8) asks."""
    if orientation in (5, 7):
        image = _as_image(cv2.transpose(image))
    flips = {2: 1, 4: 0, 7: -1}
    turns = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
    if orientation in flips:
        return _as_image(cv2.flip(image, flips[orientation]))
    if orientation in turns:
        return _as_image(cv2.rotate(image, turns[orientation]))
    return image


def require_format(file: BinaryIO, path: Path) -> PhotoFormat:
    """Tell the format of an open photo, and rewind it; `CaptureError` where it is none of ours."""
    first_bytes = file.read(HEADER_BYTES)
    file.seek(0)
    if not first_bytes:
        raise CaptureError("is empty (0 bytes): copy it again from the camera")
    photo_format = sniff_format(first_bytes, path)
    if photo_format is None:
        raise CaptureError("is no photo, whatever its name says: JPEG, PNG, TIFF, HEIC or raw")
    return photo_format


def _read_pillow_header(file: BinaryIO, photo_format: PhotoFormat) -> Header:
    with warnings.catch_warnings():
        # Pillow warns from half of its own limit on; ours is checked by the caller.
        warnings.simplefilter("ignore")
        try:
            picture = PillowImage.open(file)
        except PillowImage.DecompressionBombError as error:
            raise CaptureError(f"claims too many pixels to be decoded safely ({error})") from error
        except DECODE_FAULTS as error:
            raise CaptureError(
                "is torn at its head, or of an unusual kind: copy it again from the camera, or "
                "export it with 8 bits a channel"
            ) from error
    exif = read_exif(picture)
    orientation = exif.orientation or 1
    if photo_format is not PhotoFormat.TIFF:
        return Header(photo_format, _upright_size(picture.size, orientation), exif, orientation)
    # OpenCV turns TIFFs itself; Pillow reports the turned size from some version on.
    stored = (int(picture.tag_v2[256]), int(picture.tag_v2[257]))  # type: ignore[attr-defined]  # a TiffImageFile
    return Header(photo_format, _upright_size(stored, orientation), exif, 1)


def _upright_size(stored: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Turn a stored (width, height) into the (height, width) that is seen."""
    width, height = stored
    return (width, height) if orientation >= 5 else (height, width)


def _to_8_bit(picture: Any) -> Image:
    if picture.dtype == np.uint8:
        return _as_image(picture)
    if picture.dtype != np.uint16:
        raise CaptureError(f"holds {picture.dtype} values: export it with 8 or 16 bits a channel")
    return _as_image(cv2.convertScaleAbs(picture, alpha=1 / 257))


def _as_image(picture: Any) -> Image:
    """Give OpenCV's result the type it has: its stubs know arrays of any number only."""
    return np.asarray(picture, np.uint8)


def _pillow_reason(data: bytes) -> str:
    """Ask Pillow why a file does not decode, for OpenCV does not say."""
    try:
        with PillowImage.open(io.BytesIO(data)) as picture:
            picture.load()
    except (*DECODE_FAULTS, PillowImage.DecompressionBombError) as error:
        return f" ({error})"
    return ""


def _reason(error: Exception) -> str:
    """Return an error's text on one line; LibRaw's comes as bytes."""
    first = error.args[0] if error.args else ""
    text = first.decode(errors="replace") if isinstance(first, bytes) else str(error)
    return " ".join(text.split())


def _import_extra(photo_format: PhotoFormat) -> Any:
    module, package, extra = EXTRAS[photo_format]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise CaptureError(
            f"is a {photo_format} file and {package} is not installed: "
            f"pip install 'seqsynth[{extra}]', or export it as JPEG or TIFF"
        ) from error


def _read_heic_header(file: BinaryIO) -> Header:
    pillow_heif = _import_extra(PhotoFormat.HEIC)
    try:
        photo = pillow_heif.open_heif(file)
        width, height = photo.size
    except (*DECODE_FAULTS, LookupError) as error:
        raise CaptureError(f"is no whole HEIC file ({_reason(error)}): copy it anew") from error
    exif = parse_exif(photo.info.get("exif") or b"")
    # libheif turns the picture by the file's own boxes; the EXIF tag only repeats them.
    return Header(PhotoFormat.HEIC, (height, width), exif, 1)


def _decode_heic(data: bytes) -> Image:
    pillow_heif = _import_extra(PhotoFormat.HEIC)
    try:
        picture = pillow_heif.open_heif(io.BytesIO(data)).to_pillow()
    except (*DECODE_FAULTS, LookupError) as error:
        raise CaptureError(f"is truncated or corrupt ({_reason(error)}): copy it anew") from error
    return np.asarray(picture.convert("RGB"))


def _read_raw_header(file: BinaryIO) -> Header:
    rawpy = _import_extra(PhotoFormat.RAW)
    try:
        with rawpy.imread(file) as photo:
            sizes, told = photo.sizes, _told_by_libraw(photo)
    except rawpy.LibRawError as error:
        raise CaptureError(
            f"is torn, or of a camera that LibRaw does not know ({_reason(error)}): copy it anew, "
            "or export it as TIFF"
        ) from error
    turned = sizes.flip & 4
    size = (sizes.width, sizes.height) if turned else (sizes.height, sizes.width)
    exif = read_raw_exif(file)
    missing = {name: value for name, value in told.items() if getattr(exif, name) is None}
    return Header(PhotoFormat.RAW, size, replace(exif, **missing), 1)


def read_raw_exif(file: BinaryIO) -> Exif:
    """Read the EXIF of a raw file without LibRaw, if it is built like a TIFF; else know nothing."""
    file.seek(0)
    tiff = file.read(4) in (b"II*\0", b"MM\0*")
    return read_tiff_exif(file) if tiff else Exif()


def _told_by_libraw(photo: Any) -> dict[str, Any]:
    """Return the settings LibRaw read, of formats whose EXIF lies where no TIFF has it."""
    # Older versions of rawpy tell none; LibRaw writes 0, and 1970, where it knows nothing.
    other = getattr(photo, "other", None)
    if other is None:
        return {}
    told = {
        "iso": round(other.iso_speed),
        "exposure_s": other.shutter_speed,
        "aperture": other.aperture,
        "focal_length_mm": other.focal_length,
        "time": other.timestamp if other.timestamp.year > 1970 else None,
    }
    return {name: value for name, value in told.items() if value}


def _decode_raw(data: bytes) -> Image:
    """Develop a raw file to sRGB with the camera's white balance and no brightness of its own.

    By default LibRaw brightens each photo until a share of it is white, and takes the brightest
    value it finds for white: either would give every photo of a scene another gain.
    """
    rawpy = _import_extra(PhotoFormat.RAW)
    try:
        with rawpy.imread(io.BytesIO(data)) as photo:
            developed = photo.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                gamma=(2.4, 12.92),
                output_bps=8,
            )
    except rawpy.LibRawError as error:
        raise CaptureError(f"is truncated or corrupt ({_reason(error)}): copy it anew") from error
    return np.asarray(developed, np.uint8)
