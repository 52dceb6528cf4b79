"""Figures of motions whose every number can be said beforehand."""

from dataclasses import astuple

import numpy as np
import pytest

from seqsynth.motion.figures import figures_of

SIZE = (120, 160)
MIDDLE = np.array([[1, 0, 79.5], [0, 1, 59.5], [0, 0, 1.0]])


def about_the_middle(matrix: np.ndarray) -> np.ndarray:
    return MIDDLE @ matrix @ np.linalg.inv(MIDDLE)


def test_a_frame_at_rest_has_no_figures() -> None:
    assert astuple(figures_of(np.eye(3), SIZE)) == pytest.approx((0,) * 9, abs=1e-9)


def test_a_shift_is_all_shift() -> None:
    shift = np.array([[1, 0, 4.0], [0, 1, -3.0], [0, 0, 1]])
    figures = figures_of(shift, SIZE)
    assert (figures.across, figures.down) == pytest.approx((2.5, -1.875))
    assert figures.length == pytest.approx(3.125)
    assert figures.residual == pytest.approx(0, abs=1e-9)


def test_a_turn_and_a_zoom_are_the_similarity_s() -> None:
    angle, zoom = np.radians(3), 1.02
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    figures = figures_of(about_the_middle(np.vstack([zoom * turn, [0, 0, 1]])), SIZE)
    assert figures.turn == pytest.approx(3)
    assert figures.scale == pytest.approx(2)
    assert figures.perspective == 0
    assert figures.residual > 10
    assert figures.residual_similarity == pytest.approx(0, abs=1e-9)


def test_a_shear_is_left_by_the_similarity_and_not_by_the_affine_map() -> None:
    figures = figures_of(about_the_middle(np.array([[1, 0.05, 0], [0, 1, 0], [0, 0, 1.0]])), SIZE)
    assert figures.residual_similarity > 1
    assert figures.residual_affine == pytest.approx(0, abs=1e-9)


def test_perspective_is_the_change_of_depth_at_the_edge() -> None:
    # At half a width from the middle the depth is 1 + 0.0005 * 80.
    tilt = np.array([[1, 0, 0], [0, 1, 0], [0.0005, 0, 1.0]])
    figures = figures_of(about_the_middle(tilt), SIZE)
    assert figures.perspective == pytest.approx(4)
    assert figures.residual_affine > 0.1
