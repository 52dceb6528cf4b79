"""Pictures that can be scored, and those that are refused."""

import math

import numpy as np
import pytest

from seqsynth import metrics
from seqsynth.metrics import PictureError
from tests.seqsynth.metrics.pairs import ALL, LEAST_SIDES, Metric, draw_pair, flat


@pytest.mark.parametrize("metric", ALL)
def test_the_smallest_pictures_of_each_metric_have_a_score(metric: Metric) -> None:
    side = LEAST_SIDES.get(metric, 1)
    assert not math.isnan(metric(*draw_pair(side, side)))


@pytest.mark.parametrize("metric", LEAST_SIDES)
def test_pictures_smaller_than_the_window_are_refused(metric: Metric) -> None:
    side = LEAST_SIDES[metric]
    with pytest.raises(PictureError, match=f"{side} x {side}"):
        metric(*draw_pair(side - 1, 40))
    with pytest.raises(PictureError, match=f"{side} x {side}"):
        metric(*draw_pair(40, side - 1))


@pytest.mark.parametrize("metric", ALL)
def test_pictures_without_pixels_are_refused(metric: Metric) -> None:
    empty = np.zeros((0, 30, 3))
    with pytest.raises(PictureError, match="30 x 0"):
        metric(empty, empty)


BAD_PREDICTIONS = {
    "of another size": (np.zeros((24, 30, 3)), "30 x 24.*31 x 24.*crop or resize"),
    "grey": (np.zeros((24, 31)), r"\(24, 31\).*three times"),
    "with alpha": (np.zeros((24, 31, 4)), r"\(24, 31, 4\).*alpha"),
    "channels first": (np.zeros((3, 24, 31)), r"\(3, 24, 31\)"),
    "boolean": (np.zeros((24, 31, 3), bool), "bool"),
    "complex": (np.zeros((24, 31, 3), complex), "complex"),
    "too bright": (flat(255.01), r"255\.01.*clip"),
    "negative": (flat(-1).astype(np.int16), "-1.*clip"),
    "not a number": (np.where(np.arange(3) == 1, np.nan, flat(9)), "nan.*NaN"),
    "infinite": (flat(math.inf), "inf.*clip"),
}


@pytest.mark.parametrize("fault", BAD_PREDICTIONS)
@pytest.mark.parametrize("metric", [*ALL, metrics.score])
def test_a_bad_prediction_is_refused_with_its_fault(metric: Metric, fault: str) -> None:
    prediction, message = BAD_PREDICTIONS[fault]
    with pytest.raises(PictureError, match=message):
        metric(prediction, flat(100))


def test_a_bad_truth_is_called_the_truth() -> None:
    with pytest.raises(PictureError, match="the truth holds"):
        metrics.psnr(flat(100), flat(300))
