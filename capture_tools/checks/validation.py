"""Validation: every check of every scene in order, so that all faults come out in one run."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from capture_tools.capture import CaptureError, CaptureGroup, Finding, Severity, Verdict
from capture_tools.checks.content import (
    check_moving_objects,
    check_reflection_motion,
    check_repeated_files,
)
from capture_tools.checks.duplicates import (
    DuplicatePair,
    Fingerprint,
    describe_duplicates,
    find_duplicates,
)
from capture_tools.checks.geometry import (
    check_camera_motion,
    check_motion_direction,
    check_parallax,
    check_transmission_residual,
    check_transmission_shift,
    check_transmission_view,
)
from capture_tools.checks.light import (
    check_clipped_transmission,
    check_clipping,
    check_darker,
    check_gain,
    check_gain_colour,
    check_gain_drift,
    check_light_level,
    check_reflection_amount,
)
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.settings import (
    check_aperture,
    check_camera,
    check_exif,
    check_exposure,
    check_focal_length,
    check_iso,
    check_shooting_times,
    check_white_balance,
)
from capture_tools.checks.sharpness import check_focus, check_motion_blur, check_transmission_focus
from capture_tools.checks.size import check_orientation, check_size, check_small
from capture_tools.measuring.measurement import SceneMeasurement, measure_scene
from capture_tools.photos.photo import read_photo
from capture_tools.photos.working_view import WorkingView, reduce_view
from capture_tools.scenes.reading import ScenePhotos, read_scene_photos

GroupCheck = Callable[[CaptureGroup, CheckLimits], list[Finding]]
SceneCheck = Callable[[SceneMeasurement, CheckLimits], list[Finding]]

GROUP_CHECKS: tuple[GroupCheck, ...] = (
    check_size,
    check_orientation,
    check_small,
    check_exif,
    check_camera,
    check_iso,
    check_aperture,
    check_exposure,
    check_white_balance,
    check_focal_length,
    check_shooting_times,
)
"""What the files' headers tell; run even where photos are missing."""

SCENE_CHECKS: tuple[SceneCheck, ...] = (
    check_repeated_files,
    check_transmission_shift,
    check_transmission_view,
    check_transmission_residual,
    check_camera_motion,
    check_motion_direction,
    check_parallax,
    check_focus,
    check_motion_blur,
    check_transmission_focus,
    check_gain,
    check_gain_colour,
    check_gain_drift,
    check_darker,
    check_moving_objects,
    check_reflection_amount,
    check_reflection_motion,
    check_clipping,
    check_clipped_transmission,
    check_light_level,
)
"""What the pixels tell."""


@dataclass(frozen=True)
class JudgedScene:
    """A scene with its verdict.

    Attributes
    ----------
    measurement : None where its pixels could not be compared
    views_alone : sha256 of the views of a scene that is taken without a transmission photo
    """

    group: CaptureGroup
    verdict: Verdict
    measurement: SceneMeasurement | None
    views_alone: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the scene is used: by hand, else because nothing found rejects it."""
        return self.verdict.accepted


def judge_scene(group: CaptureGroup, limits: CheckLimits) -> JudgedScene:
    """Read a scene's photos and judge it; whatever is wrong becomes a finding."""
    photos, findings = read_scene_photos(group)
    return judge_photos(replace(group, findings=(*group.findings, *findings)), photos, limits)


def judge_photos(
    group: CaptureGroup, photos: ScenePhotos | None, limits: CheckLimits
) -> JudgedScene:
    """Judge a scene whose photos are read already; None where some could not be."""
    findings = list(group.findings)
    for check in GROUP_CHECKS:
        findings += check(group, limits)
    measurement = None
    if photos is not None and photos.of_one_size:
        measurement = measure_scene(group, photos)
        for scene_check in SCENE_CHECKS:
            findings += scene_check(measurement, limits)
    return JudgedScene(group, Verdict(group.name, tuple(findings)), measurement)


def lacks_only_transmission(group: CaptureGroup) -> bool:
    """Tell whether all views of a scene are there and its transmission photo alone is not."""
    views = len(group.views) == group.wanted_views
    missing = [found for found in group.findings if found.code == "missing_photo"]
    return views and group.transmission is None and len(missing) == 1


def judge_views(group: CaptureGroup, limits: CheckLimits) -> JudgedScene:
    """Judge a scene that lacks only its transmission photo by headers and files of its views.

    What is measured against the transmission photo, how the camera moved and how much is reflected,
    nobody can tell.
    """
    findings = [found for found in group.findings if found.code != "missing_photo"]
    message = "no transmission photo: stored as views alone, of which nothing was measured"
    findings.append(Finding("no_transmission", Severity.NOTE, message))
    for check in GROUP_CHECKS:
        findings += check(group, limits)
    sums: dict[str, str] = {}
    for capture in group.views:
        try:
            sha256 = read_photo(capture.path).sha256
        except CaptureError as error:
            findings.append(Finding("unreadable", Severity.REJECT, str(error), photo=capture.name))
            continue
        if sha256 in sums:
            message = f"{capture.name} is the same file as {sums[sha256]}: take another photo"
            findings.append(Finding("duplicate", Severity.REJECT, message, photo=capture.name))
        sums[sha256] = capture.name
    return JudgedScene(group, Verdict(group.name, tuple(findings)), None, tuple(sums))


def judge_duplicates(
    scenes: Sequence[JudgedScene], limits: CheckLimits
) -> tuple[list[JudgedScene], list[DuplicatePair]]:
    """Compare judged scenes with each other and add what is found to their verdicts.

    Returns
    -------
    The scenes in the same order, and the pairs that belong on one side of a split.
    """
    files = {
        scene.group.name: scene.group.transmission.path
        for scene in scenes
        if scene.group.transmission is not None
    }
    pairs = find_duplicates(fingerprints(scenes), lambda name: _read_view(files[name]), limits)
    names = [scene.group.name for scene in scenes]
    accepted = {scene.group.name for scene in scenes if scene.accepted}
    findings = defaultdict(list)
    for name, finding in describe_duplicates(names, accepted, pairs, limits):
        findings[name].append(finding)
    return [_with_findings(scene, findings[scene.group.name]) for scene in scenes], pairs


def _with_findings(scene: JudgedScene, findings: Sequence[Finding]) -> JudgedScene:
    verdict = replace(scene.verdict, findings=(*scene.verdict.findings, *findings))
    return replace(scene, verdict=verdict)


def fingerprints(scenes: Sequence[JudgedScene]) -> list[Fingerprint]:
    """Return what tells the measured scenes from each other."""
    return [
        Fingerprint(scene.group.name, scene.measurement.sha256, scene.measurement.hashes)
        for scene in scenes
        if scene.measurement is not None
    ]


def _read_view(path: Path) -> WorkingView:
    return reduce_view(read_photo(path).pixels)
