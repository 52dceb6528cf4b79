"""Light limits to the last digit: one number of a sound measurement changed at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from capture_tools.capture import Doubt, Finding, Severity
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
from capture_tools.measuring.measurement import SceneMeasurement

LIMITS = CheckLimits()
OF_THE_LIGHT = (check_gain, check_darker, check_reflection_amount)


def severities(findings: list[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings]


@pytest.fixture
def with_gain(measured: SceneMeasurement) -> Callable[..., SceneMeasurement]:
    """The sound scene with another gain of its centre view."""

    def make(**changes: Any) -> SceneMeasurement:
        gains = list(measured.gains)
        gains[measured.centre] = replace(gains[measured.centre], **changes)
        return replace(measured, gains=tuple(gains))

    return make


@pytest.mark.parametrize(
    ("gain", "count"), [(0.74, 1), (0.75, 0), (1.15, 0), (1.16, 1), (0.2, 1), (5.0, 1)]
)
def test_gain_warns_and_never_rejects(
    with_gain: Callable[..., SceneMeasurement], gain: float | None, count: int
) -> None:
    assert severities(check_gain(with_gain(grey=gain), LIMITS)) == [Severity.WARN] * count


@pytest.mark.parametrize(("red", "count"), [(1.1, 0), (1.12, 1)])
def test_tinted_gain_is_warned_of(
    with_gain: Callable[..., SceneMeasurement], red: float, count: int
) -> None:
    # The spread is the difference over the mean: .1 / 1.033 = .097 and .12 / 1.04 = .115.
    found = check_gain_colour(with_gain(channels=(red, 1.0, 1.0)), LIMITS)

    assert severities(found) == [Severity.WARN] * count


def test_gain_of_unequal_views_is_warned_of(
    measured: SceneMeasurement, with_gain: Callable[..., SceneMeasurement]
) -> None:
    others = measured.gains[0].grey

    assert check_gain_drift(with_gain(grey=others * 1.1), LIMITS) == []
    assert severities(check_gain_drift(with_gain(grey=others * 1.14), LIMITS)) == [Severity.WARN]


def test_gain_that_cannot_be_told_is_said(with_gain: Callable[..., SceneMeasurement]) -> None:
    unknown = with_gain(grey=None, doubt=Doubt.TOO_CLIPPED)

    (finding,) = check_gain(unknown, LIMITS)

    assert finding.cannot_tell
    assert "clipped" in finding.message


@pytest.mark.parametrize("doubt", [Doubt.NOT_ALIGNED, Doubt.LITTLE_TEXTURE, Doubt.BLANK])
@pytest.mark.parametrize("check", OF_THE_LIGHT)
def test_light_of_photos_that_are_not_aligned_cannot_be_told(
    measured: SceneMeasurement, check: Any, doubt: Doubt | None
) -> None:
    views = list(measured.alignment.views)
    views[measured.centre] = replace(views[measured.centre], doubt=doubt)
    scene = replace(measured, alignment=replace(measured.alignment, views=tuple(views)))

    assert [finding.cannot_tell for finding in check(scene, LIMITS)] == [True]


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.01, None), (0.011, Severity.WARN), (0.05, Severity.WARN), (0.051, Severity.REJECT)],
)
def test_view_darker_than_its_transmission(
    measured: SceneMeasurement, share: float, severity: Severity | None
) -> None:
    found = check_darker(replace(measured, darker_share=share), LIMITS)

    assert severities(found) == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("gain", "severity"),
    [(0.74, Severity.WARN), (0.75, Severity.REJECT), (1.15, Severity.REJECT), (1.5, Severity.WARN)],
)
def test_darker_view_proves_nothing_under_an_unusual_gain(
    with_gain: Callable[..., SceneMeasurement], gain: float | None, severity: Severity | None
) -> None:
    found = check_darker(replace(with_gain(grey=gain), darker_share=0.13), LIMITS)

    assert severities(found) == [severity]


@pytest.mark.parametrize(
    ("ratio", "area", "seen"),
    [(0.014, 0.009, False), (0.015, 0.009, True), (0.014, 0.01, True)],
)
def test_invisible_reflection_is_warned_of(
    measured: SceneMeasurement, ratio: float, area: float, seen: bool
) -> None:
    comparison = replace(measured.comparison, reflection_ratio=ratio, reflection_area=area)

    found = check_reflection_amount(replace(measured, comparison=comparison), LIMITS)

    assert severities(found) == ([] if seen else [Severity.WARN])


def test_invisible_reflection_is_rejected_where_the_limits_say_so(
    measured: SceneMeasurement,
) -> None:
    comparison = replace(measured.comparison, reflection_ratio=0.001, reflection_area=0.0)
    limits = CheckLimits(reflection_reject=True)

    found = check_reflection_amount(replace(measured, comparison=comparison), limits)

    assert severities(found) == [Severity.REJECT]


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.1, None), (0.11, Severity.WARN), (0.3, Severity.WARN), (0.31, Severity.REJECT)],
)
def test_clipping_of_each_photo(
    measured: SceneMeasurement, share: float, severity: Severity | None
) -> None:
    shares = list(measured.clipped_shares)
    shares[2] = share

    found = check_clipping(replace(measured, clipped_shares=tuple(shares)), LIMITS)

    assert severities(found) == ([severity] if severity else [])
    assert all(finding.photo == "after.jpg" for finding in found)


@pytest.mark.parametrize(("share", "count"), [(0.01, 0), (0.011, 1)])
def test_transmission_that_clips_alone_is_warned_of(
    measured: SceneMeasurement, share: float, count: int
) -> None:
    found = check_clipped_transmission(replace(measured, clipped_transmission=share), LIMITS)

    assert severities(found) == [Severity.WARN] * count


@pytest.mark.parametrize(("level", "count"), [(50.0, 0), (49.9, 1)])
def test_low_light_is_noted(measured: SceneMeasurement, level: int, count: int) -> None:
    found = check_light_level(replace(measured, mean_grey=level), LIMITS)

    assert severities(found) == [Severity.NOTE] * count
