"""Sharpness limits to the last digit: one number of a sound measurement changed at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from capture_tools.capture import Doubt, Finding, Severity
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.sharpness import (
    check_focus,
    check_motion_blur,
    check_transmission_focus,
)
from capture_tools.measuring.measurement import SceneMeasurement

LIMITS = CheckLimits()


@pytest.fixture
def with_sharpness(measured: SceneMeasurement) -> Callable[..., SceneMeasurement]:
    """The sound scene with another sharpness of its first view, or of its transmission photo."""

    def make(*, transmission: bool = False, **changes: Any) -> SceneMeasurement:
        if transmission:
            changed = replace(measured.transmission_sharpness, **changes)
            return replace(measured, transmission_sharpness=changed)
        first, *others = measured.sharpness
        return replace(measured, sharpness=(replace(first, **changes), *others))

    return make


def severities(findings: list[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings]


@pytest.mark.parametrize(
    ("ratio", "severity"),
    [(0.7, None), (0.69, Severity.WARN), (0.35, Severity.WARN), (0.34, Severity.REJECT)],
)
def test_view_softer_than_the_others(
    with_sharpness: Callable[..., SceneMeasurement], ratio: float, severity: Severity | None
) -> None:
    found = check_focus(with_sharpness(laplacian=ratio), LIMITS)

    assert severities(found) == ([severity] if severity else [])
    assert all(finding.photo == "before.jpg" for finding in found)


@pytest.mark.parametrize(
    ("ratio", "severity"),
    [
        (3.0, None),
        (0.75, None),
        (0.74, Severity.WARN),
        (0.5, Severity.WARN),
        (0.49, Severity.REJECT),
    ],
)
def test_transmission_softer_than_the_views(
    with_sharpness: Callable[..., SceneMeasurement], ratio: float, severity: Severity | None
) -> None:
    found = check_transmission_focus(with_sharpness(transmission=True, band=ratio), LIMITS)

    assert severities(found) == ([severity] if severity else [])


@pytest.mark.parametrize(("ratio", "count"), [(0.75, 0), (0.74, 1), (1.33, 0), (1.36, 1)])
def test_blur_in_one_direction_is_warned_of(
    with_sharpness: Callable[..., SceneMeasurement], ratio: float, count: int
) -> None:
    found = check_motion_blur(with_sharpness(direction=ratio), LIMITS)

    assert severities(found) == [Severity.WARN] * count


@pytest.mark.parametrize("transmission", [False, True])
def test_focus_in_the_dark_cannot_be_told(
    with_sharpness: Callable[..., SceneMeasurement], transmission: bool
) -> None:
    scene = with_sharpness(transmission=transmission, doubt=Doubt.TOO_DARK)

    found = [*check_focus(scene, LIMITS), *check_transmission_focus(scene, LIMITS)]

    assert [finding.cannot_tell for finding in found] == [True]
