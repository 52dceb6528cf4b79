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
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from seqsynth.blend_settings import ZhangSettings
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

# All numbers are those of the published code.
SIGMA_COUNT = 80
VIGNETTE_PX = 560
VIGNETTE_SIGMAS = 3.0
VIGNETTE_SPARE_PX = 10
"""What the published code leaves free beside a window."""

SETTINGS = ZhangSettings()


def blend(
    pair: LayerPair, strength: float, draws: Draws, settings: ZhangSettings = SETTINGS
) -> BlendedViews:
    """Blend a pair of layers as Zhang et al. 2018 do.

    Parameters
    ----------
    strength : factor in [0, 1] on R's linear light, before its overflow is judged
    settings : ranges that the glass is drawn from
    """
    parameters = _draw(settings, pair.window, draws)
    transmission = transmission_windows(pair)
    layer = _reflection_light(pair, parameters["sigma_px"], strength)
    light = reflection_windows(pair, layer)
    total = light_of(transmission) + light
    overflow = [
        parameters["attenuation"] * mean_overflow(total[..., channel], FULL_LIGHT)
        for channel in range(3)
    ]
    rows, columns = _vignette(pair.window, parameters)
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


def tabulate(parameters: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R, from the parameters of a blend."""
    return add_light(parameters["transmission_gain"])


def _draw(settings: ZhangSettings, window: tuple[int, int], draws: Draws) -> dict[str, float]:
    low_px, high_px = settings.sigma_px
    place = draws.below(SIGMA_COUNT)
    free_px = [vignette_side_px(window) - VIGNETTE_SPARE_PX - side_px for side_px in window]
    return {
        "sigma_px": low_px + (high_px - low_px) * place / (SIGMA_COUNT - 1),
        "attenuation": draws.uniform(*settings.attenuation),
        "transmission_gain": draws.uniform(*settings.transmission_gain),
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


def vignette_side_px(window: tuple[int, int]) -> int:
    """Return the side of the vignette: larger than the published one where a window needs it."""
    largest_px = max(window)
    if largest_px < VIGNETTE_PX - VIGNETTE_SPARE_PX:
        return VIGNETTE_PX
    # The published code fails here. It blends images of up to 480 px: keep that proportion.
    return math.ceil(VIGNETTE_PX * largest_px / 480)


def _vignette(
    window: tuple[int, int], parameters: dict[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the vignette's window: its rows (H,) and its columns (W,), whose product it is."""
    profile = vignette_profile(vignette_side_px(window), VIGNETTE_SIGMAS)
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
