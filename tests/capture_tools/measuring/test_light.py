"""Gain and reflection of drawn scenes, of which both are known."""

from typing import Any

import numpy as np
import pytest

from capture_tools.capture import Doubt
from capture_tools.measuring.light import (
    LightComparison,
    clipped_only_in_transmission,
    compare_light,
    estimate_gain,
)
from capture_tools.photos.working_view import Image, WorkingView, reduce_view
from capture_tools.registration.aligned_view import AlignedView, bring_onto
from capture_tools.registration.warp import Registration
from capture_tools.scenes.framing import apply_gain
from tests.capture_tools.kinds import Draw, Flat, Measure, Measured


def gain_error(each: Measured) -> float:
    found = estimate_gain(each.transmission, each.aligned[1])
    return found.grey - each.scene.gain


@pytest.fixture(scope="module")
def pair(measure: Measure, draw: Draw) -> Measured:
    """A scene without a reflection, measured."""
    return measure(draw(11, reflection_ratio=0.0))


def as_view(image: Image, transmission: WorkingView) -> AlignedView:
    """Return a photo that lies on the transmission photo already."""
    still = Registration(np.eye(3), transmission.full_size, 1.0, 99, 0.0, "identity", None)
    return bring_onto(reduce_view(image), still, transmission)


def compared(ratio: float, area: float, doubt: Doubt | None = None) -> LightComparison:
    return LightComparison(0.0, ratio, area, doubt)


@pytest.mark.parametrize(
    ("recipe", "limit"),
    [
        ({"reflection_ratio": 0.0}, 0.01),
        ({"reflection_ratio": 0.3}, 0.015),
        ({"reflection_ratio": 1.2}, 0.03),
        ({"reflection_ratio": 0.6, "reflection_blur": (0.0, 0.0)}, 0.03),
        ({"light": 0.015, "noise": (2e-3, 4e-3)}, 0.05),
    ],
    ids=["no reflection", "normal", "brighter than the scene", "sharp", "dark"],
)
def test_gain_is_found_whatever_is_reflected(
    draw: Draw, measure: Measure, recipe: dict[str, Any], limit: float
) -> None:
    assert abs(gain_error(measure(draw(11, **recipe)))) < limit


def test_gain_of_every_channel_is_found(draw: Draw, measure: Measure) -> None:
    each = measure(draw(11, reflection_ratio=0.3))
    channels = estimate_gain(each.transmission, each.aligned[1]).channels
    assert channels == pytest.approx((each.scene.gain,) * 3, abs=0.03)


def test_tinted_glass_shows_as_a_spread_of_the_channels(pair: Measured) -> None:
    tinted = pair.transmission.pixels.copy()
    for channel, gain in enumerate((0.9, 0.8, 0.7)):
        tinted[..., channel] = apply_gain(pair.transmission.pixels, gain)[..., channel]
    found = estimate_gain(pair.transmission, as_view(tinted, pair.transmission))
    assert found.channels == pytest.approx((0.9, 0.8, 0.7), abs=0.01)
    assert found.channel_spread == pytest.approx(0.25, abs=0.02)


def test_veil_is_not_taken_for_gain(pair: Measured) -> None:
    veiled = np.clip(pair.transmission.linear + 0.05, 0, 1)
    coded = 255 * np.where(veiled <= 0.0031308, 12.92 * veiled, 1.055 * veiled ** (1 / 2.4) - 0.055)
    grey = np.repeat(np.rint(coded)[..., None], 3, axis=2).astype(np.uint8)
    found = estimate_gain(pair.transmission, as_view(grey, pair.transmission))
    assert found.grey == pytest.approx(1.0, abs=0.02)
    assert found.quantile > 1.04


def test_gain_that_would_leave_the_view_too_dark_is_contradicted(pair: Measured) -> None:
    # The upper half at half the light: no single gain holds, and 1 would be too much for it.
    halved = pair.transmission.pixels.copy()
    halved[:200] = apply_gain(halved, 0.5)[:200]
    found = estimate_gain(pair.transmission, as_view(halved, pair.transmission))
    assert found.grey > 0.9
    assert found.safe == pytest.approx(0.5, abs=0.05)


def test_gain_of_a_clipped_view_cannot_be_told(pair: Measured, flat: Flat) -> None:
    white = as_view(flat(255, pair.transmission.full_size), pair.transmission)
    found = estimate_gain(pair.transmission, white)
    assert found.grey is None
    assert found.doubt is Doubt.TOO_CLIPPED


def test_gain_of_a_picture_without_texture_cannot_be_told(flat: Flat) -> None:
    plain = reduce_view(flat(120))
    found = estimate_gain(plain, as_view(flat(100), plain))
    assert found.grey is None
    assert found.doubt is Doubt.LITTLE_TEXTURE


@pytest.mark.parametrize("ratio", [0.1, 0.3, 0.6])
def test_amount_of_reflection_is_read_near_its_truth(
    draw: Draw, measure: Measure, ratio: float
) -> None:
    each = measure(draw(11, reflection_ratio=ratio))
    gain = estimate_gain(each.transmission, each.aligned[1]).safe
    found = compare_light(each.transmission, each.aligned[1], gain)
    assert found.reflection_ratio == pytest.approx(ratio, rel=0.4)


def test_view_without_reflection_shows_none_and_is_nowhere_darker(pair: Measured) -> None:
    gain = estimate_gain(pair.transmission, pair.aligned[1]).safe
    found = compare_light(pair.transmission, pair.aligned[1], gain)
    assert found.strength == "none"
    assert found.darker_share < 0.001


def test_shaded_part_of_a_view_is_darker_than_the_transmission(pair: Measured) -> None:
    shaded = pair.transmission.pixels.copy()
    shaded[:58] = apply_gain(shaded, 0.6)[:58]
    found = compare_light(pair.transmission, as_view(shaded, pair.transmission), 1.0)
    # 58 of 580 rows, less what is clipped or black there.
    assert found.darker_share == pytest.approx(0.1, abs=0.03)


def test_what_is_darker_is_no_reflection(pair: Measured) -> None:
    shaded = apply_gain(pair.transmission.pixels, 0.6)
    found = compare_light(pair.transmission, as_view(shaded, pair.transmission), 1.0)
    assert found.reflection_ratio == pytest.approx(0, abs=0.001)


def test_weak_reflection_cannot_be_told_from_noise_in_the_dark(pair: Measured) -> None:
    found = compare_light(pair.transmission, pair.aligned[1], pair.scene.gain, dark=True)
    assert found.doubt is Doubt.TOO_DARK
    assert found.strength is None


@pytest.mark.parametrize(
    ("ratio", "area", "strength"),
    [
        (0.01, 0.005, "none"),
        (0.01, 0.02, "weak"),
        (0.09, 0.5, "weak"),
        (0.11, 0.5, "normal"),
        (0.51, 0.5, "strong"),
    ],
)
def test_amount_of_reflection_has_a_word(ratio: float, area: float, strength: str) -> None:
    assert compared(ratio, area).strength == strength


def test_comparison_of_a_clipped_view_cannot_be_told(pair: Measured, flat: Flat) -> None:
    white = as_view(flat(255, pair.transmission.full_size), pair.transmission)
    assert compare_light(pair.transmission, white, 1.0).doubt is Doubt.TOO_CLIPPED


def test_highlights_lost_in_the_transmission_photo_alone_are_counted(flat: Flat) -> None:
    photo, view = flat(120, (580, 880)), flat(120, (580, 880))
    photo[:174] = 255
    view[:116] = 255
    transmission = reduce_view(photo)
    share = clipped_only_in_transmission(transmission, as_view(view, transmission))
    # 174 rows in the one, 116 of them in the other too.
    assert share == pytest.approx(58 / 580)


def test_applied_gain_scales_linear_light() -> None:
    # 188 is linear 0.5029; half of it, 0.2514, is coded 137.
    assert apply_gain(np.full((2, 2, 3), 188, np.uint8), 0.5).max() == 137


def test_applied_gain_stops_at_white() -> None:
    assert apply_gain(np.full((2, 2, 3), 200, np.uint8), 3.0).min() == 255
