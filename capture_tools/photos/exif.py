"""Exif: what the camera wrote beside a photo, read once and typed; what is missing stays None."""

import datetime
import logging
import math
import struct
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from capture_tools.capture import Exif

logger = logging.getLogger(__name__)

Tag = ExifTags.Base

READ_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    struct.error,
)
"""What Pillow raises on EXIF of odd and of corrupt files (it parses lazily, tag by tag)."""

SATURATED_ISO = 65535
"""The ISO tag is 16 bit: cameras write this number and put the true one under another tag."""


def read_exif(picture: Image.Image) -> Exif:
    """Read the EXIF of an opened picture; never raises, whatever stands there."""
    return interpret_exif(*_collect_tags(picture.getexif))


def parse_exif(block: bytes) -> Exif:
    """Read a bare EXIF block as HEIC files hold it; never raises, whatever stands there."""
    exif = Image.Exif()

    def load() -> Image.Exif:
        exif.load(block)
        return exif

    return interpret_exif(*_collect_tags(load))


def read_tiff_exif(file: BinaryIO) -> Exif:
    """Read the EXIF of a file built like a TIFF, as most raw files are; never raises."""
    exif = Image.Exif()

    def load() -> Image.Exif:
        file.seek(0)
        exif.load_from_fp(file)
        return exif

    return interpret_exif(*_collect_tags(load))


def read_raw_exif(file: BinaryIO) -> Exif:
    """Read the EXIF of a raw file without LibRaw, if it is built like a TIFF; else know nothing."""
    file.seek(0)
    tiff = file.read(4) in (b"II*\0", b"MM\0*")
    return read_tiff_exif(file) if tiff else Exif()


def interpret_exif(tags: Mapping[int, Any], unusable: tuple[str, ...] = ()) -> Exif:
    """Turn EXIF tags (number to Pillow's value) into typed values."""
    faults = list(unusable)
    reader = _TagReader(tags, faults)
    time, has_subsecond = reader.time()
    return Exif(
        make=reader.text(Tag.Make),
        model=reader.text(Tag.Model),
        time=time,
        has_subsecond=has_subsecond,
        iso=reader.iso(),
        aperture=reader.aperture(),
        exposure_s=reader.exposure_s(),
        white_balance=reader.white_balance(),
        focal_length_mm=reader.positive(Tag.FocalLength),
        orientation=reader.orientation(),
        unusable=tuple(faults),
    )


def _collect_tags(load: Callable[[], Image.Exif]) -> tuple[dict[int, Any], tuple[str, ...]]:
    """Collect the tags of the picture and of its EXIF block, and say which block is corrupt."""
    tags: dict[int, Any] = {}
    faults = []
    with warnings.catch_warnings():
        # Pillow warns of every odd tag; oddities are told by ``unusable`` instead.
        warnings.simplefilter("ignore")
        try:
            exif = load()
            tags.update(exif)
        except READ_FAULTS as error:
            logger.debug("EXIF cannot be read: %r", error)
            return {}, ("EXIF block",)
        try:
            tags.update(exif.get_ifd(ExifTags.IFD.Exif))
        except READ_FAULTS as error:
            logger.debug("EXIF details cannot be read: %r", error)
            faults.append("EXIF details")
    return tags, tuple(faults)


@dataclass(frozen=True)
class _TagReader:
    """Reads one tag at a time and notes in ``faults`` those that make no sense."""

    tags: Mapping[int, Any]
    faults: list[str]

    def text(self, tag: Tag) -> str | None:
        value = self.tags.get(tag)
        if isinstance(value, bytes):
            value = value.decode("utf-8", errors="replace")
        if not isinstance(value, str):
            return None
        return value.split("\0")[0].strip() or None

    def number(self, tag: Tag) -> float | None:
        """Return a finite number; None where the tag is missing or is none."""
        if tag not in self.tags:
            return None
        value = self.tags[tag]
        try:
            if isinstance(value, (tuple, list, bytes)):
                value = value[0]
            number = float(value)
        except READ_FAULTS:
            number = math.nan
        if math.isfinite(number):
            return number
        self.faults.append(tag.name)
        return None

    def positive(self, tag: Tag) -> float | None:
        number = self.number(tag)
        if number is None or number > 0:
            return number
        self.faults.append(tag.name)
        return None

    def iso(self) -> int | None:
        iso = self.positive(Tag.ISOSpeedRatings)
        if iso is not None and iso != SATURATED_ISO:
            return round(iso)
        tags = (Tag.RecommendedExposureIndex, Tag.StandardOutputSensitivity, Tag.ISOSpeed)
        wide = next((value for tag in tags if (value := self.positive(tag))), None)
        return None if wide is None else round(wide)

    def aperture(self) -> float | None:
        """Return the f-number; lenses that tell the camera nothing write 0."""
        number = self.positive(Tag.FNumber)
        if number is not None or Tag.FNumber in self.tags:
            return number
        return self._power(Tag.ApertureValue, math.sqrt(2))

    def exposure_s(self) -> float | None:
        seconds = self.positive(Tag.ExposureTime)
        return self._power(Tag.ShutterSpeedValue, 0.5) if seconds is None else seconds

    def _power(self, tag: Tag, base: float) -> float | None:
        """Return base ** value: APEX values count doublings of the light."""
        value = self.number(tag)
        if value is None or abs(value) <= 64:
            return None if value is None else base**value
        self.faults.append(tag.name)
        return None

    def white_balance(self) -> str | None:
        number = self.number(Tag.WhiteBalance)
        if number is None or number in (0, 1):
            return None if number is None else ("auto", "manual")[int(number)]
        self.faults.append(Tag.WhiteBalance.name)
        return None

    def orientation(self) -> int | None:
        number = self.number(Tag.Orientation)
        if number is None or number in range(1, 9):
            return None if number is None else int(number)
        self.faults.append(Tag.Orientation.name)
        return None

    def time(self) -> tuple[datetime.datetime | None, bool]:
        """Return when the shutter opened; the time of writing only where there is no other."""
        for tag, subsecond_tag in (
            (Tag.DateTimeOriginal, Tag.SubsecTimeOriginal),
            (Tag.DateTimeDigitized, Tag.SubsecTimeDigitized),
            (Tag.DateTime, Tag.SubsecTime),
        ):
            text = self.text(tag)
            # Cameras whose clock was never set write blanks or zeros.
            if text is None or not text.strip(" 0:-"):
                continue
            try:
                second = datetime.datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
            except ValueError:
                self.faults.append(tag.name)
                continue
            digits = self.text(subsecond_tag) or ""
            if not (digits.isascii() and digits.isdigit()):
                return second, False
            return second.replace(microsecond=int(digits[:6].ljust(6, "0"))), True
        return None, False
