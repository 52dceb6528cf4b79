"""Bootstrap intervals and paired comparisons, against scipy and hand-worked cases."""

import math

import numpy as np
import pytest
from scipy import stats

from trainer.errors import SampleError
from trainer.evaluation import statistics
from trainer.evaluation.statistics import Bootstrap, Interval, bootstrap_interval, compare

INF = math.inf


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_interval_is_scipys_percentile_bootstrap() -> None:
    values = draw(1).gamma(2.0, 3.0, 57)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="percentile", rng=draw(2)
    )
    low, high = expected.confidence_interval
    found = bootstrap_interval(values, bootstrap=Bootstrap(draws=40_000), rng=draw(3))
    # Both ends are themselves drawn: they agree to a small part of the standard error.
    error = values.std() / math.sqrt(values.size)
    assert found.low == pytest.approx(low, abs=0.04 * error)
    assert found.high == pytest.approx(high, abs=0.04 * error)


def test_interval_of_two_images_is_that_of_the_three_possible_means() -> None:
    # The mean of {0, 1} drawn twice is 0, 1/2, 1 with chances 1/4, 1/2, 1/4.
    def ends(confidence: float) -> Interval:
        return bootstrap_interval([0.0, 1.0], bootstrap=Bootstrap(confidence), rng=draw())

    assert ends(0.6) == Interval(0.0, 1.0)
    assert ends(0.4) == Interval(0.5, 0.5)


def test_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    rng = draw(5)
    usual = Bootstrap(0.9, draws=400)
    hits = 0
    for _ in range(300):
        found = bootstrap_interval(rng.normal(7, 2, 40), bootstrap=usual, rng=rng)
        hits += found.low <= 7 <= found.high
    assert 0.84 < hits / 300 < 0.95


def test_interval_repeats_for_a_seed_and_differs_between_seeds() -> None:
    values = draw(1).normal(size=30)
    assert bootstrap_interval(values, rng=draw(4)) == bootstrap_interval(values, rng=draw(4))
    assert bootstrap_interval(values, rng=draw(4)) != bootstrap_interval(values, rng=draw(5))


def test_interval_of_many_images_is_drawn_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    values = draw(1).normal(size=50)
    at_once = bootstrap_interval(values, bootstrap=Bootstrap(draws=301), rng=draw(4))
    monkeypatch.setattr(statistics, "BATCH", 1000)
    assert bootstrap_interval(values, bootstrap=Bootstrap(draws=301), rng=draw(4)) == at_once


@pytest.mark.parametrize("values", [[], [3.0]])
def test_fewer_than_two_images_have_no_interval(values: list[float]) -> None:
    found = bootstrap_interval(values, rng=draw())
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize(
    "wrong", [Bootstrap(0.0), Bootstrap(1.0), Bootstrap(95), Bootstrap(0.9, 0)]
)
def test_an_impossible_interval_is_refused(wrong: Bootstrap) -> None:
    with pytest.raises(SampleError, match=r"0\.95 is usual"):
        bootstrap_interval([1.0, 2.0], bootstrap=wrong, rng=draw())


def test_summary_gives_mean_and_median() -> None:
    summary = statistics.summarise([1, 2, 3, 10], rng=draw())
    assert (summary.images, summary.exact, summary.mean, summary.median) == (4, 0, 4.0, 2.5)
    assert summary.interval.low < 4 < summary.interval.high


def test_an_exact_image_counts_in_the_median_but_not_in_the_mean() -> None:
    summary = statistics.summarise([20, 30, INF], rng=draw())
    assert (summary.images, summary.exact, summary.mean, summary.median) == (3, 1, 25.0, 30.0)
    assert summary.interval.high <= 30


def test_only_exact_images_have_an_infinite_mean() -> None:
    summary = statistics.summarise([INF, INF], rng=draw())
    assert (summary.exact, summary.mean, summary.median) == (2, INF, INF)
    assert math.isnan(summary.interval.low)


def test_comparison_of_a_hand_worked_case() -> None:
    comparison = compare([22, 19, 30, 25, 20], [20, 21, 29, 25, 20.5], rng=draw())
    # The differences are 2, -2, 1, 0, -0.5.
    assert comparison.mean == pytest.approx(0.1)
    assert comparison.median == 0
    assert comparison.better == pytest.approx(2 / 5)
    assert comparison.worse == pytest.approx(1 / 5)
    assert (comparison.images, comparison.exact) == (5, 0)


def test_comparison_turns_round_where_lower_is_better() -> None:
    comparison = compare(
        [0.1, 0.5, 0.3], [0.2, 0.2, 0.2], margin=0.2, higher_is_better=False, rng=draw()
    )
    assert comparison.mean == pytest.approx(0.1)
    assert comparison.better == pytest.approx(1 / 3)
    assert comparison.worse == pytest.approx(1 / 3)


def test_a_loss_of_just_the_margin_does_not_count_as_made_worse() -> None:
    assert compare([20, 20], [21, 21.5], rng=draw()).worse == 0.5


def test_comparison_is_narrower_than_the_scores_it_compares() -> None:
    theirs = draw(1).normal(22, 4, 50)
    ours = theirs + draw(2).normal(0.3, 0.2, 50)
    paired = compare(ours, theirs, rng=draw())
    alone = statistics.summarise(ours, rng=draw())
    assert paired.interval.low > 0
    assert paired.interval.high - paired.interval.low < 0.2 * (
        alone.interval.high - alone.interval.low
    )


def test_two_exact_pictures_do_not_differ() -> None:
    comparison = compare([INF, 20], [INF, 19], rng=draw())
    assert (comparison.exact, comparison.mean, comparison.better) == (0, 0.5, 0.5)


def test_an_exact_picture_beats_any_other() -> None:
    comparison = compare([INF, 20, 20], [30, 19, INF], rng=draw())
    assert (comparison.exact, comparison.mean) == (2, 1.0)
    assert comparison.better == pytest.approx(2 / 3)
    assert comparison.worse == pytest.approx(1 / 3)


def test_opposite_infinities_have_no_mean() -> None:
    comparison = compare([INF, 20], [30, INF], rng=draw())
    assert math.isnan(comparison.mean)
    assert math.isnan(comparison.median)


def test_different_numbers_of_images_are_refused() -> None:
    with pytest.raises(SampleError, match=r"2 scores are compared with 3.*by name"):
        compare([1, 2], [1, 2, 3], rng=draw())


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]], 3.0])
def test_anything_but_one_number_an_image_is_refused(values: object) -> None:
    with pytest.raises(SampleError, match="one number for each"):
        statistics.summarise(values, rng=draw())  # type: ignore[arg-type]  # that is the fault


def test_a_score_that_is_not_a_number_is_refused_with_its_image() -> None:
    with pytest.raises(SampleError, match="second scores hold NaN, first for image 1"):
        compare([1, 2, 3], [1, math.nan, math.nan], rng=draw())
