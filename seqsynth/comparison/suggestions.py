"""Which settings would bring a synthetic set nearer to another one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seqsynth.blend_settings import SCENE_PX, GhostingSettings, LinearSettings, ZhangSettings
from seqsynth.comparison.differences import Difference, SetComparison
from seqsynth.config import SynthesisConfig
from seqsynth.settings import check_settings

MOST_KERNEL = 31
"""Largest side of a kernel that is suggested, px."""

LEAST_SIGMA, MOST_SIGMA, MOST_GAIN = 0.1, 20.0, 2.0
"""Bounds of what is suggested within the table of a blend."""


Suggestion = dict[str, Any]
"""Setting of the synthesis -> a range, a number, or a table of ranges."""


def suggest_settings(configuration: Mapping[str, Any], comparison: SetComparison) -> Suggestion:
    """Return settings of `seqsynth generate` that would bring the first set nearer.

    Strength scales with the rms of I - T, blur with the width of its structure, and the gain of T
    with that of its green light where the blend adds light; each end of a range by the ratio of the
    sets' 10 or 90 % quantiles.
    """
    settings: Suggestion = {}
    energy, blur = comparison.of("energy"), comparison.of("blur")
    strength = configuration.get("reflection_strength")
    if strength is not None and energy is not None:
        low, high = _scaled(strength, energy)
        settings["reflection_strength"] = (min(low, 1.0), min(high, 1.0))
    sigma = configuration.get("sigma")
    if sigma is not None and blur is not None and configuration.get("blend") == "ceilnet":
        low, high = _scaled(sigma, blur)
        low, high = max(low, 0.1), min(max(high, 0.1), 100.0)
        settings["sigma"] = (low, high)
        # A wider blur needs a kernel that holds it: CEILNet's 11 px cut a sigma of 5 px short.
        if high > sigma[1]:
            settings["kernel"] = min(2 * math.ceil(2 * high) + 1, MOST_KERNEL)
    table = _suggest_constants(configuration, comparison)
    return {**settings, f"blend_{configuration['blend']}": table} if table else settings


def _suggest_constants(
    configuration: Mapping[str, Any], comparison: SetComparison
) -> dict[str, tuple[float, float]]:
    """Return what of the table of the set's blend would bring it nearer."""
    named = {k: v for k, v in configuration.items() if k.startswith("blend") and v is not None}
    constants = check_settings(SynthesisConfig, named).blend_settings
    if constants is None or isinstance(constants, GhostingSettings):
        return {}
    suggested = {}
    if (blur := comparison.of("blur")) is not None:
        most_px = MOST_SIGMA
        if isinstance(constants, LinearSettings):
            most_px = (SCENE_PX - constants.ghost_shift_px) // 3
        low, high = _scaled(constants.sigma_px, blur)
        suggested["sigma_px"] = (_within(low, most_px), _within(high, most_px))
    gain = comparison.of("gain_green")
    if gain is not None and isinstance(constants, LinearSettings | ZhangSettings):
        low, high = _scaled(constants.transmission_gain, gain)
        suggested["transmission_gain"] = (max(low, 0.0), min(high, MOST_GAIN))
    return suggested


def _within(sigma_px: float, most_px: float) -> float:
    return min(max(sigma_px, LEAST_SIGMA), most_px)


def _scaled(values: Sequence[float], difference: Difference) -> tuple[float, float]:
    """Scale both ends of a range, the smaller first, to three digits."""
    ratios = [
        wanted / found if found > 0 else 1.0
        for found, wanted in zip(difference.first[::2], difference.second[::2], strict=True)
    ]
    ends = [float(f"{value * ratio:.3g}") for value, ratio in zip(values, ratios, strict=True)]
    return min(ends), max(ends)
