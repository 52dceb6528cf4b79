"""SSIM against its definition in loops, and against scikit-image."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from skimage import metrics as skimage_metrics

from seqsynth import metrics
from tests.seqsynth.metrics.pairs import SIZES, Array, draw_pair, flat

# scikit-image publishes no types for these two.
structural_similarity: Callable[..., Any] = skimage_metrics.structural_similarity


def loop_ssim(prediction: Array, truth: Array, weights: Array, sample_factor: float) -> float:
    """SSIM window by window, with explicit deviations from the window's mean."""
    side = len(weights)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for channel in range(3):
        for row in range(truth.shape[0] - side + 1):
            for column in range(truth.shape[1] - side + 1):
                x = prediction[row : row + side, column : column + side, channel]
                y = truth[row : row + side, column : column + side, channel]
                mx, my = np.sum(weights * x), np.sum(weights * y)
                vx = sample_factor * np.sum(weights * (x - mx) ** 2)
                vy = sample_factor * np.sum(weights * (y - my) ** 2)
                vxy = sample_factor * np.sum(weights * (x - mx) * (y - my))
                brightness = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
                values.append(brightness * (2 * vxy + c2) / (vx + vy + c2))
    return float(np.mean(values))


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_ssim_is_skimages_mean_over_channels(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    channels = [
        structural_similarity(truth[..., c], prediction[..., c], data_range=255) for c in range(3)
    ]
    assert metrics.ssim(prediction, truth) == pytest.approx(np.mean(channels), abs=1e-10)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_gaussian_ssim_is_skimages_with_gaussian_weights(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    expected = structural_similarity(
        truth,
        prediction,
        data_range=255,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert metrics.ssim_gaussian(prediction, truth) == pytest.approx(expected, abs=1e-10)


def test_ssim_is_its_definition() -> None:
    prediction, truth = draw_pair(19, 12)
    expected = loop_ssim(prediction, truth, np.full((7, 7), 1 / 49), 49 / 48)
    assert metrics.ssim(prediction, truth) == pytest.approx(expected, abs=1e-10)


def test_gaussian_ssim_is_its_definition() -> None:
    prediction, truth = draw_pair(17, 14)
    bell = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(bell, bell) / bell.sum() ** 2
    expected = loop_ssim(prediction, truth, weights, 1.0)
    assert metrics.ssim_gaussian(prediction, truth) == pytest.approx(expected, abs=1e-10)


def test_ssim_of_flat_pictures_compares_their_brightness() -> None:
    c1 = 2.55**2
    expected = (2 * 100 * 140.0 + c1) / (100**2 + 140**2 + c1)
    assert metrics.ssim(flat(100), flat(140)) == pytest.approx(expected, abs=1e-12)
    assert metrics.ssim_gaussian(flat(100), flat(140)) == pytest.approx(expected, abs=1e-9)
