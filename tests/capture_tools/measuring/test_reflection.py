"""The reflection's own motion: told where it can be, and else not guessed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from capture_tools.capture import Doubt
from capture_tools.measuring.light import compare_light, estimate_gain
from capture_tools.measuring.reflection import ReflectionMotion, measure_reflection_motion
from capture_tools.registration.aligned_view import AlignedView
from tests.capture_tools.kinds import Draw, Measure, Measured


def motion(each: Measured, view: int | AlignedView, **kwargs: Any) -> ReflectionMotion:
    """Measure the motion from the centre to a view, given by number or as it is aligned."""
    other = view if isinstance(view, AlignedView) else each.aligned[view]
    centre = each.aligned[1]
    gain = estimate_gain(each.transmission, centre).safe
    comparison = compare_light(each.transmission, centre, gain)
    return measure_reflection_motion(each.transmission, centre, other, gain, comparison, **kwargs)


@pytest.mark.parametrize(
    "recipe",
    [
        {"reflection_ratio": 0.3},
        {"reflection_ratio": 0.6},
        {"reflection_ratio": 0.3, "reflection_blur": (0.0, 0.0)},
    ],
    ids=["normal", "strong", "sharp"],
)
def test_motion_of_the_reflection_is_measured(
    draw: Draw, measure: Measure, recipe: dict[str, Any]
) -> None:
    each = measure(draw(11, **recipe))
    for view in (0, 2):
        found = motion(each, view)
        assert (found.dx_px, found.dy_px) == pytest.approx(
            tuple(each.scene.reflection_steps[view]), abs=3
        )


def test_larger_photo_has_its_motion_in_its_own_pixels(draw: Draw, measure: Measure) -> None:
    each = measure(draw(11, size=(1160, 1760)))
    found = motion(each, 2)
    assert (found.dx_px, found.dy_px) == pytest.approx(tuple(each.scene.reflection_steps[2]), abs=6)


def test_reflection_that_is_not_there_has_no_motion(draw: Draw, measure: Measure) -> None:
    found = motion(measure(draw(11, reflection_ratio=0.0)), 2)
    assert found.dx_px is None
    assert found.doubt is Doubt.WEAK_REFLECTION


def test_reflection_that_stays_with_the_scene_is_not_told_apart(
    draw: Draw, measure: Measure
) -> None:
    found = motion(measure(draw(11, reflection_step=(0.0, 0.0))), 2)
    assert found.dx_px is None
    assert found.doubt is Doubt.NOT_TOLD_APART


def test_motion_in_the_dark_is_not_told(draw: Draw, measure: Measure) -> None:
    found = motion(measure(draw(11)), 2, dark=True)
    assert found.dx_px is None
    assert found.doubt is Doubt.TOO_DARK


def test_views_with_unlike_reflections_are_ambiguous(draw: Draw, measure: Measure) -> None:
    each = measure(draw(11))
    rng = np.random.default_rng(0)
    light = each.transmission.linear + rng.random(each.transmission.linear.shape, np.float32) / 5
    other = replace(each.aligned[2], linear=light)
    assert motion(each, other).doubt is Doubt.AMBIGUOUS
