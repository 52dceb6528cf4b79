"""What moved shows where a view is darker than the transmission allows."""

from typing import Any

import pytest

from capture_tools.capture import Doubt
from capture_tools.measuring.movers import Movers, find_movers
from capture_tools.photos.working_view import Image, reduce_view
from capture_tools.registration.aligned_view import bring_onto
from tests.capture_tools.kinds import Draw, Measure, Measured
from tests.drawing.captures import paste_object

SIDE = 44
NOTICED_PX = 200


def movers_in(each: Measured, view: int, image: Image | None = None, **kwargs: Any) -> Movers:
    """Find movers in a view, or in another picture taken in its place."""
    registration = each.alignment.views[view]
    seen = each.views[view] if image is None else reduce_view(image)
    aligned = bring_onto(seen, registration, each.transmission)
    agreement = kwargs.pop("agreement", registration.agreement)
    return find_movers(each.transmission, aligned, each.scene.gain, agreement=agreement, **kwargs)


@pytest.fixture(scope="module")
def still(draw: Draw, measure: Measure) -> Measured:
    return measure(draw(11, reflection_ratio=0.3))


@pytest.mark.parametrize(
    "recipe",
    [
        {"reflection_ratio": 0.0},
        {"reflection_ratio": 0.3},
        {"reflection_ratio": 0.6, "reflection_blur": (0.0, 0.0)},
        {"noise": (1e-3, 5e-3)},
        {"defocus": (1.5, 1.5)},
    ],
    ids=["no reflection", "normal", "sharp", "noisy", "defocused"],
)
def test_nothing_is_found_in_a_scene_that_stands_still(
    draw: Draw, measure: Measure, recipe: dict[str, Any]
) -> None:
    each = measure(draw(11, **recipe))
    assert [movers_in(each, view).largest_working_px for view in range(3)] == [0, 0, 0]


def test_dark_object_is_found_where_it_stands(still: Measured) -> None:
    image = paste_object(still.scene.views[2], 300, 200, SIDE, 5)
    found = movers_in(still, 2, image)
    assert found.largest_working_px > NOTICED_PX
    left, top, width, height = found.box_px
    dx, dy = still.alignment.views[2].mean_vector_px
    assert (left, top) == pytest.approx((300 - dx, 200 - dy), abs=SIDE / 2)
    assert max(width, height) <= SIDE + 4


def test_share_of_the_largest_object_is_of_the_whole_picture(still: Measured) -> None:
    found = movers_in(still, 2, paste_object(still.scene.views[2], 300, 200, SIDE, 5))
    assert found.largest_share == pytest.approx(found.largest_working_px / (580 * 880))


def test_bright_object_is_left_to_be_a_reflection(still: Measured) -> None:
    image = paste_object(still.scene.views[2], 300, 200, SIDE, 240)
    assert movers_in(still, 2, image).largest_working_px < NOTICED_PX


def test_largest_of_several_objects_is_the_one_placed(still: Measured) -> None:
    image = paste_object(still.scene.views[2], 600, 350, SIDE, 5)
    image = paste_object(image, 200, 100, 2 * SIDE, 5)
    box_px = movers_in(still, 2, image).box_px
    dx, dy = still.alignment.views[2].mean_vector_px
    assert box_px == pytest.approx((200 - dx, 100 - dy, 2 * SIDE, 2 * SIDE), abs=8)


def test_badly_aligned_view_cannot_be_judged(still: Measured) -> None:
    assert movers_in(still, 2, agreement=0.4).doubt is Doubt.NOT_ALIGNED


def test_unknown_alignment_cannot_be_judged(still: Measured) -> None:
    assert movers_in(still, 2, agreement=None).doubt is Doubt.NOT_ALIGNED


def test_dark_scene_cannot_be_judged(still: Measured) -> None:
    assert movers_in(still, 2, dark=True).doubt is Doubt.TOO_DARK
