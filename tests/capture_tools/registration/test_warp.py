"""Lengths of warps against hand-worked numbers."""

import numpy as np
import pytest

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Warp
from capture_tools.registration.warp import (
    Registration,
    corner_shift,
    covered,
    inverse,
    mean_shift,
    mean_vector,
    warp_to,
)

SIZE = (101, 201)


def shift(x: float, y: float) -> Warp:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def registration(warp: Warp, doubt: Doubt | None = None) -> Registration:
    return Registration(warp, SIZE, 1.0, 100, 0.0, "identity", doubt)


def test_shift_has_its_length_everywhere() -> None:
    assert mean_shift(shift(3, -4), SIZE) == pytest.approx(5)
    assert corner_shift(shift(3, -4), SIZE) == pytest.approx(5)
    assert mean_vector(shift(3, -4), SIZE) == pytest.approx((3, -4))


def test_zoom_about_the_origin_moves_the_far_corner_most() -> None:
    zoom = np.diag([1.01, 1.01, 1.0])
    assert corner_shift(zoom, SIZE) == pytest.approx(0.01 * np.hypot(200, 100))
    assert mean_vector(zoom, SIZE) == pytest.approx((1.0, 0.5))


@pytest.mark.parametrize(
    ("warp", "kept"),
    [
        (shift(0.24, 0), True),
        (shift(0.26, 0), False),
        # 0.2 px in the mean, yet 0.6 px at two corners.
        (np.array([[1.003, 0.006, -0.6], [0, 1, 0], [0, 0, 1.0]]), False),
    ],
)
def test_identity_is_kept_only_within_both_limits(warp: Warp, kept: bool) -> None:
    assert registration(warp).keeps_identity is kept


def test_inverse_leads_back() -> None:
    warp = np.array([[1.1, 0.02, 5], [0.01, 0.9, -3], [1e-5, 2e-5, 1]])
    assert (inverse(warp) @ warp) / (inverse(warp) @ warp)[2, 2] == pytest.approx(np.eye(3))


def test_warp_to_shows_the_moving_photo_in_the_fixed_frame() -> None:
    moving = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    shown = warp_to(moving, shift(5, 2), (30, 50))
    assert np.array_equal(shown, moving[2:32, 5:55])


def test_covered_is_the_part_of_the_fixed_frame_that_the_moving_photo_shows() -> None:
    mask = covered(shift(10, -5), (40, 60), (40, 60))
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max()) == (5, 39)
    assert (columns.min(), columns.max()) == (0, 49)
