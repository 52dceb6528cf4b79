from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.blend_settings import DsrnetSettings
from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import dsrnet
from seqsynth.synthesis.layers import BlendedViews, LayerPair

Layer = NDArray[np.float64]
DrawsOf = Callable[[int], Draws]


@pytest.fixture
def blended_by(draws: DrawsOf) -> Callable[..., list[BlendedViews]]:
    """The sequences of the first forty that were blended by one of the two formulas."""

    def blend(pair: LayerPair, screen: bool, strength: float = 1.0) -> list[BlendedViews]:
        views = [dsrnet.blend(pair, strength, draws(number)) for number in range(40)]
        return [one for one in views if one.parameters["screen"] == screen]

    return blend


@pytest.fixture
def dimmed(
    gaussian: Callable[[Layer, float, int], Layer], windows: Callable[[Layer], Layer]
) -> Callable[[LayerPair, dict[str, float]], Layer]:
    """R in levels before any lowering, by scipy in float64."""

    def blur(pair: LayerPair, drawn: dict[str, float]) -> Layer:
        radius = int(drawn["kernel_px"]) // 2
        layer = gaussian(pair.reflection.astype(float), drawn["sigma_px"], radius)
        return drawn["reflection_gain"] * windows(layer)

    return blur


def test_screened_reflection_is_blurred_and_dimmed(
    pair: LayerPair,
    blended_by: Callable[..., list[BlendedViews]],
    dimmed: Callable[[LayerPair, dict[str, float]], Layer],
) -> None:
    for views in blended_by(pair, screen=True):
        assert np.abs(views.reflection - dimmed(pair, views.parameters)).max() < 0.51


def test_summed_reflection_is_lowered_by_the_mean_overflow_of_all_views(
    bright_pair: LayerPair,
    blended_by: Callable[..., list[BlendedViews]],
    dimmed: Callable[[LayerPair, dict[str, float]], Layer],
) -> None:
    for views in blended_by(bright_pair, screen=False):
        reflection = dimmed(bright_pair, views.parameters)
        total = views.parameters["transmission_gain"] * views.transmission + reflection
        lowered = np.clip(reflection - 1.3 * (total[total > 255].mean() - 255), 0, 255)
        # Overflow is judged in 1/256 level: values at the brink may fall on either side of it.
        assert np.abs(views.reflection - lowered).max() < 0.6


def test_screened_reflection_is_not_lowered(
    bright_pair: LayerPair, blended_by: Callable[..., list[BlendedViews]]
) -> None:
    assert {views.parameters["overflow"] for views in blended_by(bright_pair, screen=True)} == {0}


def test_sum_below_white_is_not_lowered(
    flat_pair: Callable[[int, int], LayerPair], blended_by: Callable[..., list[BlendedViews]]
) -> None:
    views = blended_by(flat_pair(100, 100), screen=False)
    assert {one.parameters["overflow"] for one in views} == {0}


def test_strength_multiplies_levels(
    flat_pair: Callable[[int, int], LayerPair], blended_by: Callable[..., list[BlendedViews]]
) -> None:
    for views in blended_by(flat_pair(0, 200), screen=True, strength=0.25):
        expected = 0.25 * views.parameters["reflection_gain"] * 200
        assert np.abs(views.reflection - expected).max() <= 0.5


def test_draws_keep_to_the_published_ranges_and_shares(pair: LayerPair, draws: DrawsOf) -> None:
    small = replace(pair, window=(8, 8))
    drawn = [dsrnet.blend(small, 1.0, draws(number)).parameters for number in range(400)]
    for name, low, high in (
        ("sigma_px", 2.0, 5.0),
        ("transmission_gain", 0.8, 1.0),
        ("reflection_gain", 0.4, 1.0),
    ):
        values = [parameters[name] for parameters in drawn]
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < max(values) <= high
    # Within three standard deviations of 400 draws.
    assert abs(np.mean([parameters["screen"] for parameters in drawn]) - 0.7) < 0.07
    kernels = np.array([parameters["kernel_px"] for parameters in drawn])
    shares = [np.mean(kernels == kernel) for kernel in (5, 7, 9, 11)]
    np.testing.assert_allclose(shares, (0.1, 0.2, 0.3, 0.4), atol=0.075)


def test_ranges_of_ones_own_are_drawn_from(bright_pair: LayerPair, draws: DrawsOf) -> None:
    settings = DsrnetSettings(
        sigma_px=(1.0, 1.5),
        transmission_gain=(0.9, 0.9),
        reflection_gain=(0.7, 0.8),
        screen_share=0,
    )
    none = settings.model_copy(update={"attenuation": 0.0})
    for number in range(20):
        drawn = dsrnet.blend(bright_pair, 1.0, draws(number), settings).parameters
        assert 1 <= drawn["sigma_px"] <= 1.5
        assert (drawn["transmission_gain"], drawn["screen"]) == (0.9, 0)
        assert 0.7 <= drawn["reflection_gain"] <= 0.8
        assert drawn["overflow"] > 0
        assert dsrnet.blend(bright_pair, 1.0, draws(number), none).parameters["overflow"] == 0
