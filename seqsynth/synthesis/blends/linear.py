"""The blend whose statistics are those of photos through glass: dimmed light adds to dim light.

``I = 255 (g (T / 255)^2.2 + (R / 255)^2.2)^(1 / 2.2)``, rounded as floor(x + 1/2) and clipped to
[0, 255], with g the parameter ``transmission_gain``; where the glass is tinted, each channel has a
g of its own, ``transmission_gain_red`` and so on.

T is the photo, without the gain g. R is what reaches the camera: blurred in linear light, dimmed to
``reflection_gain`` of its light, at times with a ghost and at times masked; black in clean pairs.

Real glass lifts the dark parts of a photo and takes from the bright ones. Adding weak light to
dimmed light does both; a sum of display values does neither. The default constants fit photo pairs
of SIR2 and Real20 at half size (about 270x200), and lengths are in pixels of the window.

The mask stays with the reflected scene, not with the view: it says which parts of that scene are
lit. So does the ghost, whose shift is the pane's thickness, the same for every view.
"""

import math

import numpy as np
from numpy.typing import NDArray

from seqsynth.blend_settings import LinearSettings
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

MASK_KNOTS = 4
CHANNELS = ("red", "green", "blue")

SETTINGS = LinearSettings()


def blend(
    pair: LayerPair, strength: float, draws: Draws, settings: LinearSettings = SETTINGS
) -> BlendedViews:
    """Blend a pair of layers in linear light.

    Parameters
    ----------
    strength : factor in [0, 1] on R's linear light
    settings : ranges that the glass is drawn from
    """
    parameters = _draw(draws, settings)
    scene = _ghosted(pair, parameters, settings.ghost_shift_px)
    layer = strength * _gains(parameters, "reflection_gain") * scene
    if parameters["masked"]:
        layer *= smooth_mask(layer.shape[:2], draws)[:, :, np.newaxis]
    transmission = transmission_windows(pair)
    levels = levels_of(layer)
    reflection = reflection_windows(pair, levels)
    blended = look_up(tabulate(parameters), transmission, reflection)
    return BlendedViews(blended, transmission, reflection, parameters, KeptReflection(levels))


def tabulate(parameters: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R, from the parameters of a blend."""
    gains = _gains(parameters, "transmission_gain")
    if np.ndim(gains) == 0:
        return add_light(float(gains))
    return np.stack([add_light(gain) for gain in gains.tolist()], axis=-1)


def _gains(parameters: dict[str, float], name: str) -> NDArray[np.float64]:
    """Return a gain, or where the glass is tinted the three of red, green and blue."""
    by_channel = [parameters.get(f"{name}_{channel}") for channel in CHANNELS]
    return np.array(parameters[name] if None in by_channel else by_channel)


def _draw(draws: Draws, settings: LinearSettings) -> dict[str, float]:
    parameters = {
        "transmission_gain": draws.uniform(*settings.transmission_gain),
        "reflection_gain": draws.uniform(*settings.reflection_gain),
        "sigma_px": draws.uniform(*settings.sigma_px),
        "ghost_row_px": 0.0,
        "ghost_column_px": 0.0,
        "ghost_weight": 0.0,
        "masked": float(draws.chance(settings.mask_share)),
    }
    if draws.chance(settings.clean_share):
        parameters["reflection_gain"] = 0.0
    if draws.chance(settings.ghost_share):
        for axis in ("row", "column"):
            shift_px = draws.integer(-settings.ghost_shift_px, settings.ghost_shift_px)
            parameters[f"ghost_{axis}_px"] = float(shift_px)
        parameters["ghost_weight"] = draws.uniform(*settings.ghost_weight)
    tints = {
        "transmission_gain": settings.transmission_tint,
        "reflection_gain": settings.reflection_tint,
    }
    # Glass without a tint draws nothing, and so keeps the draws that follow.
    for name, tint in ((name, tint) for name, tint in tints.items() if tint):
        for channel in CHANNELS:
            deviation = draws.uniform(-tint, tint)
            parameters[f"{name}_{channel}"] = parameters[name] * (1 + deviation)
    return parameters


def _ghosted(pair: LayerPair, parameters: dict[str, float], shift_px: int) -> Light:
    """Return the blurred layer plus its weighted copy, shifted up to ``shift_px``, margin gone."""
    radius_px = math.ceil(3 * parameters["sigma_px"])
    weight = parameters["ghost_weight"]
    reach_px = shift_px if weight else 0
    scene = reflection_scene(pair, radius_px + reach_px)
    light = blurred_light(scene, parameters["sigma_px"], radius_px)
    if not weight:
        return light
    place_px = int(parameters["ghost_row_px"]), int(parameters["ghost_column_px"])
    return moved(light, reach_px, (0, 0)) + weight * moved(light, reach_px, place_px)


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
