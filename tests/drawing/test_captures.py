"""The drawn captures are what they say: otherwise no other test here means anything."""

from typing import Any

import numpy as np
import pytest

from tests.drawing.captures import (
    DrawnScene,
    SceneRecipe,
    draw_scene,
    mean_error_px,
    to_linear,
    to_srgb,
)

PLAIN = {
    "size": (145, 220),
    "reflection_ratio": 0.0,
    "noise": (0.0, 0.0),
    "quality": 0,
    "defocus": (0.0, 0.0),
    "misalignment": (0.0, 0.0),
}


def drawn(seed: int = 1, **recipe: Any) -> DrawnScene:
    return draw_scene(seed, SceneRecipe(**(PLAIN | recipe)))


def test_same_seed_draws_the_same_photos() -> None:
    first, second = (drawn(noise=(1e-3, 1e-3), quality=90) for _ in range(2))
    assert np.array_equal(first.views[0], second.views[0])
    assert np.array_equal(first.transmission, second.transmission)


def test_other_seeds_draw_other_photos() -> None:
    assert not np.array_equal(drawn(1).transmission, drawn(2).transmission)


def test_centre_view_without_reflection_is_the_gain_times_the_transmission() -> None:
    scene = drawn(gain=(0.5, 0.5))
    unclipped = scene.transmission < 250
    light = 0.5 * to_linear(scene.transmission)[unclipped]
    assert to_linear(scene.views[1])[unclipped] == pytest.approx(light, abs=0.005)


def test_warp_says_where_a_view_shows_what_the_centre_shows() -> None:
    scene = drawn(camera_step=(6.0, 6.0), gain=(1.0, 1.0))
    place = scene.warps[2] @ [110, 70, 1]
    x, y = np.rint(place[:2] / place[2]).astype(int)
    shown = scene.views[2][y - 8 : y + 9, x - 8 : x + 9].astype(float).ravel()
    there = scene.views[1][62:79, 102:119].astype(float).ravel()
    away = scene.views[1][82:99, 102:119].astype(float).ravel()
    assert np.corrcoef(shown, there)[0, 1] > 0.8 > np.corrcoef(shown, away)[0, 1]


def test_reflection_has_the_ratio_asked_for() -> None:
    with_it, without = drawn(reflection_ratio=0.5, light=0.05), drawn(light=0.05)
    added = to_linear(with_it.views[1]).mean() / to_linear(without.views[1]).mean() - 1
    # Of the whole reflection, of which the picture shows a part, and that part clipped.
    assert added == pytest.approx(0.5, abs=0.2)


def test_coding_and_decoding_light_are_inverse() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(to_srgb(to_linear(levels)), levels)


def test_error_of_a_shift_is_its_length() -> None:
    shift = np.array([[1, 0, 3], [0, 1, -4], [0, 0, 1.0]])
    assert mean_error_px(shift, np.eye(3), (100, 200)) == pytest.approx(5)
