from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from seqsynth.blend_settings import ZhangSettings
from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import zhang
from seqsynth.synthesis.layers import MARGIN, LayerPair

Layer = NDArray[np.float64]
DrawsOf = Callable[[int], Draws]


def published_vignette(row: int, column: int, window: tuple[int, int]) -> Layer:
    """The vignette of the published formula, cut at a place."""
    half = 3 + 7 / 560 / 2
    mass = np.diff(stats.norm.cdf(np.linspace(-half, half, 561)))
    whole = np.sqrt(np.outer(mass, mass))
    whole /= whole.max()
    return whole[row : row + window[0], column : column + window[1], np.newaxis]


@pytest.fixture
def published(
    gaussian: Callable[[Layer, float, int], Layer], windows: Callable[[Layer], Layer]
) -> Callable[[LayerPair, Layer, dict[str, float]], Layer]:
    """R in levels, by the published steps in float64, the overflow taken over all views."""

    def reflect(pair: LayerPair, transmission: Layer, drawn: dict[str, float]) -> Layer:
        sigma = drawn["sigma_px"]
        light = (pair.reflection / 255) ** 2.2
        reflection = windows(gaussian(light, sigma, int(np.ceil(2 * sigma))))
        total = (transmission / 255) ** 2.2 + reflection
        for channel in range(3):
            bright = total[..., channel][total[..., channel] > 1]
            mean = max(1.0, bright.mean()) if len(bright) else 1.0
            reflection[..., channel] -= (mean - 1) * drawn["attenuation"]
        place = int(drawn["vignette_row_px"]), int(drawn["vignette_column_px"])
        masked = np.clip(reflection, 0, 1) * published_vignette(*place, pair.window)
        return 255 * masked ** (1 / 2.2)

    return reflect


@pytest.mark.parametrize("kind", ["pair", "bright_pair"])
def test_reflection_follows_the_published_steps(
    kind: str,
    request: pytest.FixtureRequest,
    draws: DrawsOf,
    published: Callable[[LayerPair, Layer, dict[str, float]], Layer],
) -> None:
    pair: LayerPair = request.getfixturevalue(kind)
    for number in range(10):
        views = zhang.blend(pair, 1.0, draws(number))
        expected = published(pair, views.transmission.astype(float), views.parameters)
        assert np.abs(views.reflection - expected).max() < 1


def test_bright_layers_do_overflow(bright_pair: LayerPair, draws: DrawsOf) -> None:
    views = zhang.blend(bright_pair, 1.0, draws(0))
    assert all(views.parameters[f"overflow_{name}"] > 0.1 for name in ("red", "green", "blue"))


def test_overflow_is_judged_by_channel(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    layers = flat_pair(255, 255)
    layers.transmission[..., 2] = 0
    drawn = zhang.blend(layers, 1.0, draws(0)).parameters
    assert (drawn["overflow_red"], drawn["overflow_blue"]) == (drawn["attenuation"], 0)


def test_white_on_white_loses_its_reflection(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    # The overflow is 1 everywhere, and at least 1.08 times as much is taken from R.
    assert not zhang.blend(flat_pair(255, 255), 1.0, draws(0)).reflection.any()


def test_strength_multiplies_light(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    weak, full = (
        zhang.blend(flat_pair(0, 255), strength, draws(1)).reflection.astype(float)
        for strength in (0.25, 1.0)
    )
    # A quarter of the light is 0.25^(1 / 2.2) = 0.5325 of the level; both are rounded.
    assert np.abs(weak - 0.5325 * full).max() <= 0.8


def test_vignette_is_one_at_its_centre() -> None:
    assert zhang.vignette_profile(560, 3.0).max() == 1


def test_vignette_falls_to_a_tenth_at_the_middle_of_a_side() -> None:
    # exp(-9 / 4) = 0.1054
    assert abs(zhang.vignette_profile(560, 3.0)[0] - 0.1054) < 0.001


def test_vignette_stays_with_the_frame(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    reflection = zhang.blend(flat_pair(0, 255), 1.0, draws(2)).reflection
    assert reflection[0].min() < reflection[0].max()
    np.testing.assert_array_equal(reflection[0], reflection[1])


def test_windows_beyond_the_published_vignette_get_a_larger_one() -> None:
    assert zhang.vignette_side_px((224, 549)) == 560
    assert zhang.vignette_side_px((600, 224)) == 700


def test_window_of_600_px_is_blended(draws: DrawsOf) -> None:
    origin = np.zeros((1, 2), np.int16)
    white = np.full((8 + 2 * MARGIN, 600 + 2 * MARGIN, 3), 255, np.uint8)
    black = np.zeros((8, 600, 3), np.uint8)
    wide = LayerPair(black, white, origin, origin, (8, 600))
    assert zhang.blend(wide, 1.0, draws(0)).blended.shape == (1, 8, 600, 3)


def test_draws_cover_the_published_ranges(pair: LayerPair, draws: DrawsOf) -> None:
    small = replace(pair, window=(8, 8))
    drawn = [zhang.blend(small, 1.0, draws(number)).parameters for number in range(200)]
    for name, low, high in (
        ("sigma_px", 1.0, 5.0),
        ("attenuation", 1.08, 1.18),
        ("transmission_gain", 0.8, 1.0),
        ("vignette_row_px", 0, 560 - 8 - 11),
        ("vignette_column_px", 0, 560 - 8 - 11),
    ):
        values = np.array([parameters[name] for parameters in drawn])
        assert low <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high


def test_sigma_is_one_of_eighty(pair: LayerPair, draws: DrawsOf) -> None:
    steps = [
        (zhang.blend(pair, 1.0, draws(number)).parameters["sigma_px"] - 1) / 4 * 79
        for number in range(20)
    ]
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


def test_ranges_of_ones_own_are_drawn_from(pair: LayerPair, draws: DrawsOf) -> None:
    settings = ZhangSettings(
        sigma_px=(7.0, 8.0), attenuation=(2.0, 3.0), transmission_gain=(0.4, 0.5)
    )
    for number in range(20):
        drawn = zhang.blend(pair, 1.0, draws(number), settings).parameters
        assert 7 <= drawn["sigma_px"] <= 8
        assert 2 <= drawn["attenuation"] <= 3
        assert 0.4 <= drawn["transmission_gain"] <= 0.5
