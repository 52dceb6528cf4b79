"""LMSE against its definition in loops, and by hand."""

import math

import numpy as np
import pytest

from seqsynth import metrics
from tests.seqsynth.metrics.pairs import SIZES, Array, draw_pair, flat


def loop_lmse(prediction: Array, truth: Array) -> float:
    """LMSE window by window: least squares by its residual, not by its shortcut."""
    error = energy = 0.0
    for channel in range(3):
        for row in range(0, truth.shape[0] - 20 + 1, 10):
            for column in range(0, truth.shape[1] - 20 + 1, 10):
                p = prediction[row : row + 20, column : column + 20, channel]
                t = truth[row : row + 20, column : column + 20, channel]
                gain = (t * p).sum() / (p * p).sum() if (p * p).sum() > 1e-5 else 0.0
                error += ((t - gain * p) ** 2).sum()
                energy += (t * t).sum()
    return error / energy


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_lmse_is_its_definition(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    expected = loop_lmse(prediction, truth)
    assert metrics.lmse(prediction, truth) == pytest.approx(expected, abs=1e-12)


def test_lmse_does_not_see_a_change_of_exposure() -> None:
    _, truth = draw_pair(60, 50)
    assert metrics.lmse(0.5 * truth, truth) == pytest.approx(0, abs=1e-15)


def test_lmse_leaves_out_pixels_beyond_the_last_whole_window() -> None:
    prediction, truth = draw_pair(49, 37)
    other = prediction.copy()
    other[40:], other[:, 30:] = 255, 255
    assert metrics.lmse(other, truth) == metrics.lmse(prediction, truth)


def test_lmse_of_a_hand_worked_pair() -> None:
    truth = np.full((20, 20, 3), 10.0)
    prediction = truth.copy()
    prediction[:10] = 0
    # Half the energy can be met with a gain of 1, the other half not at all.
    assert metrics.lmse(prediction, truth) == pytest.approx(0.5)


def test_lmse_of_a_black_truth_is_zero() -> None:
    assert metrics.lmse(flat(0), flat(0)) == 0
    assert metrics.lmse(flat(90), flat(0)) == 0


def test_lmse_of_a_black_prediction_is_one() -> None:
    assert metrics.lmse(flat(0), flat(90)) == 1


def test_lmse_rescales_a_window_unless_it_is_as_good_as_black() -> None:
    dim, dimmer = math.sqrt(1.1e-5 / 400), math.sqrt(0.9e-5 / 400)
    assert metrics.lmse(flat(dim), flat(90)) == pytest.approx(0, abs=1e-12)
    assert metrics.lmse(flat(dimmer), flat(90)) == 1
