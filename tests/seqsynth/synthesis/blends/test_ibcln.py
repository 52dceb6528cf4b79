from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import ibcln
from seqsynth.synthesis.layers import LayerPair

Layer = NDArray[np.float64]
DrawsOf = Callable[[int], Draws]


def test_sigma_lies_between_two_and_five(pair: LayerPair, draws: DrawsOf) -> None:
    small = replace(pair, window=(8, 8))
    sigmas = [
        ibcln.blend(small, 1.0, draws(number)).parameters["sigma_px"] for number in range(200)
    ]
    assert 2 <= min(sigmas) < 2.1
    assert 4.9 < max(sigmas) <= 5


def test_reflection_is_blurred_in_linear_light_and_vignetted(
    pair: LayerPair,
    draws: DrawsOf,
    gaussian: Callable[[Layer, float, int], Layer],
    windows: Callable[[Layer], Layer],
) -> None:
    dark = replace(pair, transmission=np.zeros_like(pair.transmission))
    for number in range(5):
        views = ibcln.blend(dark, 1.0, draws(number))
        drawn = views.parameters
        sigma = drawn["sigma_px"]
        light = windows(gaussian((pair.reflection / 255) ** 2.2, sigma, int(np.ceil(2 * sigma))))
        # Six standard deviations over 560 px; the root of a normal density has sigma sqrt(2).
        row, column = (
            np.exp(-(((drawn[f"vignette_{axis}_px"] + np.arange(side) - 279.5) * 6 / 560) ** 2) / 4)
            for axis, side in (("row", 24), ("column", 32))
        )
        level = 255 * (light * np.outer(row, column)[:, :, np.newaxis]) ** (1 / 2.2)
        assert np.abs(views.reflection - level).max() < 1.5
