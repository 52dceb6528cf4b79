"""Moving objects, the reflection's motion and repeated files, by changed measurements."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from capture_tools.capture import Doubt, Severity
from capture_tools.checks.content import (
    check_moving_objects,
    check_reflection_motion,
    check_repeated_files,
)
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.measurement import SceneMeasurement

LIMITS = CheckLimits()


@pytest.fixture
def with_mover(measured: SceneMeasurement) -> Callable[..., SceneMeasurement]:
    """The sound scene with other movers in its last view."""

    def make(**changes: Any) -> SceneMeasurement:
        *others, last = measured.movers
        return replace(measured, movers=(*others, replace(last, **changes)))

    return make


@pytest.mark.parametrize(
    ("share", "severity"),
    [
        (0.0004, None),
        (0.00041, Severity.WARN),
        (0.005, Severity.WARN),
        (0.0051, Severity.REJECT),
    ],
)
def test_object_darker_than_what_it_covers(
    with_mover: Callable[..., SceneMeasurement], share: float, severity: Severity | None
) -> None:
    found = check_moving_objects(with_mover(largest_share=share), LIMITS)

    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(finding.photo == "after.jpg" for finding in found)


def test_object_is_named_by_its_place(with_mover: Callable[..., SceneMeasurement]) -> None:
    scene = with_mover(largest_share=0.01, box_px=(120, 40, 60, 80))

    (finding,) = check_moving_objects(scene, LIMITS)

    assert "60x80 px at column 120, row 40" in finding.message


@pytest.mark.parametrize(("agreement", "told"), [(0.5, True), (0.49, False), (None, False)])
def test_objects_are_told_only_in_well_aligned_views(
    with_mover: Callable[..., SceneMeasurement], agreement: float, told: bool
) -> None:
    scene = with_mover(largest_share=0.5)
    *others, last = scene.alignment.views
    views = (*others, replace(last, agreement=agreement))

    found = check_moving_objects(
        replace(scene, alignment=replace(scene.alignment, views=views)), LIMITS
    )

    assert [finding.cannot_tell for finding in found] == [not told]


def test_objects_in_the_dark_cannot_be_told(with_mover: Callable[..., SceneMeasurement]) -> None:
    (finding,) = check_moving_objects(with_mover(doubt=Doubt.TOO_DARK), LIMITS)

    assert (finding.cannot_tell, finding.severity) == (True, Severity.NOTE)


def test_view_without_a_gain_cannot_be_searched(measured: SceneMeasurement) -> None:
    gain = replace(measured.gains[0], grey=None, doubt=Doubt.TOO_CLIPPED)
    scene = replace(
        measured, movers=(None, *measured.movers[1:]), gains=(gain, *measured.gains[1:])
    )

    (finding,) = check_moving_objects(scene, LIMITS)

    assert finding.cannot_tell
    assert str(Doubt.TOO_CLIPPED) in finding.message


def test_motion_of_the_reflection_never_rejects(measured: SceneMeasurement) -> None:
    first, *others = measured.reflection_motions
    unknown = replace(first, dx_px=None, dy_px=None, doubt=Doubt.AMBIGUOUS)

    found = check_reflection_motion(
        replace(measured, reflection_motions=(unknown, *others)), LIMITS
    )

    assert [(each.severity, each.cannot_tell, each.photo) for each in found] == [
        (Severity.NOTE, True, "before.jpg")
    ]


def test_known_motion_of_the_reflection_is_no_finding(measured: SceneMeasurement) -> None:
    assert check_reflection_motion(measured, LIMITS) == []


def test_file_in_two_roles_is_rejected(measured: SceneMeasurement) -> None:
    first = measured.sha256[0]
    scene = replace(measured, sha256=(first, first, *measured.sha256[2:]))

    (finding,) = check_repeated_files(scene, LIMITS)

    assert finding.severity is Severity.REJECT
    assert "before.jpg and centre.jpg are the same file" in finding.message
