"""Which settings would bring a synthetic set nearer to another one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seqsynth.comparison.differences import Difference, SetComparison

MOST_KERNEL = 31
"""Largest side of a kernel that is suggested, px."""


Suggestion = dict[str, tuple[float, float] | int]
"""Setting of the synthesis -> a range, or a number."""


def suggest_settings(configuration: Mapping[str, Any], comparison: SetComparison) -> Suggestion:
    """Return settings of `seqsynth generate` that would bring the first set nearer.

    Strength scales with the rms of I - T, sigma with the width of its structure, each end of a
    range by the ratio of the sets' 10 or 90 % quantiles.
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
    return settings


def _scaled(values: Sequence[float], difference: Difference) -> tuple[float, float]:
    """Scale both ends of a range, the smaller first, to three digits."""
    ratios = [
        wanted / found if found > 0 else 1.0
        for found, wanted in zip(difference.first[::2], difference.second[::2], strict=True)
    ]
    ends = [float(f"{value * ratio:.3g}") for value, ratio in zip(values, ratios, strict=True)]
    return min(ends), max(ends)
