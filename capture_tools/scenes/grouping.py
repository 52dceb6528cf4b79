"""Grouping: a flat camera roll to scenes, by the cameras' clocks and the order of shooting."""

import datetime
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture_tools.capture import CaptureError, Exif
from capture_tools.photos.photo import read_photo_exif
from capture_tools.scenes.roles import default_roles
from seqsynth.errors import SourceError
from seqsynth.pictures import PictureListing, list_pictures
from seqsynth.pictures.folders import describe_others
from seqsynth.pictures.formats import CAMERA_SUFFIXES, RAW_SUFFIXES


@dataclass(frozen=True)
class RollPhoto:
    """A photo of the roll whose EXIF could be read."""

    path: Path
    exif: Exif


@dataclass(frozen=True)
class Leftover:
    """A photo that belongs to no planned scene, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class PlannedScene:
    """A scene to be made: role name to photo, in shooting order.

    ``remarks`` are sentences for the user, such as photos with the very same time.
    """

    name: str
    photos: tuple[tuple[str, Path], ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupingPlan:
    """What grouping a roll would make; nothing is written until the plan is executed.

    ``left_out`` says how many files of the roll are no photos by their names, or is "".
    """

    roll: Path
    scenes: tuple[PlannedScene, ...]
    leftovers: tuple[Leftover, ...]
    left_out: str = ""


def parse_order(text: str) -> tuple[str, ...]:
    """Read the order of shooting from ``before,centre,transmission,after``.

    Raises
    ------
    CaptureError
        The names are not the roles of a scene, each once.
    """
    order = tuple(name.strip() for name in text.split(",") if name.strip())
    roles = default_roles(max(2, len(order) - 1))
    found = [roles.match(name) for name in order]
    missing = [name for role, name in enumerate(roles.names) if role not in found]
    unknown = [name for name, role in zip(order, found, strict=True) if role is None]
    if missing or unknown or len(order) < 3:
        raise CaptureError(
            f"order {text!r}: {len(order)} photos a scene need the roles "
            f"{', '.join(roles.names)}, each once"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; unknown: {', '.join(unknown)}" if unknown else "")
        )
    return order


def plan_grouping(
    roll: Path, *, order: Sequence[str], gap_s: float, outside: Iterable[Path] = ()
) -> GroupingPlan:
    """Plan scenes of a folder of photos: photos at most ``gap_s`` apart belong together.

    Photos of different cameras are told apart first, for their clocks differ. A run of photos
    becomes a scene only if it has one photo for each role of ``order``; no other run is guessed
    at, all its photos are left over. What lies in the folders ``outside``, such as the one that
    the scenes go to, is no part of the roll.

    Raises
    ------
    CaptureError
        ``roll`` is no folder, or ``gap_s`` is not above zero.
    """
    if not roll.is_dir():
        raise CaptureError(f"{roll} is no folder: name the folder that the camera's photos lie in")
    if not gap_s > 0:
        raise CaptureError(f"gap = {gap_s} s: name the longest pause within a scene, above 0")
    listing = _list_roll(roll, outside)
    photos, leftovers = _read_roll(listing)
    scenes: list[PlannedScene] = []
    for run in _runs(photos, gap_s):
        if len(run) == len(order):
            scenes.append(_plan_scene(run, order))
        else:
            leftovers += _left_over(run, order, gap_s)
    scenes.sort(key=lambda scene: (scene.name, scene.photos[0][1]))
    leftovers.sort(key=lambda leftover: leftover.path)
    left_out = describe_others(listing.others)
    return GroupingPlan(roll, tuple(_with_own_names(scenes)), tuple(leftovers), left_out)


def _list_roll(roll: Path, outside: Iterable[Path]) -> PictureListing:
    try:
        return list_pictures(roll, CAMERA_SUFFIXES, outside=outside)
    except SourceError as error:
        raise CaptureError(str(error)) from error


def _read_roll(listing: PictureListing) -> tuple[list[RollPhoto], list[Leftover]]:
    """Read the EXIF of every photo of a roll; photos without a time are left over."""
    photos = []
    leftovers = [
        Leftover(listing.folder / name, "HEIC file of a photo that is there converted")
        for name in listing.doubles
    ]
    paths = sorted(listing.paths())
    developed = {path.with_suffix("") for path in paths if path.suffix.lower() not in RAW_SUFFIXES}
    for path in paths:
        if path.suffix.lower() in RAW_SUFFIXES and path.with_suffix("") in developed:
            leftovers.append(Leftover(path, "raw file of a photo that is there developed"))
            continue
        try:
            exif = read_photo_exif(path)
        except CaptureError as error:
            leftovers.append(Leftover(path, str(error)))
            continue
        if exif.time is None:
            leftovers.append(Leftover(path, "no time in its EXIF: put it into a scene by hand"))
        else:
            photos.append(RollPhoto(path, exif))
    return photos, leftovers


def _runs(photos: Iterable[RollPhoto], gap_s: float) -> Iterator[list[RollPhoto]]:
    """Split the photos, camera by camera, wherever the clock jumps by more than the gap."""
    longest = datetime.timedelta(seconds=gap_s)
    by_camera = sorted(photos, key=lambda photo: (_camera(photo), *_moment(photo)))
    for _, taken in itertools.groupby(by_camera, key=_camera):
        run: list[RollPhoto] = []
        for photo in taken:
            if run and _time(photo) - _time(run[-1]) > longest:
                yield run
                run = []
            run.append(photo)
        yield run


def _plan_scene(run: Sequence[RollPhoto], order: Sequence[str]) -> PlannedScene:
    photos = tuple((role, photo.path) for role, photo in zip(order, run, strict=True))
    return PlannedScene(_time(run[0]).strftime("%Y-%m-%d_%H-%M-%S"), photos, tuple(_remarks(run)))


def _remarks(run: Sequence[RollPhoto]) -> Iterator[str]:
    """Say where the order rests on file names, because the clock cannot tell."""
    for first, second in itertools.pairwise(run):
        exact = first.exif.has_subsecond and second.exif.has_subsecond
        if exact and _time(first) == _time(second):
            clock = "the same time"
        elif not exact and _second(first) == _second(second):
            clock = "the same second, and no sub-second tags to order them by"
        else:
            continue
        names = f"{first.path.name} and {second.path.name}"
        yield f"{names} have {clock}: look whether their order is right"


def _left_over(run: Sequence[RollPhoto], order: Sequence[str], gap_s: float) -> list[Leftover]:
    start = _time(run[0]).isoformat(sep=" ", timespec="seconds")
    several = len(run) > len(order)
    advice = (
        "a shorter gap may part the scenes" if several else "a longer gap may join what belongs"
    )
    reason = (
        f"{len(run)} photo{'s' if len(run) > 1 else ''} within {gap_s:g} s of each other "
        f"from {start}, a scene has {len(order)}: {advice}"
    )
    return [Leftover(photo.path, reason) for photo in run]


def _with_own_names(scenes: Sequence[PlannedScene]) -> Iterator[PlannedScene]:
    """Tell scenes apart that began in the same second (two cameras, or two bursts)."""
    for name, namesakes in itertools.groupby(scenes, key=lambda scene: scene.name):
        for number, scene in enumerate(namesakes, start=1):
            own = name if number == 1 else f"{name}_{number}"
            yield PlannedScene(own, scene.photos, scene.remarks)


def _camera(photo: RollPhoto) -> str:
    return photo.exif.camera or ""


def _time(photo: RollPhoto) -> datetime.datetime:
    return photo.exif.time or datetime.datetime.min


def _second(photo: RollPhoto) -> datetime.datetime:
    return _time(photo).replace(microsecond=0)


def _moment(photo: RollPhoto) -> tuple[datetime.datetime, list[tuple[int, str]]]:
    """Order photos by time and those of one time by name, IMG_9 before IMG_10."""
    pieces = re.findall(r"\d+|\D+", photo.path.as_posix())
    return _time(photo), [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]
