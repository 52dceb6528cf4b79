"""How the windows move: as far as the paper says, within their layers, by their own draws."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.seeds import Draws, Stream
from seqsynth.sequence import Trajectory
from seqsynth.synthesis.trajectory import draw_trajectory


def trajectories(config: SynthesisConfig, count: int = 300) -> list[Trajectory]:
    return [draw_trajectory(config, Draws(1, Stream.TRAIN, number)) for number in range(count)]


def steps_of(origins: NDArray[np.int16]) -> np.ndarray:
    return np.diff(origins.astype(int), axis=0)


@pytest.mark.parametrize(("layer", "low", "high"), [("transmission", 0, 2), ("reflection", 10, 20)])
def test_steps_take_every_whole_value_of_the_papers_ranges(layer, low, high):
    drawn = Counter(
        int(step)
        for trajectory in trajectories(SynthesisConfig())
        for step in steps_of(getattr(trajectory, layer)).ravel()
    )
    assert set(drawn) == set(range(low, high + 1))
    # 1200 draws: each value within four sigma of its even share.
    share = 1200 / (high - low + 1)
    assert all(abs(count - share) < 4 * np.sqrt(share) for count in drawn.values())


def test_forward_windows_start_at_the_corner_of_their_layers():
    for trajectory in trajectories(SynthesisConfig(), 50):
        assert not trajectory.transmission[0].any()
        assert not trajectory.reflection[0].any()


def test_reflection_moves_further_than_transmission():
    for trajectory in trajectories(SynthesisConfig(), 50):
        assert (steps_of(trajectory.reflection) > steps_of(trajectory.transmission)).all()


@pytest.mark.parametrize("direction", ["forward", "random"])
@pytest.mark.parametrize("views", [1, 2, 3, 5])
def test_windows_stay_within_their_layers(direction, views):
    config = SynthesisConfig(direction=direction, views=views, window=(30, 50))
    for trajectory in trajectories(config, 100):
        for layer, size in (
            ("transmission", config.transmission_layer),
            ("reflection", config.reflection_layer),
        ):
            origins = getattr(trajectory, layer)
            assert origins.shape == (views, 2)
            assert (origins >= 0).all()
            assert (origins + config.window <= size).all()


def test_backward_axis_starts_at_the_far_end():
    config = SynthesisConfig(direction="random")
    for trajectory in trajectories(config, 100):
        for origins, far_end in ((trajectory.transmission, 4), (trajectory.reflection, 40)):
            for axis in (0, 1):
                path = origins[:, axis].tolist()
                assert (path[0] == 0 and path == sorted(path)) or (
                    path[0] == far_end and path == sorted(path, reverse=True)
                )


def test_each_layer_and_axis_has_a_sign_of_its_own():
    config = SynthesisConfig(direction="random", transmission_step=(1, 2))
    signs = {
        (*np.sign(steps_of(drawn.transmission)[0]), *np.sign(steps_of(drawn.reflection)[0]))
        for drawn in trajectories(config, 400)
    }
    assert len(signs) == 16


def test_direction_changes_no_distance():
    for number in range(50):
        draws = [
            draw_trajectory(SynthesisConfig(direction=direction), Draws(1, Stream.TRAIN, number))
            for direction in ("forward", "random")
        ]
        for layer in ("transmission", "reflection"):
            forward, signed = (steps_of(getattr(drawn, layer)) for drawn in draws)
            np.testing.assert_array_equal(forward, np.abs(signed))


def test_direction_leaves_the_draws_that_follow_alone():
    following = []
    for direction in ("forward", "random"):
        draws = Draws(1, Stream.TRAIN, 7)
        draw_trajectory(SynthesisConfig(direction=direction), draws)
        following.append(draws.below(2**64))
    assert following[0] == following[1]


def test_draws_are_taken_step_by_step_transmission_first():
    raw = Draws(9, Stream.VAL, 4)
    expected = []
    for _ in range(2):
        transmission = [raw.integer(0, 2), raw.integer(0, 2)]
        expected.append([transmission, [raw.integer(10, 20), raw.integer(10, 20)]])
    drawn = draw_trajectory(SynthesisConfig(), Draws(9, Stream.VAL, 4))
    found = np.stack([steps_of(drawn.transmission), steps_of(drawn.reflection)], 1)
    np.testing.assert_array_equal(found, expected)


def test_single_view_does_not_move():
    drawn = draw_trajectory(SynthesisConfig(views=1), Draws(0, Stream.TRAIN, 0))
    assert drawn.transmission.tolist() == drawn.reflection.tolist() == [[0, 0]]
