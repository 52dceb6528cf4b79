"""PSNR, correlation and structure against scikit-image, numpy, and by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from skimage import metrics as skimage_metrics

from seqsynth import metrics
from tests.seqsynth.metrics.pairs import SIZES, draw_pair, flat

peak_signal_noise_ratio: Callable[..., Any] = skimage_metrics.peak_signal_noise_ratio


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_psnr_is_the_mean_of_skimages_channels(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    channels = [
        peak_signal_noise_ratio(truth[..., c], prediction[..., c], data_range=255) for c in range(3)
    ]
    assert metrics.psnr(prediction, truth) == pytest.approx(np.mean(channels), abs=1e-9)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_pooled_psnr_is_skimages_of_the_whole_picture(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    expected = peak_signal_noise_ratio(truth, prediction, data_range=255)
    assert metrics.psnr_pooled(prediction, truth) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_ncc_is_the_correlation_of_all_values(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    expected = np.corrcoef(prediction.ravel(), truth.ravel())[0, 1]
    assert metrics.ncc(prediction, truth) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_structure_is_the_psnr_after_a_straight_line_fit(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    mapped = np.empty_like(truth)
    for c in range(3):
        slope, intercept = np.polyfit(prediction[..., c].ravel(), truth[..., c].ravel(), 1)
        mapped[..., c] = slope * prediction[..., c] + intercept
    expected = peak_signal_noise_ratio(truth, mapped, data_range=255)
    assert metrics.structure_psnr(prediction, truth) == pytest.approx(expected, abs=1e-7)


def test_psnr_of_a_hand_worked_pair() -> None:
    truth = flat(0)
    prediction = np.ones_like(truth) * [1.0, 10.0, 100.0]
    # 20 log10(255) = 48.1308; one level off, ten and a hundred cost 0, 20 and 40 dB.
    assert metrics.psnr(prediction, truth) == pytest.approx(48.130804 - 20, abs=1e-5)
    # The pooled error is (1 + 100 + 10000) / 3 = 3367.
    assert metrics.psnr_pooled(prediction, truth) == pytest.approx(12.85837, abs=1e-5)


def test_structure_does_not_see_a_change_of_tone() -> None:
    prediction, truth = draw_pair(48, 40)
    retoned = 0.5 * prediction + np.array([3.0, 60.0, 120.0])
    expected = metrics.structure_psnr(prediction, truth)
    assert metrics.structure_psnr(retoned, truth) == pytest.approx(expected, abs=1e-6)


def test_structure_of_a_tone_change_is_perfect_even_in_float32() -> None:
    _, truth = draw_pair(48, 40)
    retoned = (0.7 * truth + 20).astype(np.float32)
    assert metrics.structure_psnr(retoned, truth) == math.inf


@pytest.mark.parametrize("level", [0, 0.1, 77, 200.3])
def test_ncc_of_two_flat_pictures_is_one(level: float) -> None:
    assert metrics.ncc(flat(level), flat(93.7)) == 1


def test_ncc_of_one_flat_picture_is_zero() -> None:
    prediction, _ = draw_pair(24, 31)
    assert metrics.ncc(prediction, flat(200.3)) == 0
    assert metrics.ncc(flat(200.3), prediction) == 0


def test_ncc_of_grey_levels_that_differ_between_channels_alone_is_defined() -> None:
    tinted = np.ones((20, 20, 3)) * [10.0, 20.0, 30.0]
    assert metrics.ncc(tinted, 255 - tinted) == pytest.approx(-1)


def test_structure_of_a_flat_prediction_is_the_spread_of_the_truth() -> None:
    _, truth = draw_pair(24, 31)
    spread = np.mean([truth[..., c].var() for c in range(3)])
    expected = 10 * math.log10(255**2 / spread)
    assert metrics.structure_psnr(flat(200.3), truth) == pytest.approx(expected, abs=1e-8)


def test_structure_of_a_flat_truth_is_perfect() -> None:
    prediction, _ = draw_pair(24, 31)
    assert metrics.structure_psnr(prediction, flat(200.3)) == math.inf


def test_one_equal_channel_makes_the_fields_psnr_infinite_and_the_pooled_not() -> None:
    prediction, truth = draw_pair(24, 31)
    prediction[..., 1] = truth[..., 1]
    assert metrics.psnr(prediction, truth) == math.inf
    assert metrics.psnr_pooled(prediction, truth) < 60
