"""The blend of Zhang et al. 2018: light adds in linear light, and R falls off to the sides.

``I = 255 (g (T / 255)^2.2 + (R / 255)^2.2)^(1 / 2.2)``, rounded as floor(x + 1/2) and clipped to
[0, 255], with g the parameter ``transmission_gain``.

T is the photo, without the gain g. R is what reaches the camera: blurred in linear light, lowered
in each channel by a multiple of the mean overflow, darkened by the vignette.

The vignette stays with the view and not with the reflected scene: it stands for the lens, and for
glass that reflects more or less by the angle at which one looks through it. Both depend on where in
the frame a ray arrives, so that a reflected object dims as it leaves the vignette's centre.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from seqsynth.seeds import Draws
from seqsynth.shards.vignette import Vignette, shares_below
from seqsynth.synthesis.blends.cuts import (
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.synthesis.blends.levels import LevelTable, add_light, look_up
from seqsynth.synthesis.blends.light import (
    FULL_LIGHT,
    Light,
    blurred_light,
    level_steps,
    levels_of,
    light_of,
)
from seqsynth.synthesis.blends.overflow import mean_overflow
from seqsynth.synthesis.layers import BlendedViews, KeptReflection, LayerPair


@dataclass(frozen=True)
class Constants:
    """The numbers of a vignetted blend; the defaults are Zhang et al.'s published code's.

    Attributes
    ----------
    sigma_px, sigma_count : blur, one of ``count`` values evenly spaced over the range
    attenuation : range of the factor of the mean overflow that is taken from R
    transmission_gain : range of g, the share of light that the glass lets through
    vignette_px : side of the vignette that windows of up to 549 px are cut from
    vignette_sigmas : standard deviations from the vignette's centre to its side
    vignette_spare_px : what the published code leaves free beside a window
    """

    sigma_px: tuple[float, float] = (1.0, 5.0)
    sigma_count: int = 80
    attenuation: tuple[float, float] = (1.08, 1.18)
    transmission_gain: tuple[float, float] = (0.8, 1.0)
    vignette_px: int = 560
    vignette_sigmas: float = 3.0
    vignette_spare_px: int = 10


CONSTANTS = Constants()


def blend(pair: LayerPair, strength: float, draws: Draws) -> BlendedViews:
    """Blend a pair of layers as Zhang et al. 2018 do.

    Parameters
    ----------
    strength : factor in [0, 1] on R's linear light, before its overflow is judged
    """
    return blend_vignetted(CONSTANTS, pair, strength, draws)


def tabulate(parameters: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R, from the parameters of a blend."""
    return add_light(parameters["transmission_gain"])


def blend_vignetted(
    constants: Constants, pair: LayerPair, strength: float, draws: Draws
) -> BlendedViews:
    """Blend a pair of layers by this model with the given constants."""
    parameters = _draw(constants, pair.window, draws)
    transmission = transmission_windows(pair)
    layer = _reflection_light(pair, parameters["sigma_px"], strength)
    light = reflection_windows(pair, layer)
    total = light_of(transmission) + light
    overflow = [
        parameters["attenuation"] * mean_overflow(total[..., channel], FULL_LIGHT)
        for channel in range(3)
    ]
    rows, columns = _vignette(constants, pair.window, parameters)
    left = rows[:, np.newaxis, np.newaxis] * columns[:, np.newaxis]
    reflection = levels_of(_lower(light, overflow) * left)
    for name, ticks in zip(("red", "green", "blue"), overflow, strict=True):
        parameters[f"overflow_{name}"] = ticks / FULL_LIGHT
    blended = look_up(tabulate(parameters), transmission, reflection)
    kept = None
    if pair.camera is None:
        vignette = Vignette(shares_below(rows), shares_below(columns), level_steps())
        kept = KeptReflection(levels_of(_lower(layer, overflow)), vignette=vignette)
    return BlendedViews(blended, transmission, reflection, parameters, kept)


def _draw(constants: Constants, window: tuple[int, int], draws: Draws) -> dict[str, float]:
    low_px, high_px = constants.sigma_px
    place = draws.below(constants.sigma_count)
    free_px = [
        vignette_side_px(constants, window) - constants.vignette_spare_px - side_px
        for side_px in window
    ]
    return {
        "sigma_px": low_px + (high_px - low_px) * place / (constants.sigma_count - 1),
        "attenuation": draws.uniform(*constants.attenuation),
        "transmission_gain": draws.uniform(*constants.transmission_gain),
        "vignette_row_px": float(draws.below(free_px[0])),
        "vignette_column_px": float(draws.below(free_px[1])),
    }


def _reflection_light(pair: LayerPair, sigma_px: float, strength: float) -> Light:
    """Blur R's layer in linear light, in whole ticks (h, w, 3), its margin gone."""
    radius_px = math.ceil(2 * sigma_px)
    layer = blurred_light(reflection_scene(pair, radius_px), sigma_px, radius_px)
    return np.rint(strength * layer)


def _lower(light: Light, overflow: list[float]) -> Light:
    """Take each channel's overflow from R's views or layer, and clip it to what can be shown."""
    lowered = np.empty_like(light)
    for channel, ticks in enumerate(overflow):
        lowered[..., channel] = np.clip(light[..., channel] - ticks, 0, FULL_LIGHT)
    return lowered


def vignette_side_px(constants: Constants, window: tuple[int, int]) -> int:
    """Return the side of the vignette: larger than the published one where a window needs it."""
    largest_px = max(window)
    if largest_px < constants.vignette_px - constants.vignette_spare_px:
        return constants.vignette_px
    # The published code fails here. It blends images of up to 480 px: keep that proportion.
    return math.ceil(constants.vignette_px * largest_px / 480)


def _vignette(
    constants: Constants, window: tuple[int, int], parameters: dict[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the vignette's window: its rows (H,) and its columns (W,), whose product it is."""
    profile = vignette_profile(vignette_side_px(constants, window), constants.vignette_sigmas)
    row, column = int(parameters["vignette_row_px"]), int(parameters["vignette_column_px"])
    return profile[row : row + window[0]], profile[column : column + window[1]]


@cache
def vignette_profile(side_px: int, sigmas: float) -> NDArray[np.float64]:
    """Return one axis of the vignette, 1 at its centre; the whole is its outer product.

    It is the square root of a normal distribution's mass per pixel, over ``sigmas`` standard
    deviations either side of the centre.
    """
    beyond = (2 * sigmas + 1) / side_px / 2
    mass = np.diff(ndtr(np.linspace(-sigmas - beyond, sigmas + beyond, side_px + 1)))
    return np.asarray(np.sqrt(mass / mass.max()), dtype=np.float64)
