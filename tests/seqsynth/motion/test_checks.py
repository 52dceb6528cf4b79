"""Homographies that no camera before a plane could give, named by their fault."""

import numpy as np
import pytest

from seqsynth.motion.checks import homography_faults
from tests.seqsynth.motion.drawn import WINDOW, draw_map

HORIZON = np.array([[1, 0, 0], [0, 1, 0], [-0.02, 0, 1.0]])
FLAT = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1.0]])


def whole() -> np.ndarray:
    return np.stack([draw_map(0).homography(), np.eye(3), draw_map(1).homography()])


def test_a_camera_before_a_plane_is_faultless():
    assert not list(homography_faults(whole(), WINDOW))


@pytest.mark.parametrize(
    ("view", "value", "words"),
    [
        (0, np.full((3, 3), np.nan), "view 0 holds a number that is not finite"),
        (2, np.diag([np.inf, 1, 1]), "view 2 holds a number that is not finite"),
        (1, draw_map(2).homography(), "view 1 is not the identity"),
        (0, np.diag([-1.0, 1, 1]), "turns the picture over"),
        (2, FLAT, "degenerate"),
        (2, HORIZON, "horizon"),
        (0, 2 * np.eye(3), "ends in 2, not 1"),
    ],
)
def test_a_fault_is_named_with_its_view(view, value, words):
    homographies = whole()
    homographies[view] = value
    faults = list(homography_faults(homographies, WINDOW))
    assert len(faults) == 1
    assert words in faults[0]


def test_all_faults_are_named():
    homographies = whole()
    homographies[0], homographies[2] = np.nan, FLAT
    assert len(list(homography_faults(homographies, WINDOW))) == 2
