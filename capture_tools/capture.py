"""Captures: photos of one scene in their roles, and what is found when they are judged."""

import datetime
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from seqsynth.pictures.formats import PictureFormat

Quantity = float | str | tuple[float, float] | None
"""A measured value or its limit: a number, a name, or the bounds of a range."""


class CaptureError(ValueError):
    """A photo or a folder of photos cannot be used; the text says which, why and what to do."""


@dataclass(frozen=True)
class Exif:
    """The tags that tell whether the photos of one scene were taken alike.

    ``time`` is the camera's own clock with the sub-second tag added; ``has_subsecond`` says
    whether there was one. ``white_balance`` is "auto" or "manual". ``orientation`` is the EXIF
    number 1-8. ``unusable`` names the tags that are present and make no sense.
    """

    make: str | None = None
    model: str | None = None
    time: datetime.datetime | None = None
    has_subsecond: bool = False
    iso: int | None = None
    aperture: float | None = None
    exposure_s: float | None = None
    white_balance: str | None = None
    focal_length_mm: float | None = None
    orientation: int | None = None
    unusable: tuple[str, ...] = ()

    @property
    def camera(self) -> str | None:
        """Maker and model as one name, the maker not twice ("NIKON CORPORATION", "NIKON D810")."""
        if self.make is None or self.model is None:
            return self.model or self.make
        brand = self.model.split()[0].lower()
        return self.model if brand in self.make.lower().split() else f"{self.make} {self.model}"


@dataclass(frozen=True)
class Capture:
    """One photo file, known by its header; `read_photo` of `capture_tools.photos` has its pixels.

    ``size`` is (height, width) in pixels as the photo is seen, its orientation applied.
    """

    path: Path
    photo_format: PictureFormat
    size: tuple[int, int]
    exif: Exif

    @property
    def name(self) -> str:
        """The file name, as findings call the photo."""
        return self.path.name


@dataclass(frozen=True)
class SceneNotes:
    """What ``scene.toml`` says of a scene; None where it says nothing."""

    place: str | None = None
    light: str | None = None
    camera: str | None = None
    notes: str | None = None
    licence: str | None = None


class Severity(enum.StrEnum):
    """How much a finding weighs: a scene with one ``REJECT`` is not used."""

    REJECT = "reject"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing said of a scene, with the number behind it and what to do next.

    ``photo`` is the file name it is about, None for the whole scene. ``cannot_tell`` marks a
    check that had too little to go by: it did not pass and it did not fail.
    """

    code: str
    severity: Severity
    message: str
    value: Quantity = None
    limit: Quantity = None
    photo: str | None = None
    cannot_tell: bool = False


class Doubt(enum.StrEnum):
    """The reason, in words, why a number is not to be trusted."""

    TOO_DARK = "too dark: noise hides it"
    LITTLE_TEXTURE = "too little texture to measure on"
    BLANK = "the picture is blank"
    UNSETTLED = "the alignment did not settle"
    NOT_ALIGNED = "the pictures are not aligned well enough"
    TOO_CLIPPED = "too few usable pixels: clipped, dark or without texture"
    WEAK_REFLECTION = "the reflection is too weak"
    NOT_TOLD_APART = "not told apart from the transmission"
    AMBIGUOUS = "more than one motion fits"


def cannot_tell(
    code: str, message: str, *, severity: Severity = Severity.NOTE, photo: str | None = None
) -> Finding:
    """Return the third answer of a check, which had too little to go by; it never rejects."""
    return Finding(code, severity, message, photo=photo, cannot_tell=True)


@dataclass(frozen=True)
class CaptureGroup:
    """The photos of one scene: views in shooting order, and the transmission of the centre view.

    Photos that are missing or unreadable are absent and stand in ``findings`` instead.
    """

    name: str
    folder: Path
    views: tuple[Capture, ...]
    transmission: Capture | None
    wanted_views: int = 3
    notes: SceneNotes = field(default_factory=SceneNotes)
    findings: tuple[Finding, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every wanted photo is there and its header could be read."""
        return len(self.views) == self.wanted_views and self.transmission is not None

    @property
    def centre(self) -> Capture:
        """The view that the transmission photo belongs to; meaningful in a complete group."""
        return self.views[self.wanted_views // 2]

    def photos(self) -> Iterator[Capture]:
        """Yield the views in shooting order, then the transmission photo."""
        yield from self.views
        if self.transmission is not None:
            yield self.transmission


Decision = Literal["accept", "reject"]
"""What a person made of a scene, whatever was found in it."""


@dataclass(frozen=True)
class Verdict:
    """Everything found in one scene, in the order of the checks, and what a person decided."""

    scene: str
    findings: tuple[Finding, ...]
    decision: Decision | None = None

    @property
    def accepted(self) -> bool:
        """Whether the scene was accepted by hand, or nobody decided and no finding rejects it."""
        if self.decision is not None:
            return self.decision == "accept"
        return not self.reasons

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The findings that reject the scene."""
        return tuple(found for found in self.findings if found.severity is Severity.REJECT)
