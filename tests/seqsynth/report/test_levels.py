"""Pixel measurements against hand-worked numbers and float64 formulas."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.report.levels import measure_levels
from seqsynth.sequence import ViewSequence


def sequence(
    blended: NDArray[np.uint8],
    transmission: NDArray[np.uint8] | None = None,
    reflection: NDArray[np.uint8] | None = None,
) -> ViewSequence:
    return ViewSequence(blended, transmission, reflection, None, "name", "train")


def flat(*levels: int) -> NDArray[np.uint8]:
    """Return one flat view a level."""
    return np.stack([np.full((4, 6, 3), level, np.uint8) for level in levels])


def test_centre_view_is_measured():
    levels = measure_levels(sequence(flat(10, 20, 90), flat(1, 2, 3), flat(5, 6, 7)))
    assert (levels.blended, levels.transmission, levels.reflection) == (20, 2, 6)


def test_transmission_of_the_centre_alone_is_used():
    levels = measure_levels(sequence(flat(10, 20, 90), flat(12)))
    assert levels.transmission == 12


def test_difference_of_ten_levels_is_28_db():
    levels = measure_levels(sequence(flat(60), flat(50)))
    assert levels.psnr_db == pytest.approx(28.1308036, abs=1e-6)  # 20 log10(255 / 10)


def test_equal_views_are_infinitely_close():
    assert measure_levels(sequence(flat(60), flat(60))).psnr_db == math.inf


def test_psnr_is_the_float64_formula():
    rng = np.random.default_rng(1)
    blended, truth = rng.integers(0, 256, (2, 1, 50, 70, 3), dtype=np.uint8)
    error = np.mean((blended.astype(np.float64) - truth.astype(np.float64)) ** 2)
    expected = 10 * np.log10(255.0**2 / error)
    found = measure_levels(sequence(blended, truth)).psnr_db
    assert found == pytest.approx(expected, rel=1e-12)


def test_saturation_is_the_share_of_values_at_white():
    blended = flat(254)
    blended[0, 0, :3, 1] = 255
    levels = measure_levels(sequence(blended, flat(255)))
    assert levels.blended_saturated == 3 / 72
    assert levels.transmission_saturated == 1


def test_unknown_layers_stay_unknown():
    levels = measure_levels(sequence(flat(7)))
    assert levels.transmission is None
    assert levels.reflection is None
    assert levels.psnr_db is None
