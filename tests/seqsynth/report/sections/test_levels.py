"""The table and charts of the pixels, against numpy over the frames themselves."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.report import write_report
from seqsynth.shards import open_shards
from tests.seqsynth.report.conftest import Page


@pytest.fixture(scope="module")
def rows(synthetic: Path, read_page: Callable[[Path], Page]) -> dict[str, list[float]]:
    cells = read_page(write_report(synthetic)).rows("levels")
    return {row[0]: [float(cell) for cell in row[1:]] for row in cells[1:]}


@pytest.fixture(scope="module")
def centres(synthetic: Path) -> list[NDArray[np.float64]]:
    """Return I, T and R of all centre views, float64 (n, 32, 32, 3) each."""
    views = [(s.blended[1], s.transmission[1], s.reflection[1]) for s in open_shards(synthetic)]
    return [np.stack(layer).astype(np.float64) for layer in zip(*views, strict=True)]


def quantiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.percentile(values, [10, 50, 90])


@pytest.mark.parametrize(("symbol", "place"), [("I", 0), ("T", 1), ("R", 2)])
def test_brightness_is_the_mean_level(rows, centres, symbol, place):
    expected = quantiles(centres[place].mean(axis=(1, 2, 3)))
    assert rows[f"Mean of {symbol}, levels"] == pytest.approx(expected, rel=5e-3, abs=1e-3)


def test_excess_is_the_mean_difference(rows, centres):
    expected = quantiles((centres[0] - centres[1]).mean(axis=(1, 2, 3)))
    assert rows["Mean of I − T, levels"] == pytest.approx(expected, rel=5e-3, abs=1e-3)


def test_saturation_is_in_percent(rows, centres):
    expected = quantiles(100 * (centres[0] == 255).mean(axis=(1, 2, 3)))
    assert rows["Saturated values of I, %"] == pytest.approx(expected, rel=5e-3, abs=1e-3)


def test_psnr_is_over_all_channels(rows, centres):
    errors = ((centres[0] - centres[1]) ** 2).mean(axis=(1, 2, 3))
    expected = quantiles(10 * np.log10(255**2 / errors))
    assert rows["PSNR of I against T, dB"] == pytest.approx(expected, rel=5e-3)


def test_real_medians_stand_beside_synthetic_ones_alone(make_views, frames, synthetic, read_page):
    pair = {"blended": frames(1, 1, 20, 30, 3), "transmission": frames(1, 1, 20, 30, 3, seed=1)}
    assert "Real20" in read_page(write_report(synthetic)).sections["levels"]
    page = read_page(write_report(make_views([pair], kind="pair")))
    assert "Real20" not in page.sections["levels"]
