"""Layer pairs and draws for the blend models' tests."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from seqsynth.config import SynthesisConfig
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.blends import BLENDS
from seqsynth.synthesis.draft import Draft
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.layers import MARGIN, BlendedViews, LayerPair

WINDOW = (24, 32)
TRANSMISSION_ORIGIN = np.array([[0, 0], [1, 2], [3, 4]], np.int16)
REFLECTION_ORIGIN = np.array([[0, 0], [11, 20], [25, 37]], np.int16)
TRANSMISSION_SHAPE = (28, 36, 3)
REFLECTION_SHAPE = (64 + 2 * MARGIN, 72 + 2 * MARGIN, 3)


def draw_scene(seed: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Smooth shapes and noise that reach black and white."""
    noise = np.random.default_rng(seed).normal(size=shape)
    scene = 6 * ndimage.gaussian_filter(noise, (3, 3, 0.5)) + 0.2 * noise
    return np.clip(128 + 110 * scene, 0, 255).astype(np.uint8)


def pair_of(transmission: NDArray[np.uint8], reflection: NDArray[np.uint8]) -> LayerPair:
    return LayerPair(transmission, reflection, TRANSMISSION_ORIGIN, REFLECTION_ORIGIN, WINDOW)


@pytest.fixture
def pair() -> LayerPair:
    return pair_of(draw_scene(1, TRANSMISSION_SHAPE), draw_scene(2, REFLECTION_SHAPE))


@pytest.fixture
def bright_pair() -> LayerPair:
    """A pair whose sum is above white in most places, whatever is drawn."""
    bright = [
        np.maximum(draw_scene(seed, shape), 180)
        for seed, shape in ((1, TRANSMISSION_SHAPE), (2, REFLECTION_SHAPE))
    ]
    return pair_of(*bright)


@pytest.fixture
def flat_pair() -> Callable[[int, int], LayerPair]:
    """Make a pair of evenly lit layers, from their levels."""

    def make(transmission: int, reflection: int) -> LayerPair:
        return pair_of(
            np.full(TRANSMISSION_SHAPE, transmission, np.uint8),
            np.full(REFLECTION_SHAPE, reflection, np.uint8),
        )

    return make


@pytest.fixture
def spot_pair() -> LayerPair:
    """Black, but for one white pixel of the reflected scene at row 10, column 12 of its layer."""
    reflection = np.zeros(REFLECTION_SHAPE, np.uint8)
    reflection[MARGIN + 10, MARGIN + 12] = 255
    return pair_of(np.zeros(TRANSMISSION_SHAPE, np.uint8), reflection)


@pytest.fixture
def draws() -> Callable[[int], Draws]:
    """The stream of sequence ``number``."""
    return lambda number: Draws(5, Stream.TRAIN, number)


@pytest.fixture
def windows() -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Cut the reflection windows out of a layer that still has its margin."""

    def cut(layer: NDArray[np.float64]) -> NDArray[np.float64]:
        height, width = WINDOW
        corners = (REFLECTION_ORIGIN.astype(int) + MARGIN).tolist()
        return np.stack(
            [layer[row : row + height, column : column + width] for row, column in corners]
        )

    return cut


@pytest.fixture
def gaussian() -> Callable[[NDArray[np.float64], float, int], NDArray[np.float64]]:
    """Blur by scipy, with the kernel stated in float64."""

    def blur(layer: NDArray[np.float64], sigma: float, radius: int) -> NDArray[np.float64]:
        kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
        kernel /= kernel.sum()
        down = ndimage.convolve1d(layer, kernel, axis=0)
        return ndimage.convolve1d(down, kernel, axis=1)

    return blur


@pytest.fixture
def blend_by() -> Callable[[str, LayerPair, float, Draws], BlendedViews]:
    """Blend a pair by a model of `BLENDS`, every view kept, sigma drawn from the draws."""

    def blend(name: str, pair: LayerPair, strength: float, draws: Draws) -> BlendedViews:
        sigma = draws.uniform(2, 5)
        draft = Draft(pair, sigma, strength, ("t", "r"), np.zeros((2, 2), np.int32), draws)
        made = BLENDS[name](draft, SynthesisConfig(layout="views"), reference)
        numbers = made.get("parameters", {"sigma": sigma})
        return BlendedViews(made["blended"], made["transmission"], made["reflection"], numbers)

    return blend
