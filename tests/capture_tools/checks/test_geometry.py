"""Geometry limits to the last digit: one number of a sound measurement changed at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from capture_tools.capture import Doubt, Finding, Severity
from capture_tools.checks.geometry import (
    check_camera_motion,
    check_motion_direction,
    check_parallax,
    check_transmission_residual,
    check_transmission_shift,
    check_transmission_view,
)
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.measurement import SceneMeasurement
from capture_tools.photos.working_view import Warp

LIMITS = CheckLimits()


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.fixture
def with_transmission(measured: SceneMeasurement) -> Callable[..., SceneMeasurement]:
    """The sound scene with other evidence about the transmission photo."""

    def make(**changes: Any) -> SceneMeasurement:
        alignment = measured.alignment
        views = list(alignment.views)
        views[measured.centre] = replace(views[measured.centre], **changes)
        transmission = replace(alignment.transmission, **changes)
        changed = replace(alignment, transmission=transmission, views=tuple(views))
        return replace(measured, alignment=changed)

    return make


@pytest.fixture
def with_motions(measured: SceneMeasurement) -> Callable[..., SceneMeasurement]:
    """The sound scene with other motions of the views, as (dx, dy) in pixels."""

    def make(*vectors: Any, **changes: Any) -> SceneMeasurement:
        motions = tuple(
            replace(
                motion,
                dx_px=x,
                dy_px=y,
                mean_px=float(np.hypot(x, y)),
                share_of_width=float(np.hypot(x, y)) / measured.size[1],
                **changes,
            )
            for motion, (x, y) in zip(measured.alignment.motions, vectors, strict=True)
        )
        return replace(measured, alignment=replace(measured.alignment, motions=motions))

    return make


def shifted(x_px: float) -> Warp:
    return np.array([[1, 0, x_px], [0, 1, 0], [0, 0, 1.0]])


@pytest.mark.parametrize(
    ("shift_px", "severity"),
    [(0.25, None), (0.26, Severity.WARN), (13.1, Severity.WARN), (13.3, Severity.REJECT)],
)
def test_shift_of_the_transmission_photo(
    with_transmission: Callable[..., SceneMeasurement], shift_px: float, severity: Severity | None
) -> None:
    # 2 % of 660 px are 13.2 px.
    found = check_transmission_shift(with_transmission(warp=shifted(shift_px)), LIMITS)

    assert [finding.severity for finding in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("residual_px", "severity"),
    [(0.35, None), (0.36, Severity.WARN), (1.0, Severity.WARN), (1.01, Severity.REJECT)],
)
def test_residual_of_the_transmission_photo(
    with_transmission: Callable[..., SceneMeasurement],
    residual_px: float,
    severity: Severity | None,
) -> None:
    found = check_transmission_residual(with_transmission(residual_px=residual_px), LIMITS)

    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_residual_is_judged_in_working_pixels(
    with_transmission: Callable[..., SceneMeasurement],
) -> None:
    # A 12-megapixel photo is measured at a quarter of its size: 1.2 px of it are .3 px there.
    scene = replace(with_transmission(residual_px=1.2), factor=4)

    assert check_transmission_residual(scene, LIMITS) == []


@pytest.mark.parametrize(("agreement", "rejected"), [(0.2, False), (0.19, True)])
def test_patches_that_disagree_reject_the_transmission_photo(
    with_transmission: Callable[..., SceneMeasurement], agreement: float, rejected: bool
) -> None:
    found = check_transmission_residual(with_transmission(agreement=agreement), LIMITS)

    assert [finding.severity for finding in found] == [Severity.REJECT] * rejected


def test_disagreement_in_the_dark_tells_nothing(
    with_transmission: Callable[..., SceneMeasurement],
) -> None:
    scene = with_transmission(agreement=0.13, doubt=Doubt.TOO_DARK)
    dark = replace(scene, alignment=replace(scene.alignment, dark=True))

    finding = only(check_transmission_residual(dark, LIMITS))

    assert (finding.cannot_tell, finding.severity) == (True, Severity.WARN)


@pytest.mark.parametrize("doubt", [Doubt.NOT_ALIGNED, Doubt.UNSETTLED])
def test_photos_that_no_warp_brings_together_are_rejected(
    with_transmission: Callable[..., SceneMeasurement], doubt: Doubt | None
) -> None:
    scene = with_transmission(agreement=None, residual_px=None, doubt=doubt)

    assert only(check_transmission_residual(scene, LIMITS)).severity is Severity.REJECT


@pytest.mark.parametrize("doubt", [Doubt.LITTLE_TEXTURE, Doubt.BLANK])
def test_photos_without_texture_tell_nothing(
    with_transmission: Callable[..., SceneMeasurement], doubt: Doubt | None
) -> None:
    scene = with_transmission(agreement=None, residual_px=None, doubt=doubt)

    assert only(check_transmission_residual(scene, LIMITS)).cannot_tell
    assert only(check_transmission_shift(scene, LIMITS)).cannot_tell


def test_few_patches_tell_nothing(with_transmission: Callable[..., SceneMeasurement]) -> None:
    scene = with_transmission(agreement=0.0, patches=29)

    assert only(check_transmission_residual(scene, LIMITS)).cannot_tell


def test_transmission_near_another_view_is_rejected(
    measured: SceneMeasurement, with_transmission: Callable[..., SceneMeasurement]
) -> None:
    scene = with_transmission(warp=shifted(8.0))
    for shift_px, count in ((1.9, 1), (2.1, 0)):
        views = list(scene.alignment.views)
        views[0] = replace(views[0], warp=shifted(shift_px))
        near = replace(scene, alignment=replace(scene.alignment, views=tuple(views)))
        assert len(check_transmission_view(near, LIMITS)) == count


@pytest.mark.parametrize(
    ("share", "severity"),
    [
        (0.00029, Severity.REJECT),
        (0.00031, Severity.WARN),
        (0.00099, Severity.WARN),
        (0.00101, None),
        (0.0499, None),
        (0.0501, Severity.WARN),
        (0.0999, Severity.WARN),
        (0.1001, Severity.REJECT),
    ],
)
def test_motion_from_view_to_view(
    with_motions: Callable[..., SceneMeasurement], share: float, severity: Severity | None
) -> None:
    scene = with_motions((-0.01 * 660, 0), (0, 0), (share * 660, 0))

    found = check_camera_motion(scene, LIMITS)

    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(finding.photo == "after.jpg" for finding in found)


def test_motion_that_cannot_be_told_is_said(with_motions: Callable[..., SceneMeasurement]) -> None:
    scene = with_motions((-6, 0), (0, 0), (6, 0), doubt=Doubt.LITTLE_TEXTURE)

    assert all(finding.cannot_tell for finding in check_camera_motion(scene, LIMITS))


@pytest.mark.parametrize(
    ("after", "turn_deg"),
    [((6, 0), None), ((0, 6), None), ((-0.2, 6), 91.9), ((-6, 0), 180.0)],
)
def test_camera_that_turns_back_is_warned_of(
    with_motions: Callable[..., SceneMeasurement], after: Any, turn_deg: float
) -> None:
    found = check_motion_direction(with_motions((-6, 0), (0, 0), after), LIMITS)

    assert [finding.value for finding in found] == (
        [] if turn_deg is None else [pytest.approx(turn_deg, abs=0.05)]
    )


def test_direction_of_a_camera_that_hardly_moves_is_not_judged(
    with_motions: Callable[..., SceneMeasurement],
) -> None:
    # 0.1 % of 660 px are 0.66 px.
    assert check_motion_direction(with_motions((-6, 0), (0, 0), (-0.6, 0)), LIMITS) == []


@pytest.mark.parametrize(("residual_px", "count"), [(1.0, 0), (1.1, 1)])
def test_depth_is_noted(measured: SceneMeasurement, residual_px: float, count: int) -> None:
    views = list(measured.alignment.views)
    views[0] = replace(views[0], residual_px=residual_px)
    scene = replace(measured, alignment=replace(measured.alignment, views=tuple(views)))

    found = check_parallax(scene, LIMITS)

    assert [finding.severity for finding in found] == [Severity.NOTE] * count
