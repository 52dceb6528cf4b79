"""The blend whose statistics are those of photos through glass: dimmed light adds to dim light.

``I = 255 (g (T / 255)^2.2 + (R / 255)^2.2)^(1 / 2.2)``, rounded as floor(x + 1/2) and clipped to
[0, 255], with g the parameter ``transmission_gain``.

T is the photo, without the gain g. R is what reaches the camera: blurred in linear light, dimmed to
``reflection_gain`` of its light, at times with a ghost and at times masked; black in clean pairs.

Real glass lifts the dark parts of a photo and takes from the bright ones. Adding weak light to
dimmed light does both; a sum of display values does neither. The constants fit photo pairs of SIR2
and Real20 at half size (about 270x200), and lengths are in pixels of the window.

The mask stays with the reflected scene, not with the view: it says which parts of that scene are
lit. So does the ghost, whose shift is the pane's thickness, the same for every view.
"""

import math

import numpy as np
from numpy.typing import NDArray

from seqsynth.seeds import Draws
from seqsynth.synthesis.blends.cuts import (
    moved,
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.synthesis.blends.levels import LevelTable, add_light, look_up
from seqsynth.synthesis.blends.light import Light, blurred_light, levels_of
from seqsynth.synthesis.layers import BlendedViews, KeptReflection, LayerPair

TRANSMISSION_GAIN = (0.85, 1.0)
REFLECTION_GAIN = (0.02, 0.35)
SIGMA_PX = (0.5, 6.0)
GHOST_SHARE = 0.2
GHOST_SHIFT_PX = 8
GHOST_WEIGHT = (0.2, 0.5)
MASK_SHARE = 0.3
MASK_KNOTS = 4
CLEAN_SHARE = 0.05


def blend(pair: LayerPair, strength: float, draws: Draws) -> BlendedViews:
    """Blend a pair of layers in linear light.

    Parameters
    ----------
    strength : factor in [0, 1] on R's linear light
    """
    parameters = _draw(draws)
    layer = strength * parameters["reflection_gain"] * _ghosted(pair, parameters)
    if parameters["masked"]:
        layer *= smooth_mask(layer.shape[:2], draws)[:, :, np.newaxis]
    transmission = transmission_windows(pair)
    levels = levels_of(layer)
    reflection = reflection_windows(pair, levels)
    blended = look_up(tabulate(parameters), transmission, reflection)
    return BlendedViews(blended, transmission, reflection, parameters, KeptReflection(levels))


def tabulate(parameters: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R, from the parameters of a blend."""
    return add_light(parameters["transmission_gain"])


def _draw(draws: Draws) -> dict[str, float]:
    parameters = {
        "transmission_gain": draws.uniform(*TRANSMISSION_GAIN),
        "reflection_gain": draws.uniform(*REFLECTION_GAIN),
        "sigma_px": draws.uniform(*SIGMA_PX),
        "ghost_row_px": 0.0,
        "ghost_column_px": 0.0,
        "ghost_weight": 0.0,
        "masked": float(draws.chance(MASK_SHARE)),
    }
    if draws.chance(CLEAN_SHARE):
        parameters["reflection_gain"] = 0.0
    if draws.chance(GHOST_SHARE):
        for axis in ("row", "column"):
            shift_px = draws.integer(-GHOST_SHIFT_PX, GHOST_SHIFT_PX)
            parameters[f"ghost_{axis}_px"] = float(shift_px)
        parameters["ghost_weight"] = draws.uniform(*GHOST_WEIGHT)
    return parameters


def _ghosted(pair: LayerPair, parameters: dict[str, float]) -> Light:
    """Return the blurred layer plus its weighted, shifted copy, margin gone."""
    radius_px = math.ceil(3 * parameters["sigma_px"])
    weight = parameters["ghost_weight"]
    reach_px = GHOST_SHIFT_PX if weight else 0
    scene = reflection_scene(pair, radius_px + reach_px)
    light = blurred_light(scene, parameters["sigma_px"], radius_px)
    if not weight:
        return light
    shift_px = int(parameters["ghost_row_px"]), int(parameters["ghost_column_px"])
    return moved(light, reach_px, (0, 0)) + weight * moved(light, reach_px, shift_px)


def smooth_mask(shape: tuple[int, int], draws: Draws) -> NDArray[np.float64]:
    """Draw a smooth mask in [0, 1]: a few random knots a side, joined by raised cosines."""
    knots = np.array([draws.uniform(0, 1) for _ in range(MASK_KNOTS**2)])
    down, across = (_between_knots(side) for side in shape)
    # Knots and weights are multiples of 2**-16, so that the products sum exactly.
    mask: NDArray[np.float64] = down @ knots.reshape(MASK_KNOTS, MASK_KNOTS) @ across.T
    return mask


def _between_knots(side_px: int) -> NDArray[np.float64]:
    """Return the weight of each knot at each pixel of an axis, float64 (side, MASK_KNOTS)."""
    place = np.linspace(0, MASK_KNOTS - 1, side_px)
    before = np.minimum(place.astype(np.intp), MASK_KNOTS - 2)
    rise = np.rint(2**15 * (1 - np.cos(np.pi * (place - before)))) / 2**16
    weights = np.zeros((side_px, MASK_KNOTS))
    pixels = np.arange(side_px)
    weights[pixels, before] = 1 - rise
    weights[pixels, before + 1] = rise
    return weights
