"""Histograms: what stands in the drawing is what was counted."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsynth.report.histogram import Histogram, Scale, Variable, draw_histogram, round_step


def variable(values: Iterable[float], drawn: tuple[float, float] | None = None) -> Variable:
    return Variable("steps", "px", tuple(map(float, values)), drawn=drawn)


def counted(chart: Histogram) -> dict[str, int]:
    """Return what the bars say, by the name of their bin."""
    return {
        re.fullmatch(r"(.*) px: ([\d,]+)", bar.title)[1]: int(
            bar.title.rpartition(" ")[2].replace(",", "")
        )
        for bar in chart.bars
    }


def test_whole_numbers_have_a_bin_each():
    values = np.random.default_rng(2).integers(10, 21, 500).tolist()
    expected = {f"{value}": number for value, number in Counter(values).items()}
    assert counted(draw_histogram(variable(values))) == expected


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=200))
def test_every_value_is_counted_once(values):
    chart = draw_histogram(variable(values))
    assert sum(int(bar.title.rpartition(" ")[2]) for bar in chart.bars) == len(values)


def test_heights_are_proportional_to_counts():
    chart = draw_histogram(variable([1, 1, 1, 1, 2, 2, 3]), height=100)
    assert [bar.height for bar in chart.bars] == [100, 50, 25]
    assert [bar.y for bar in chart.bars] == [0, 50, 75]


@given(st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), min_size=1, max_size=60))
def test_drawing_stays_within_its_area(values):
    chart = draw_histogram(variable(values))
    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width + 0.01 for bar in chart.bars)
    assert all(0 <= bar.y <= chart.height for bar in chart.bars)
    assert all(-0.01 <= tick.at <= chart.width + 0.01 for tick in chart.ticks)
    assert 0 <= chart.median <= chart.width


def test_even_values_stand_at_the_expected_height():
    chart = draw_histogram(variable([0, 1, 2] * 7, drawn=(0, 2)))
    assert {bar.y for bar in chart.bars} == {chart.even.y}
    assert (chart.even.left, chart.even.right) == (0, chart.width)


def test_expected_height_halves_where_one_value_is_twice_as_common():
    # Of 8 values over 4 places two are expected in each; four stand highest.
    chart = draw_histogram(variable([0, 0, 0, 0, 1, 2, 3, 3], drawn=(0, 3)), height=100)
    assert chart.even.y == 50


def test_values_short_of_the_configured_range_show_the_whole_range():
    chart = draw_histogram(variable([2.5, 3.5], drawn=(2, 5)))
    assert (chart.even.left, chart.even.right) == (0, chart.width)


def test_median_is_marked():
    chart = draw_histogram(variable([0.0, 0.5, 10.0]), span=(0, 10))
    assert chart.median == pytest.approx(chart.width * 0.05)
    assert chart.median_text == "median 0.5 px"


def test_equal_values_make_one_bar():
    assert len(draw_histogram(variable([2.25] * 5)).bars) == 1


@pytest.mark.parametrize(
    ("least", "step"), [(0.9, 1), (1, 1), (1.1, 2), (2.1, 5), (6, 10), (0.03, 0.05), (70, 100)]
)
def test_steps_of_an_axis_are_round(least, step):
    assert round_step(least) == pytest.approx(step)


def test_marks_stand_where_their_values_do():
    ticks = Scale(-5, 15, width=200).ticks(10)
    assert [(tick.at, tick.text) for tick in ticks] == [(50, "0"), (150, "10")]
