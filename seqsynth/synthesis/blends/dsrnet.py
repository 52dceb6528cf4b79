"""The blend of DSRNet (Hu and Guo 2023): dimmed layers, screen-blended or at times summed.

With S = g T and g the parameter ``transmission_gain``:

``I = (255 (S + R) - S R) / 255`` where the parameter ``screen`` is 1,
``I = S + R`` where it is 0,

rounded as floor(x + 1/2) and clipped to [0, 255].

T is the photo, without the gain g. R is blurred in display values and dimmed; in the sum it is also
lowered by a multiple of the mean overflow. (The published code returns R before both.)
"""

from bisect import bisect_right

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.blend_settings import DsrnetSettings
from seqsynth.seeds import Draws
from seqsynth.sequence import Views
from seqsynth.synthesis.blends.cuts import (
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.synthesis.blends.levels import (
    LevelTable,
    add_levels,
    look_up,
    round_levels,
    screen_levels,
)
from seqsynth.synthesis.blends.overflow import mean_overflow
from seqsynth.synthesis.integers.reference import blur_weights
from seqsynth.synthesis.layers import BlendedViews, KeptReflection, LayerPair

# The numbers of the published code.
KERNELS_PX = (5, 7, 9, 11)
KERNELS_UP_TO = (0.1, 0.3, 0.6)  # shares of 0.1, 0.2, 0.3 and 0.4

SETTINGS = DsrnetSettings()

FINE = 256
"""Steps of a level in which overflow is judged; whole numbers have exact sums."""


def blend(
    pair: LayerPair, strength: float, draws: Draws, settings: DsrnetSettings = SETTINGS
) -> BlendedViews:
    """Blend a pair of layers as DSRNet does.

    Parameters
    ----------
    strength : factor in [0, 1] on R's display values, before its overflow is judged
    settings : ranges that the glass is drawn from
    """
    parameters = _draw(draws, settings)
    transmission = transmission_windows(pair)
    layer = strength * parameters["reflection_gain"] * _blurred_levels(pair, parameters)
    if not parameters["screen"]:
        overflow = _mean_overflow(pair, transmission, layer, parameters)
        parameters["overflow"] = settings.attenuation * overflow / FINE
    levels = round_levels(layer - parameters["overflow"])
    reflection = reflection_windows(pair, levels)
    blended = look_up(tabulate(parameters), transmission, reflection)
    return BlendedViews(blended, transmission, reflection, parameters, KeptReflection(levels))


def tabulate(parameters: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R, from the parameters of a blend."""
    combine = screen_levels if parameters["screen"] else add_levels
    return combine(parameters["transmission_gain"])


def _draw(draws: Draws, settings: DsrnetSettings) -> dict[str, float]:
    kernel_px = KERNELS_PX[bisect_right(KERNELS_UP_TO, draws.uniform(0, 1))]
    return {
        "kernel_px": float(kernel_px),
        "sigma_px": draws.uniform(*settings.sigma_px),
        "transmission_gain": draws.uniform(*settings.transmission_gain),
        "reflection_gain": draws.uniform(*settings.reflection_gain),
        "screen": float(draws.chance(settings.screen_share)),
        "overflow": 0.0,
    }


def _blurred_levels(pair: LayerPair, parameters: dict[str, float]) -> NDArray[np.float64]:
    """Return the blurred reflection layer, margin gone, in levels; exact multiples of 2**-32."""
    kernel_px = int(parameters["kernel_px"])
    radius_px = kernel_px // 2
    weights = blur_weights(kernel_px, parameters["sigma_px"])
    scene = reflection_scene(pair, radius_px)
    sums = cv2.sepFilter2D(scene, cv2.CV_64F, weights, weights)
    height, width = scene.shape[:2]
    inner = sums[radius_px : height - radius_px, radius_px : width - radius_px]
    return np.asarray(inner * 2.0**-32, dtype=np.float64)


def _mean_overflow(
    pair: LayerPair,
    transmission: Views,
    layer: NDArray[np.float64],
    parameters: dict[str, float],
) -> float:
    """Return the mean overflow of all windows, in steps of `FINE`."""
    dimmed = np.rint(FINE * parameters["transmission_gain"] * np.arange(256.0))
    reflection = reflection_windows(pair, np.rint(FINE * layer))
    return mean_overflow(dimmed[transmission] + reflection, FINE * 255)
