"""Rejection rules at their very limits, in exact numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.synthesis.rejection import (
    RULES,
    is_dark_reflection,
    is_dark_transmission,
    is_dim_reflection,
    is_flat_reflection,
    rejecting_rule,
)

Photo = NDArray[np.uint8]


def solid(level: int, size: int = 6) -> Photo:
    return np.full((size, size, 3), level, np.uint8)


def halves(low: int, high: int) -> Photo:
    """Half of one level, half of another: mean and deviation are known by hand."""
    photo = solid(low)
    photo[:, ::2] = high
    return photo


SOUND = halves(60, 120)


def test_reflection_of_half_the_mean_is_kept() -> None:
    assert not is_dim_reflection(solid(100), solid(50, size=9))


def test_reflection_one_level_below_half_the_mean_is_rejected() -> None:
    dim = solid(50, size=9)
    dim[0, 0, 0] = 49
    assert is_dim_reflection(solid(100), dim)


@pytest.mark.parametrize(("brightest", "rejected"), [(38, True), (39, False)])
def test_reflection_is_dark_below_15_percent_of_white(brightest: int, rejected: bool) -> None:
    photo = solid(0)
    photo[3, 2, 1] = brightest
    assert is_dark_reflection(SOUND, photo) is rejected


@pytest.mark.parametrize(("brightest", "rejected"), [(38, True), (39, False)])
def test_transmission_is_dark_below_15_percent_of_white(brightest: int, rejected: bool) -> None:
    photo = solid(0)
    photo[3, 2, 1] = brightest
    assert is_dark_transmission(photo, SOUND) is rejected


@pytest.mark.parametrize(("high", "rejected"), [(109, True), (110, False)])
def test_reflection_is_flat_below_a_deviation_of_five(high: int, rejected: bool) -> None:
    # Half at 100 and half at 110 deviate by five exactly.
    assert is_flat_reflection(SOUND, halves(100, high)) is rejected


def test_large_white_layers_do_not_overflow_the_sums() -> None:
    white = np.full((2000, 1500, 3), 255, np.uint8)
    assert is_flat_reflection(white, white)
    assert not is_dim_reflection(white, white)


def test_first_rule_named_is_the_one_that_rejects() -> None:
    black = solid(0)
    assert rejecting_rule(["flat-reflection", "dark-reflection"], SOUND, black) == "flat-reflection"
    assert rejecting_rule(["dark-reflection", "flat-reflection"], SOUND, black) == "dark-reflection"


def test_no_rule_rejects_nothing() -> None:
    assert rejecting_rule([], solid(0), solid(0)) is None


def test_sound_pair_passes_every_rule() -> None:
    assert rejecting_rule(list(RULES), SOUND, SOUND) is None
