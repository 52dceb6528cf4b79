"""What holds for every score, and for all at once."""

import math

import numpy as np
import pytest

from seqsynth import metrics
from seqsynth.metrics import PictureError
from tests.seqsynth.metrics.pairs import ALL, Array, Metric, draw_pair


def test_score_agrees_with_each_metric_alone() -> None:
    prediction, truth = draw_pair(127, 90)
    scores = metrics.score(prediction, truth)
    for metric in ALL:
        assert getattr(scores, metric.__name__) == pytest.approx(
            metric(prediction, truth), abs=1e-12
        )


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.float64])
def test_a_picture_against_itself_is_perfect(kind: type) -> None:
    truth: Array = draw_pair(61, 47)[1].astype(kind)
    scores = metrics.score(truth, truth)
    assert scores.ssim == pytest.approx(1, abs=1e-12)
    assert scores.ssim_gaussian == pytest.approx(1, abs=1e-12)
    assert scores.ncc == pytest.approx(1, abs=1e-12)
    assert scores.lmse == 0
    assert (scores.psnr, scores.psnr_pooled, scores.structure_psnr) == (math.inf,) * 3


@pytest.mark.parametrize("metric", ALL)
def test_uint8_and_float_pictures_score_the_same(metric: Metric) -> None:
    prediction, truth = (picture.round() for picture in draw_pair(45, 52))
    whole = metric(prediction.astype(np.uint8), truth.astype(np.uint8))
    assert whole == metric(prediction, truth)


@pytest.mark.parametrize("metric", ALL)
def test_the_order_in_memory_does_not_matter(metric: Metric) -> None:
    prediction, truth = draw_pair(45, 52)
    planar = np.asfortranarray(prediction)
    assert metric(planar, truth[::-1][::-1]) == metric(prediction, truth)


@pytest.mark.parametrize("metric", ALL)
def test_inputs_are_left_as_they_were(metric: Metric) -> None:
    prediction, truth = draw_pair(45, 52)
    before = prediction.copy(), truth.copy()
    metric(prediction, truth)
    assert np.array_equal(prediction, before[0])
    assert np.array_equal(truth, before[1])


def test_extreme_uint8_pictures_do_not_overflow() -> None:
    checks = np.zeros((40, 40, 3), np.uint8)
    checks[::2] = 255
    scores = metrics.score(255 - checks, checks)
    assert scores.psnr == pytest.approx(0)
    assert scores.ncc == pytest.approx(-1)
    assert scores.lmse == pytest.approx(1)


def test_all_scores_together_need_the_widest_window() -> None:
    assert metrics.score(*draw_pair(20, 20)).lmse > 0
    with pytest.raises(PictureError, match="20 x 20"):
        metrics.score(*draw_pair(19, 20))
