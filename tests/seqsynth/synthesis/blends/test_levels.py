import numpy as np
import pytest

from seqsynth.synthesis.blends.levels import (
    add_levels,
    add_light,
    look_up,
    round_levels,
    screen_levels,
)


@pytest.mark.parametrize(
    ("gain", "transmission", "reflection", "blended"),
    [
        (1.0, 100, 60, 160),
        (1.0, 200, 55, 255),
        (1.0, 255, 255, 255),
        (0.8, 101, 3, 84),  # 80.8 + 3 = 83.8
        (0.5, 1, 0, 1),  # one half goes up
        (0.5, 5, 0, 3),  # and so does 2.5
    ],
)
def test_sum_of_levels(gain: float, transmission: int, reflection: int, blended: int) -> None:
    assert add_levels(gain)[transmission, reflection] == blended


@pytest.mark.parametrize(
    ("gain", "transmission", "reflection", "blended"),
    [
        (1.0, 128, 128, 192),  # 256 - 64.25 = 191.75
        (0.8, 100, 50, 114),  # 130 - 15.69 = 114.31
        (1.0, 255, 77, 255),
        (1.0, 0, 77, 77),
        (0.5, 255, 0, 128),  # 127.5 goes up
    ],
)
def test_screen_of_levels(gain: float, transmission: int, reflection: int, blended: int) -> None:
    assert screen_levels(gain)[transmission, reflection] == blended


@pytest.mark.parametrize(
    ("gain", "transmission", "reflection", "blended"),
    [
        (1.0, 100, 100, 137),  # 100 x 2^(1 / 2.2) = 137.04
        (0.8, 200, 0, 181),  # 200 x 0.8^(1 / 2.2) = 180.71
        (1.0, 255, 255, 255),
        (1.0, 0, 93, 93),
        (0.5, 255, 0, 186),  # 255 x 0.5^(1 / 2.2) = 186.08
    ],
)
def test_sum_of_light(gain: float, transmission: int, reflection: int, blended: int) -> None:
    assert add_light(gain)[transmission, reflection] == blended


def test_sum_of_light_is_less_than_the_sum_of_levels() -> None:
    assert (add_light(1.0) <= add_levels(1.0)).all()


def test_levels_outside_the_range_are_clipped() -> None:
    np.testing.assert_array_equal(round_levels(np.array([-3.0, 254.5, 300.0])), [0, 255, 255])


def test_table_is_looked_up_by_transmission_then_reflection() -> None:
    table = np.zeros((256, 256), np.uint8)
    table[7, 250] = 9
    seven, most = np.full((1, 1, 1, 3), 7, np.uint8), np.full((1, 1, 1, 3), 250, np.uint8)
    assert look_up(table, seven, most).tolist() == [[[[9, 9, 9]]]]
