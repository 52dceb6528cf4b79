"""Scene folders made from a plan: photos copied or linked, none moved, nothing overwritten."""

import enum
import filecmp
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capture_tools.capture import CaptureError
from capture_tools.scenes.grouping import GroupingPlan, PlannedScene
from seqsynth.files import real_path

PARTIAL = ".partial-"
"""Prefix of a folder that is being filled; hidden, so that it is never taken for a scene."""


class Outcome(enum.StrEnum):
    """What became of one planned scene."""

    MADE = "made"
    KEPT = "kept"
    REFUSED = "refused"


@dataclass(frozen=True)
class MadeScene:
    """A planned scene after its execution; ``reason`` says why it was kept or refused."""

    name: str
    folder: Path
    outcome: Outcome
    reason: str = ""


def execute_plan(plan: GroupingPlan, out: Path, *, link: bool = False) -> Iterator[MadeScene]:
    """Make the planned scene folders below ``out``, one a step.

    A folder appears whole or not at all. One that already holds the same photos is kept, one that
    holds anything else is refused; the others go on.

    Raises
    ------
    CaptureError
        ``out`` lies inside the roll (or is it), or cannot be made.
    """
    roll = real_path(plan.roll)
    if real_path(out).is_relative_to(roll):
        raise CaptureError(
            f"{out} lies inside the camera roll {plan.roll}, which is never written to: "
            "choose a folder beside it"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaptureError(f"cannot make {out} ({error.strerror})") from error
    for scene in plan.scenes:
        yield _make_scene(scene, out / scene.name, link=link)


def _make_scene(scene: PlannedScene, folder: Path, *, link: bool) -> MadeScene:
    files = {role + path.suffix.lower(): path for role, path in scene.photos}
    if folder.exists():
        if _holds_the_same(folder, files):
            return MadeScene(scene.name, folder, Outcome.KEPT, "the same photos are there already")
        reason = "a folder with other files stands there: move it away, or choose another place"
        return MadeScene(scene.name, folder, Outcome.REFUSED, reason)
    # A name nobody can foresee: what stands there already is never ours.
    partial = folder.with_name(f"{PARTIAL}{secrets.token_hex(8)}")
    try:
        partial.mkdir()
        for name, source in files.items():
            _put(source, partial / name, link=link)
        # Renaming onto an empty folder that appeared meanwhile succeeds and overwrites nothing.
        partial.rename(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        return MadeScene(scene.name, folder, Outcome.REFUSED, _advise(error, link=link))
    return MadeScene(scene.name, folder, Outcome.MADE)


def _put(source: Path, target: Path, *, link: bool) -> None:
    if link:
        # A link to a link would lead out of the scene folder.
        os.link(real_path(source), target)
        return
    shutil.copyfile(source, target)
    with target.open("r+b") as file:
        os.fsync(file.fileno())
    stamp = source.stat()
    # Times are kept; permissions are not, for a roll on a card may be read-only.
    os.utime(target, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def _holds_the_same(folder: Path, files: dict[str, Path]) -> bool:
    if not folder.is_dir():
        return False
    return all(
        (folder / name).is_file() and filecmp.cmp(folder / name, source, shallow=False)
        for name, source in files.items()
    )


def _advise(error: OSError, *, link: bool) -> str:
    if link:
        return f"cannot be linked ({error.strerror}): hard links need one file system, so copy"
    return f"cannot be copied ({error.strerror})"
