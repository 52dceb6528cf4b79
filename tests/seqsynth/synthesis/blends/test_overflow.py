import numpy as np

from seqsynth.synthesis.blends.overflow import mean_overflow


def test_only_values_above_white_are_averaged() -> None:
    assert mean_overflow(np.array([10.0, 90.0, 104.0, 108.0]), 100) == 6


def test_values_at_white_do_not_count() -> None:
    assert mean_overflow(np.array([100.0, 100.0, 110.0]), 100) == 10


def test_no_overflow_is_zero() -> None:
    assert mean_overflow(np.array([0.0, 100.0]), 100) == 0
