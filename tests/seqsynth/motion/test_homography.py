"""Whole-number homographies against K (Rot - t n') K^-1 in float64, and exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose

from seqsynth.motion.camera import CENTRE, UNIT, Plane, Pose
from seqsynth.motion.homography import ONE, SourceMap, is_faced, map_of, source_map
from tests.seqsynth.motion.drawn import FOCAL, WINDOW, draw_camera, draw_map, pixels, project

HEIGHT, WIDTH = WINDOW
FLAT = Plane((0, 0, UNIT))


def textbook(plane: Plane, pose: Pose) -> np.ndarray:
    """Return K (Rot - t n') K^-1 in pixels."""
    focal_px = FOCAL / UNIT * WIDTH
    intrinsics = np.array(
        [[focal_px, 0, (WIDTH - 1) / 2], [0, focal_px, (HEIGHT - 1) / 2], [0, 0, 1]]
    )
    rotation = pose.extrinsics()[:, :3]
    shift = np.array(pose.position) / UNIT
    moved = rotation - np.outer(shift, np.array(plane.normal) / UNIT)
    return intrinsics @ moved @ np.linalg.inv(intrinsics)


@pytest.mark.parametrize("seed", range(5))
def test_homography_is_the_textbooks(seed):
    plane, pose = draw_camera(seed)
    points = pixels()
    found = project(draw_map(seed).homography(), points)
    assert_allclose(found, project(textbook(plane, pose), points), atol=2e-6)


def test_a_step_aside_moves_a_frontal_plane_by_focal_length_times_step():
    found = source_map(FLAT, Pose((UNIT // 10, 0, 0), (0, 0, 0)), UNIT, WINDOW)
    # A focal length of one width, a step of a tenth: the picture moves a tenth of a width left.
    assert_allclose(project(found.homography(), [[10.0, 5.0]]), [[10 - 6.4, 5]], atol=1e-4)


def test_the_centre_pose_gives_the_identity():
    found = source_map(draw_camera(0)[0], CENTRE, FOCAL, WINDOW)
    assert found.is_identity
    assert np.array_equal(found.homography(), np.eye(3))


def test_another_pose_is_no_identity():
    assert not draw_map(0).is_identity


@pytest.mark.parametrize("seed", range(20))
def test_stored_homographies_give_the_whole_numbers_back(seed):
    found = draw_map(seed)
    assert np.array_equal(map_of(found.homography(), WINDOW).entries, found.entries)


@pytest.mark.parametrize("seed", range(3))
def test_positions_are_exact_fractions_rounded_half_up(seed):
    found = draw_map(seed)
    x, y = found.positions(slice(None))
    entries = found.entries.tolist()
    for row, column in np.random.default_rng(seed).integers(0, (HEIGHT, WIDTH), (40, 2)).tolist():
        place = (2 * column - (WIDTH - 1), 2 * row - (HEIGHT - 1), 1)
        across, down, depth = (
            sum(a * b for a, b in zip(line, place, strict=True)) for line in entries
        )
        for value, total, side in ((x, across, WIDTH), (y, down, HEIGHT)):
            pixel = (Fraction(total, depth) + side - 1) / 2
            assert value[row, column] == (512 * pixel + 1) // 2


def test_positions_follow_the_inverse_of_the_homography():
    found = draw_map(4)
    x, y = found.positions(slice(None))
    truth = project(np.linalg.inv(found.homography()), pixels())
    assert_allclose(np.stack([x.ravel(), y.ravel()], 1) / 256, truth, atol=0.002)


def test_some_rows_are_those_of_all():
    found = draw_map(2)
    whole, some = found.positions(slice(None)), found.positions(slice(5, 9))
    assert all(np.array_equal(a[5:9], b) for a, b in zip(whole, some, strict=True))


def test_a_camera_that_went_through_the_plane_sees_nothing():
    assert source_map(FLAT, Pose((0, 0, 2 * UNIT), (0, 0, 0)), FOCAL, WINDOW) is None


def test_a_camera_turned_to_the_horizon_sees_nothing():
    steep = Plane((5 * UNIT, 0, UNIT))
    assert source_map(steep, Pose((UNIT // 4, 0, 0), (0, 0, 0)), FOCAL, WINDOW) is None


def test_a_mirrored_picture_faces_nothing():
    entries = ONE * np.diag([-1, 1, 1]).astype(np.int64)
    assert not is_faced(SourceMap(entries, WINDOW))


@pytest.mark.parametrize(("shift", "expected"), [(1, 1), (-1, 0), (3, 2), (-3, -1)])
def test_halves_of_a_step_are_rounded_up(shift: int, expected: int) -> None:
    """A view ``shift`` / 512 px to the right lies half way between two of 256 steps."""
    entries = ONE * np.eye(3, dtype=np.int64)
    entries[:2, 2] = shift * ONE // 256
    x, y = SourceMap(entries, WINDOW).positions(slice(None))
    assert np.array_equal(x - 256 * np.arange(WIDTH), np.full(WINDOW, expected))
    assert np.array_equal(y - 256 * np.arange(HEIGHT)[:, np.newaxis], np.full(WINDOW, expected))
