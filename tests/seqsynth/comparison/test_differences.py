"""Distances of samples against scipy's."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from seqsynth.comparison.differences import compare_samples, distribution_distance
from tests.seqsynth.comparison.samples import sample_of


def test_distance_of_samples_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=30), rng.normal(0.7, 2, size=45)
    assert distribution_distance(first, second) == pytest.approx(ks_2samp(first, second).statistic)


def test_set_compared_with_itself_is_at_no_distance() -> None:
    sample = sample_of([1, 2, 3], [4, 5, 6])
    assert compare_samples(sample, sample).distance == 0
