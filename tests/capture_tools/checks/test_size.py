"""Sizes: all photos alike and upright alike; small ones are used as they are."""

from typing import Any

import pytest

from capture_tools.capture import Finding, Severity
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.size import check_orientation, check_size, check_small
from tests.capture_tools.kinds import MakeGroup

PAPER = (1160, 1760)


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize("size", [PAPER, PAPER[::-1], (3024, 4032)])
@pytest.mark.parametrize("check", [check_size, check_orientation, check_small])
def test_photos_of_the_papers_size_keep_every_rule(
    check: Any, size: tuple[int, int], make_group: MakeGroup
) -> None:
    assert check(make_group(sizes=[size] * 4), CheckLimits()) == []


def test_cropped_photo_is_rejected(make_group: MakeGroup) -> None:
    group = make_group(sizes=[PAPER, PAPER, (1100, 1760), PAPER])

    finding = only(check_size(group, CheckLimits()))

    assert (finding.code, finding.severity) == ("size_mismatch", Severity.REJECT)
    assert (finding.photo, finding.value, finding.limit) == ("after.jpg", "1760x1100", "1760x1160")


def test_upright_photo_among_lying_ones_is_rejected_as_such_only(make_group: MakeGroup) -> None:
    group = make_group(sizes=[PAPER, PAPER, PAPER, PAPER[::-1]])

    finding = only(check_orientation(group, CheckLimits()))

    assert (finding.code, finding.severity) == ("orientation", Severity.REJECT)
    assert (finding.photo, finding.value) == ("transmission.jpg", "upright")
    assert check_size(group, CheckLimits()) == []


@pytest.mark.parametrize("size", [(1159, 1760), (1160, 1759), (1760, 1159)])
def test_small_photos_are_warned_of_never_rejected(
    make_group: MakeGroup, size: tuple[int, int]
) -> None:
    finding = only(check_small(make_group(sizes=[size] * 4), CheckLimits()))

    assert (finding.code, finding.severity) == ("small_size", Severity.WARN)
    assert "never enlarged" in finding.message
