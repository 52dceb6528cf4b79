"""Camera paths: what is drawn, how it is spread, and what follows where all but one rests."""

import numpy as np
import pytest

from seqsynth.camera import CameraSettings
from seqsynth.motion.camera import CENTRE, UNIT
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.camera.path import draw_log_uniform, draw_normal, draw_path

WINDOW = (48, 64)
RESTING = {"rise": 0.0, "approach": 0.0, "turn_back": 0.0, "shake": (0.0, 0.0, 0.0)}


def draws(index: int = 0) -> Draws:
    return Draws(7, Stream.TRAIN, index)


def test_a_path_is_its_streams_alone():
    assert draw_path(CameraSettings(), 3, draws()) == draw_path(CameraSettings(), 3, draws())
    assert draw_path(CameraSettings(), 3, draws()) != draw_path(CameraSettings(), 3, draws(1))


@pytest.mark.parametrize("views", [1, 2, 3, 4, 5])
def test_the_centre_view_is_where_all_begins(views):
    path = draw_path(CameraSettings(), views, draws())
    assert len(path.poses) == views
    assert path.poses[views // 2] == CENTRE
    assert sum(pose == CENTRE for pose in path.poses) == 1


def test_a_steady_hand_steps_aside_evenly():
    settings = CameraSettings(**RESTING, translation=(0.02, 0.02))
    poses = draw_path(settings, 5, draws()).poses
    steps = np.diff([pose.position for pose in poses], axis=0)
    assert np.array_equal(np.abs(steps), np.tile([round(0.02 * UNIT), 0, 0], (4, 1)))
    assert len(np.unique(steps, axis=0)) == 1
    assert all(pose.turn == (0, 0, 0) for pose in poses)


def test_turning_back_takes_from_the_step():
    settings = CameraSettings(**RESTING | {"turn_back": 1.0}, translation=(0.02, 0.02))
    for index in range(20):
        after = draw_path(settings, 3, draws(index)).poses[2]
        # Half the angle's tangent, of the sign that moves the picture against the step.
        share = 2 * after.turn[1] / after.position[0]
        assert 0 <= share <= 1


def test_the_nearer_reflection_moves_further_by_its_share_of_the_width():
    settings = CameraSettings(
        **RESTING, slant=(0.0, 0.0), translation=(0.03, 0.03), reflection_motion=(0.05, 0.05)
    )
    path = draw_path(settings, 3, draws())
    focal, aside = path.focal / UNIT, 0.03
    nearness = path.reflection.normal[2] / UNIT
    assert focal * aside * (nearness - 1) == pytest.approx(0.05, abs=1e-5)
    assert path.transmission.normal == (0, 0, UNIT)


def test_a_second_plane_is_parallel_and_farther():
    settings = CameraSettings(second_plane=(2.0, 2.0))
    path = draw_path(settings, 3, draws())
    assert np.allclose(2 * np.array(path.second.normal), path.transmission.normal, atol=2)
    assert draw_path(CameraSettings(), 3, draws()).second is None


def test_the_second_plane_changes_no_other_draw():
    one = draw_path(CameraSettings(), 3, draws())
    two = draw_path(CameraSettings(second_plane=(1.5, 4.0)), 3, draws())
    assert (one.focal, one.transmission, one.reflection) == (
        two.focal,
        two.transmission,
        two.reflection,
    )


def test_planes_slant_within_their_range():
    settings = CameraSettings(slant=(10.0, 12.0))
    for index in range(30):
        x, y, z = draw_path(settings, 3, draws(index)).transmission.normal
        assert 9.99 <= np.degrees(np.arctan2(np.hypot(x, y), z)) <= 12.01


def test_normal_draws_are_normal_to_within_a_percent():
    stream = draws()
    values = np.array([draw_normal(stream) for _ in range(20_000)]) / 65536
    assert abs(values.mean()) < 0.03
    assert abs(values.std() - 1) < 0.02
    assert np.abs(values).max() <= 6
    # A normal distribution has 4.55 % beyond two deviations.
    assert 0.038 < (np.abs(values) > 2).mean() < 0.052


def test_log_uniform_draws_have_the_geometric_mean_as_median():
    stream = draws()
    values = [draw_log_uniform((0.01, 0.04), stream) for _ in range(4000)]
    assert min(values) >= 0.01
    assert max(values) <= 0.04 * (1 + 1e-12)
    assert np.median(values) == pytest.approx(0.02, rel=0.05)


def test_bounds_that_agree_need_no_luck():
    assert draw_log_uniform((0.3, 0.3), draws()) == 0.3
