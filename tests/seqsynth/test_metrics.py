"""Scores against the definitions written out as loops, and against scikit-image."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import metrics as skimage_metrics

from seqsynth import metrics
from seqsynth.metrics import PictureError

Array = NDArray[Any]
Metric = Callable[[Array, Array], float]

# scikit-image publishes no types for these two.
structural_similarity: Callable[..., Any] = skimage_metrics.structural_similarity
peak_signal_noise_ratio: Callable[..., Any] = skimage_metrics.peak_signal_noise_ratio

ALL = (
    metrics.psnr,
    metrics.ssim,
    metrics.lmse,
    metrics.ncc,
    metrics.psnr_pooled,
    metrics.structure_psnr,
    metrics.ssim_gaussian,
)
LEAST_SIDES: dict[Metric, int] = {metrics.ssim: 7, metrics.ssim_gaussian: 11, metrics.lmse: 20}


def draw_pair(height: int, width: int, seed: int = 0) -> tuple[Array, Array]:
    """Return a smooth truth and a darkened, noisy prediction, float64 on 0 to 255."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    phases = rng.uniform(0, 6, (2, 3))
    waves = np.sin(rows[..., None] / 7 + phases[0]) + np.cos(columns[..., None] / 5 + phases[1])
    truth = 127 + 60 * waves + rng.normal(0, 3, (height, width, 3))
    prediction = 0.8 * truth + 12 + rng.normal(0, 9, truth.shape)
    return np.clip(prediction, 0, 255), np.clip(truth, 0, 255)


def flat(level: float) -> Array:
    """Return a picture of one level throughout, 24 rows of 31."""
    return np.full((24, 31, 3), float(level))


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


# Heights around the ends of a strip, and of the cells and windows in it.
SIZES = [(20, 20), (39, 25), (40, 31), (41, 22), (46, 20), (47, 29), (50, 33), (83, 45), (120, 64)]


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


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_lmse_is_its_definition(height: int, width: int) -> None:
    prediction, truth = draw_pair(height, width)
    expected = loop_lmse(prediction, truth)
    assert metrics.lmse(prediction, truth) == pytest.approx(expected, abs=1e-12)


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


def test_score_agrees_with_each_metric_alone() -> None:
    prediction, truth = draw_pair(127, 90)
    scores = metrics.score(prediction, truth)
    for metric in ALL:
        assert getattr(scores, metric.__name__) == pytest.approx(
            metric(prediction, truth), abs=1e-12
        )


def test_psnr_of_a_hand_worked_pair() -> None:
    truth = flat(0)
    prediction = np.ones_like(truth) * [1.0, 10.0, 100.0]
    # 20 log10(255) = 48.1308; one level off, ten and a hundred cost 0, 20 and 40 dB.
    assert metrics.psnr(prediction, truth) == pytest.approx(48.130804 - 20, abs=1e-5)
    # The pooled error is (1 + 100 + 10000) / 3 = 3367.
    assert metrics.psnr_pooled(prediction, truth) == pytest.approx(12.85837, abs=1e-5)


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


def test_structure_does_not_see_a_change_of_tone() -> None:
    prediction, truth = draw_pair(48, 40)
    retoned = 0.5 * prediction + np.array([3.0, 60.0, 120.0])
    expected = metrics.structure_psnr(prediction, truth)
    assert metrics.structure_psnr(retoned, truth) == pytest.approx(expected, abs=1e-6)


def test_structure_of_a_tone_change_is_perfect_even_in_float32() -> None:
    _, truth = draw_pair(48, 40)
    retoned = (0.7 * truth + 20).astype(np.float32)
    assert metrics.structure_psnr(retoned, truth) == math.inf


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


def test_ssim_of_flat_pictures_compares_their_brightness() -> None:
    c1 = 2.55**2
    expected = (2 * 100 * 140.0 + c1) / (100**2 + 140**2 + c1)
    assert metrics.ssim(flat(100), flat(140)) == pytest.approx(expected, abs=1e-12)
    assert metrics.ssim_gaussian(flat(100), flat(140)) == pytest.approx(expected, abs=1e-9)


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


def test_lmse_of_a_black_truth_is_zero() -> None:
    assert metrics.lmse(flat(0), flat(0)) == 0
    assert metrics.lmse(flat(90), flat(0)) == 0


def test_lmse_of_a_black_prediction_is_one() -> None:
    assert metrics.lmse(flat(0), flat(90)) == 1


def test_lmse_rescales_a_window_unless_it_is_as_good_as_black() -> None:
    dim, dimmer = math.sqrt(1.1e-5 / 400), math.sqrt(0.9e-5 / 400)
    assert metrics.lmse(flat(dim), flat(90)) == pytest.approx(0, abs=1e-12)
    assert metrics.lmse(flat(dimmer), flat(90)) == 1


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


def test_extreme_uint8_pictures_do_not_overflow() -> None:
    checks = np.zeros((40, 40, 3), np.uint8)
    checks[::2] = 255
    scores = metrics.score(255 - checks, checks)
    assert scores.psnr == pytest.approx(0)
    assert scores.ncc == pytest.approx(-1)
    assert scores.lmse == pytest.approx(1)


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


def test_all_scores_together_need_the_widest_window() -> None:
    assert metrics.score(*draw_pair(20, 20)).lmse > 0
    with pytest.raises(PictureError, match="20 x 20"):
        metrics.score(*draw_pair(19, 20))


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
