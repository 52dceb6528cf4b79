"""Known limits follow from what a set is and how it was made."""

import pytest

from seqsynth.description import limits
from seqsynth.description.limits import list_limits
from tests.seqsynth.description.indexes import derived, index


@pytest.mark.parametrize(
    ("blend", "limit"),
    [("ceilnet", limits.CEILNET), ("linear", limits.LINEAR), ("zhang", limits.UNMEASURED)],
)
def test_blend_has_the_limit_of_its_own(blend: str, limit: str) -> None:
    known = {limits.CEILNET, limits.LINEAR, limits.UNMEASURED}
    assert known & set(list_limits(index(blend=blend))) == {limit}


def test_unmeasured_blends_are_told_of_once() -> None:
    merged = derived(*(index(blend=blend) for blend in ("zhang", "ibcln", "ceilnet")))
    assert list_limits(merged).count(limits.UNMEASURED) == 1
    assert limits.CEILNET in list_limits(merged)


@pytest.mark.parametrize(("direction", "told"), [("forward", True), ("random", False)])
def test_one_way_motion_is_a_limit(direction: str, told: bool) -> None:
    assert (limits.FORWARD in list_limits(index(direction=direction))) is told


@pytest.mark.parametrize(("ids", "told"), [(("2007_000129",), True), (("holiday",), False)])
def test_limits_of_vocs_photos_are_those_of_vocs_photos(ids: tuple[str, ...], told: bool) -> None:
    assert (limits.VOC_PHOTOS in list_limits(index(ids=ids))) is told


def test_captures_move_and_have_parallax() -> None:
    assert list_limits(index(kind="captured")) == [limits.CENTRE]
