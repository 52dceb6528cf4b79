"""What needs a library of its own: HEIC by pillow-heif, camera raw by rawpy."""

import contextlib
import importlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from seqsynth.pictures.faults import DECODE_FAULTS, Fault, PictureFileError, in_brackets
from seqsynth.pictures.formats import EXTRAS, PictureFormat
from seqsynth.pictures.limits import check_size


@dataclass(frozen=True)
class ExtraHead:
    """What the head of such a file tells.

    Attributes
    ----------
    size : height and width as seen, px
    exif : the bare EXIF block, b"" where there is none
    told : settings that LibRaw read, by the names of EXIF values that mean the same
    """

    size: tuple[int, int]
    exif: bytes = b""
    told: Mapping[str, Any] = field(default_factory=dict)


def import_extra(picture_format: PictureFormat) -> Any:
    """Return the module that reads a format; `PictureFileError` where it is not installed."""
    module, _, extra = EXTRAS[picture_format]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise PictureFileError(
            f"is {picture_format}, which is not read here",
            Fault.EXTRA,
            f"pip install 'seqsynth[{extra}]'",
        ) from error


def read_heic_head(file: BinaryIO) -> ExtraHead:
    """Read the head of an open HEIC file."""
    pillow_heif = import_extra(PictureFormat.HEIC)
    try:
        photo = pillow_heif.open_heif(file)
        width, height = photo.size
        return ExtraHead((height, width), photo.info.get("exif") or b"")
    except DECODE_FAULTS as error:
        raise PictureFileError(f"is no whole HEIC file{in_brackets(error)}") from error


def decode_heic(data: bytes) -> PillowImage.Image:
    """Decode HEIC to an upright picture of 8 bits.

    libheif turns it by the file's own boxes; the EXIF tag only repeats them.
    """
    pillow_heif = import_extra(PictureFormat.HEIC)
    try:
        photo = pillow_heif.open_heif(io.BytesIO(data))
        check_size(photo.size[1], photo.size[0])
        picture: PillowImage.Image = photo.to_pillow()
    except PictureFileError:
        raise
    except DECODE_FAULTS as error:
        raise PictureFileError(f"is truncated or corrupt{in_brackets(error)}") from error
    return picture


def read_raw_head(file: BinaryIO) -> ExtraHead:
    """Read the head of an open camera raw file."""
    with _opened_raw(file) as photo:
        sizes, told = photo.sizes, _told_by_libraw(photo)
    turned = sizes.flip & 4
    size = (sizes.width, sizes.height) if turned else (sizes.height, sizes.width)
    return ExtraHead(size, told=told)


def decode_raw(data: bytes) -> NDArray[np.uint8]:
    """Develop a raw file to upright sRGB (H, W, 3) with the camera's white balance.

    By default LibRaw brightens each photo until a share of it is white, and takes the brightest
    value it finds for white: either would give every photo of a scene another gain.
    """
    with _opened_raw(io.BytesIO(data)) as photo:
        check_size(photo.sizes.height, photo.sizes.width)
        try:
            developed = photo.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                gamma=(2.4, 12.92),
                output_bps=8,
            )
        except import_extra(PictureFormat.RAW).LibRawError as error:
            raise PictureFileError(f"is torn{in_brackets(error)}") from error
    return np.asarray(developed, np.uint8)


@contextlib.contextmanager
def _opened_raw(file: BinaryIO) -> Iterator[Any]:
    """Open a raw file by LibRaw."""
    rawpy = import_extra(PictureFormat.RAW)
    try:
        photo = rawpy.imread(file)
    except rawpy.LibRawError as error:
        raise PictureFileError(
            f"is torn, or of a camera that LibRaw does not know{in_brackets(error)}"
        ) from error
    with photo:
        yield photo


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
