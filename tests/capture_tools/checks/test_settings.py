"""Camera settings by EXIF: in the paper's range, and the same in every photo of a scene."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from capture_tools.capture import CaptureGroup, Exif, Finding, Severity
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
from tests.capture_tools.kinds import MakeGroup

CHECKS = (
    check_aperture,
    check_camera,
    check_exif,
    check_exposure,
    check_focal_length,
    check_iso,
    check_shooting_times,
    check_white_balance,
)


@pytest.fixture
def group_with(make_group: MakeGroup, settings: Exif) -> MakeGroup:
    """A group in which the first photo, or all of them, have other settings."""

    def make(*, everywhere: bool = False, **changes: Any) -> CaptureGroup:
        other = replace(settings, **changes)
        return make_group([other] * 4 if everywhere else [other, *[settings] * 3])

    return make


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize("check", CHECKS)
def test_like_settings_keep_every_rule(
    check: Any, make_group: MakeGroup, limits: CheckLimits
) -> None:
    assert check(make_group(), limits) == []


@pytest.mark.parametrize("check", CHECKS)
def test_photos_without_exif_are_not_guessed_at(
    check: Any, make_group: MakeGroup, limits: CheckLimits
) -> None:
    findings = check(make_group([Exif()] * 4), limits)

    assert {(each.code, each.cannot_tell) for each in findings} <= {("exif_missing", True)}


def test_missing_exif_is_a_note_that_names_what_is_missing(
    group_with: MakeGroup, limits: CheckLimits
) -> None:
    finding = only(check_exif(group_with(iso=None, unusable=("ISOSpeedRatings",)), limits))

    assert (finding.code, finding.severity) == ("exif_missing", Severity.NOTE)
    assert "ISO (before.jpg)" in finding.message
    assert "unusable tags: ISOSpeedRatings" in finding.message


@pytest.mark.parametrize(
    ("iso", "severity"),
    [(99, Severity.NOTE), (100, None), (3200, None), (3201, Severity.WARN)],
)
def test_iso_of_the_paper(
    group_with: MakeGroup, limits: CheckLimits, iso: int, severity: Severity | None
) -> None:
    findings = check_iso(group_with(everywhere=True, iso=iso), limits)

    assert [finding.severity for finding in findings] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("aperture", "severity"),
    [(3.9, Severity.WARN), (4.0, None), (16.0, None), (16.1, Severity.WARN)],
)
def test_aperture_of_the_paper(
    group_with: MakeGroup, limits: CheckLimits, aperture: float, severity: Severity | None
) -> None:
    findings = check_aperture(group_with(everywhere=True, aperture=aperture), limits)

    assert [finding.severity for finding in findings] == ([severity] if severity else [])


def test_wide_aperture_of_a_phone_is_only_noted(group_with: MakeGroup, limits: CheckLimits) -> None:
    phone = group_with(everywhere=True, aperture=1.8, focal_length_mm=4.4)

    assert only(check_aperture(phone, limits)).severity is Severity.NOTE


def test_photo_furthest_out_of_range_is_named(
    make_group: MakeGroup, settings: Exif, limits: CheckLimits
) -> None:
    isos = (4000, 6400, 5000, 400)

    finding = check_iso(make_group([replace(settings, iso=iso) for iso in isos]), limits)[-1]

    assert (finding.photo, finding.value, finding.limit) == ("centre.jpg", 6400, (100, 3200))
    assert "ISO 6400 in centre.jpg and 2 more" in finding.message


@pytest.mark.parametrize(
    ("check", "keeps", "breaks", "stops"),
    [
        # Of ISO 400: 445 is 0.15 stops away, 500 a third of one.
        (check_iso, {"iso": 445}, {"iso": 500}, 0.32),
        # The light goes with the square of the aperture: f/5.6 to 6.3 is 0.34 stops.
        (check_aperture, {"aperture": 5.8}, {"aperture": 6.3}, 0.34),
        (check_exposure, {"exposure_s": 0.011}, {"exposure_s": 0.0125}, 0.32),
    ],
)
def test_setting_that_changes_within_a_scene_is_warned_of(
    group_with: MakeGroup, limits: CheckLimits, check: Any, keeps: Any, breaks: Any, stops: float
) -> None:
    assert check(group_with(**keeps), limits) == []

    finding = only(check(group_with(**breaks), limits))

    assert (finding.code[-6:], finding.severity) == ("_drift", Severity.WARN)
    assert finding.value == pytest.approx(stops, abs=0.005)


def test_another_camera_is_rejected(group_with: MakeGroup, limits: CheckLimits) -> None:
    finding = only(check_camera(group_with(make="Google", model="Pixel 2"), limits))

    assert (finding.severity, finding.value) == (Severity.REJECT, "Google Pixel 2")
    assert (finding.photo, finding.limit) == ("before.jpg", "NIKON D810")


def test_mixed_white_balance_is_warned_of(group_with: MakeGroup, limits: CheckLimits) -> None:
    finding = only(check_white_balance(group_with(white_balance="auto"), limits))

    assert (finding.code, finding.severity) == ("white_balance", Severity.WARN)


@pytest.mark.parametrize(("focal_length_mm", "count"), [(35.3, 0), (36.0, 1)])
def test_zooming_is_warned_of(
    group_with: MakeGroup, limits: CheckLimits, focal_length_mm: float, count: int
) -> None:
    assert len(check_focal_length(group_with(focal_length_mm=focal_length_mm), limits)) == count


def at(settings: Exif, *seconds: Any) -> list[Exif]:
    start = datetime.datetime(2019, 5, 2, 14)
    return [replace(settings, time=start + datetime.timedelta(seconds=s)) for s in seconds]


def test_transmission_may_be_taken_at_any_time(
    make_group: MakeGroup, settings: Exif, limits: CheckLimits
) -> None:
    assert check_shooting_times(make_group(at(settings, 3, 6, 9, 0)), limits) == []


def test_views_out_of_order_are_warned_of(
    make_group: MakeGroup, settings: Exif, limits: CheckLimits
) -> None:
    finding = only(check_shooting_times(make_group(at(settings, 0, 6, 3, 9)), limits))

    assert (finding.code, finding.photo, finding.value) == ("shooting_order", "after.jpg", -3.0)


@pytest.mark.parametrize(("pause_s", "count"), [(600, 0), (601, 1)])
def test_long_pause_is_warned_of(
    make_group: MakeGroup, settings: Exif, limits: CheckLimits, pause_s: float, count: int
) -> None:
    found = check_shooting_times(make_group(at(settings, 0, 3, 6, 6 + pause_s)), limits)

    assert [finding.code for finding in found] == ["pause"] * count
