"""The sample: even, repeatable, bounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsynth.report import survey
from seqsynth.report.survey import spread, survey_shards
from seqsynth.shards import open_shards


@pytest.mark.parametrize(
    ("total", "count", "chosen"),
    [(10, 5, [1, 3, 5, 7, 9]), (3, 24, [0, 1, 2]), (0, 5, []), (7, 1, [3]), (5, 0, [])],
)
def test_middles_of_equal_stretches_are_chosen(total, count, chosen):
    assert spread(total, count) == chosen


@given(st.integers(1, 5000), st.integers(1, 300))
def test_choice_is_even_without_repeats(total, count):
    chosen = spread(total, count)
    gaps = set(np.diff([-1, *chosen])[1:].tolist())
    assert len(chosen) == min(total, count)
    assert all(0 <= number < total for number in chosen)
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert 0 not in gaps


def test_shown_sequences_are_spread_over_the_set(synthetic):
    assert survey_shards(synthetic, samples=3).shown == (1, 4, 7)


def test_small_set_is_measured_whole(synthetic):
    assert survey_shards(synthetic).is_whole


def test_large_set_is_measured_in_part(synthetic, monkeypatch):
    monkeypatch.setattr(survey, "MOST_SAMPLED", 4)
    monkeypatch.setattr(survey, "LEAST_SAMPLED", 2)
    seen = survey_shards(synthetic)
    assert [observation.number for observation in seen.sample] == [1, 3, 5, 7]
    assert not seen.is_whole


def test_large_photos_are_measured_in_smaller_numbers(make_views, frames, monkeypatch):
    folder = make_views([{"blended": frames(9, 3, 20, 30, 3)}])
    monkeypatch.setattr(survey, "LEAST_SAMPLED", 2)
    monkeypatch.setattr(survey, "SAMPLED_BYTES", 5 * 3 * 20 * 30 * 3)
    assert len(survey_shards(folder).sample) == 5


def test_observation_holds_what_the_set_records(synthetic):
    seen = survey_shards(synthetic).sample[2]
    sequence = open_shards(synthetic)[2]
    assert seen.metadata == sequence.metadata
    assert seen.shape == sequence.blended.shape
