"""What glass does, by the formulas in float64 and by numbers worked by hand."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.comparison import QUANTITIES
from seqsynth.comparison.glass import fit_line, measure_glass
from seqsynth.comparison.measuring import measure_images

Pixels = NDArray[np.uint8]
NAMES = ("slope", "intercept", "bright", "gain_red", "gain_green", "gain_blue", "gain_spread")


@pytest.fixture
def pair() -> tuple[Pixels, Pixels]:
    """T, and I that is T under an uneven veil."""
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 256, (24, 31, 3)).astype(np.uint8)
    blended = np.clip(0.8 * truth + rng.normal(30, 12, truth.shape), 0, 255).astype(np.uint8)
    return blended, truth


def test_line_is_that_of_numpy(pair: tuple[Pixels, Pixels]) -> None:
    blended, truth = pair
    slope, intercept = np.polyfit(truth.ravel().astype(float), blended.ravel().astype(float), 1)
    found = measure_glass(blended, truth)
    assert found["slope"] == pytest.approx(slope, abs=1e-9)
    assert found["intercept"] == pytest.approx(intercept, abs=1e-7)


def test_gain_of_a_channel_is_the_slope_of_its_light(pair: tuple[Pixels, Pixels]) -> None:
    blended, truth = pair
    gains = [
        np.polyfit(*(((image[..., channel] / 255) ** 2.2).ravel() for image in (truth, blended)), 1)
        for channel in range(3)
    ]
    found = measure_glass(blended, truth)
    for name, (gain, _) in zip(("red", "green", "blue"), gains, strict=True):
        assert found[f"gain_{name}"] == pytest.approx(gain, abs=1e-9)
    slopes = [gain for gain, _ in gains]
    assert found["gain_spread"] == pytest.approx(max(slopes) - min(slopes), abs=1e-9)


def test_a_veil_in_linear_light_leaves_the_gain_of_the_glass() -> None:
    truth = np.tile(np.arange(256, dtype=np.uint8)[:, None, None], (1, 20, 3))
    gains = np.array([0.9, 0.8, 0.7])
    light = gains * (truth / 255) ** 2.2 + 0.05
    blended = np.rint(255 * light ** (1 / 2.2)).astype(np.uint8)
    found = measure_glass(blended, truth)
    measured = [found[f"gain_{name}"] for name in ("red", "green", "blue")]
    assert measured == pytest.approx(gains, abs=1e-3)
    assert found["gain_spread"] == pytest.approx(0.2, abs=2e-3)


def test_bright_pixels_are_the_brightest_tenth_of_t() -> None:
    truth = np.zeros((20, 20, 3), np.uint8)
    blended = np.full_like(truth, 40)
    truth[:2], blended[:2] = 200, 150  # a tenth of the rows
    truth[2:], blended[2:] = 100, 130
    assert measure_glass(blended, truth)["bright"] == 150 / 200


def test_black_that_is_mostly_there_is_not_bright() -> None:
    truth = np.zeros((20, 20, 3), np.uint8)
    blended = np.full_like(truth, 40)
    truth[0, 0], blended[0, 0] = 200, 150
    assert measure_glass(blended, truth)["bright"] == 150 / 200


def test_stretch_gains_what_taking_half_the_veil_gains() -> None:
    # T runs from black to 204; I is T under a veil of 50 levels, of which half is taken.
    truth = np.tile(np.arange(0, 205, 2, dtype=np.uint8)[:, None, None], (1, 20, 3))
    blended = truth + np.uint8(50)
    black = 0.5 * np.percentile(blended.min(axis=2), 2)
    stretched = (blended - black) * 255 / (255 - black)
    error = np.mean((stretched - truth.astype(float)) ** 2)
    gained = 10 * math.log10(255**2 / error) - 10 * math.log10(255**2 / 50**2)
    assert measure_glass(blended, truth)["stretch"] == pytest.approx(gained, abs=1e-9)
    assert gained > 2


def test_flat_pictures_tell_no_slope_and_equal_ones_gain_nothing_from_a_stretch() -> None:
    flat = np.full((20, 20, 3), 90, np.uint8)
    assert measure_glass(flat + np.uint8(9), flat).keys() == {"bright", "stretch"}
    assert measure_glass(flat, flat)["bright"] == 1
    assert "stretch" not in measure_glass(flat, flat)
    black = np.zeros_like(flat)
    assert measure_glass(flat, black).keys() == {"stretch"}


def test_one_flat_channel_tells_no_gain() -> None:
    truth = np.random.default_rng(1).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    truth[..., 1] = 7
    found = measure_glass(truth, truth)
    assert found["slope"] == pytest.approx(1)
    assert not [key for key in found if key.startswith("gain")]


def test_flat_line_is_none() -> None:
    assert fit_line(np.full(5, 3), np.arange(5)) is None


def test_every_number_of_a_photo_is_a_quantity_of_a_set(pair: tuple[Pixels, Pixels]) -> None:
    measured = measure_images(*pair)
    assert set(measured) <= {one.key for one in QUANTITIES}
    assert {*NAMES, "stretch"} < set(measured)
