"""What is measured for sorting and histograms, against the formulas."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqsynth.sequence import Trajectory, ViewSequence
from seqsynth.shards import open_shards
from seqsynth.view.measurements import (
    Histogram,
    Survey,
    histogram,
    measure_sequence,
    spread_order,
)


def draw_sequence() -> ViewSequence:
    """Three views of 20 x 30 px: a quarter of the centre view lies 10 levels above T."""
    transmission = np.full((3, 20, 30, 3), 100, np.uint8)
    blended = transmission.copy()
    blended[1, :10, :15, 0] += 10
    return ViewSequence(
        blended=blended,
        transmission=transmission,
        reflection=None,
        trajectory=Trajectory(
            np.array([[0, 0], [3, 4], [6, 8]], np.int16),
            np.array([[0, 0], [0, 9], [0, 18]], np.int16),
        ),
        name="drawn",
        split="train",
    )


def test_the_centre_view_is_measured_by_the_formulas() -> None:
    values = measure_sequence(draw_sequence())
    mean_square = 10**2 / 4 / 3
    assert values["psnr"] == pytest.approx(10 * math.log10(255**2 / mean_square), abs=1e-12)
    assert values["coverage"] == 0.25
    assert values["lift"] == pytest.approx(10 / 4 / 3)


def test_a_photo_without_reflection_has_no_psnr() -> None:
    clean = draw_sequence()
    values = measure_sequence(replace(clean, blended=clean.transmission))
    assert "psnr" not in values
    assert values["coverage"] == values["lift"] == 0


def test_motion_is_the_mean_length_of_the_steps() -> None:
    values = measure_sequence(draw_sequence())
    assert (values["transmission_motion"], values["reflection_motion"]) == (5, 9)


@pytest.mark.parametrize("total", [1, 2, 10, 64, 1000])
def test_every_number_is_visited_once_and_any_first_part_is_spread(total: int) -> None:
    order = list(spread_order(total))
    assert sorted(order) == list(range(total))
    if total >= 64:
        halves = sum(number < total // 2 for number in order[: total // 4])
        assert abs(halves - total // 8) <= total // 40


def test_the_survey_ends_with_all_measured_and_recorded(tiny_shards: Path) -> None:
    with open_shards(tiny_shards) as shards:
        survey = Survey(shards)
        survey.start()
        survey._thread.join(30)
        sigma = [shards.metadata(number)["sigma"] for number in range(len(shards))]
        assert survey.done == len(shards)
        assert survey.values("sigma").tolist() == sigma
        assert np.isfinite(survey.values("psnr")).all()


def test_a_histogram_counts_what_is_known_and_what_is_chosen() -> None:
    values = np.array([0.0, 1.0, 1.0, np.nan, 32.0])
    counts = histogram(values, np.array([True, True, False, True, False]))
    assert counts is not None
    assert (counts.low, counts.high) == (0, 32)
    assert (counts.whole[0], counts.whole[1], counts.whole[-1]) == (1, 2, 1)
    assert (counts.chosen[0], counts.chosen[1], counts.chosen[-1]) == (1, 1, 0)


def test_a_constant_has_one_bin_and_no_range() -> None:
    counts = histogram(np.array([2.0, 2, np.nan]), np.array([True, False, True]))
    assert counts == Histogram(2, 2, (2,), (1,))


def test_a_histogram_of_nothing_is_none() -> None:
    assert histogram(np.full(3, np.nan), np.ones(3, bool)) is None
