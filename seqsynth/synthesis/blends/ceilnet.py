"""The paper's blend: CEILNet's (Fan et al. 2017, the paper's [5]; paper 4.2), in whole numbers.

``I = T + R``, clipped to 255.

T is the photo. R is blurred by a Gaussian (``sigma``), scaled by ``strength`` and, where T + R
exceeds white, lowered by ``attenuation`` times the mean overflow, so that bright scenes do not wash
out. The paper's configuration blurs in the scene around the window and lowers R by one number for
all views, so that R does not flicker; CEILNet's letter (``border`` zero, ``overflow`` view) does
each to every crop by itself.

Where layers are stored, no view is made: T, R and what to take off it say all.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.synthesis.blends.cuts import reflection_windows, transmission_windows
from seqsynth.synthesis.blends.levels import LevelTable, add_levels
from seqsynth.synthesis.draft import Draft, Record
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.integers.arithmetic import Arithmetic
from seqsynth.synthesis.integers.reference import FineImage
from seqsynth.synthesis.layers import MARGIN


def blend(draft: Draft, config: SynthesisConfig, arithmetic: Arithmetic) -> Record:
    """Blend a draft as CEILNet does, into the datasets of the configured layout.

    Returns
    -------
    the attenuation, uint8 (V,), sigma, and either both layers, R blurred and scaled but not yet
    lowered, uint8 (h, w, 3), or I, T and R of every view, uint8 (V, H, W, 3)
    """
    keep = _layers if config.resolved_layout == "layers" else _views
    return {**keep(draft, config, arithmetic), "sigma": draft.sigma}


def tabulate(_: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R; no parameter enters."""
    return add_levels(1.0)


def _layers(draft: Draft, config: SynthesisConfig, arithmetic: Arithmetic) -> Record:
    pair = draft.pair
    weights = reference.blur_weights(config.kernel, draft.sigma)
    fine, levels = arithmetic.reflection_layer(pair.reflection, weights, draft.strength)
    origins = (pair.transmission_origin, pair.reflection_origin)
    counts = arithmetic.overflows(pair.transmission, fine, origins, pair.window)
    return {
        "transmission_layer": pair.transmission,
        "reflection_layer": levels,
        "attenuation": _attenuations(counts, config),
    }


def _views(draft: Draft, config: SynthesisConfig, _: Arithmetic) -> Record:
    transmission = transmission_windows(draft.pair)
    fine = _reflection_views(draft, config)
    counts = [
        reference.overflow(reference.headroom(view), light)
        for view, light in zip(transmission, fine, strict=True)
    ]
    levels = _attenuations(counts, config)
    whole = np.stack([reference.to_levels(view) for view in fine])
    blended, reflection = reference.blend(transmission, whole, levels)
    return {
        "blended": blended,
        "transmission": transmission,
        "reflection": reflection,
        "attenuation": levels,
    }


def _reflection_views(draft: Draft, config: SynthesisConfig) -> list[FineImage]:
    """Return R of each view blurred and scaled, uint16 (H, W, 3) in 1/256 level."""
    pair = draft.pair
    weights = reference.blur_weights(config.kernel, draft.sigma)
    blurred: Sequence[FineImage]
    if config.border == "zero":
        inner = pair.reflection[MARGIN:-MARGIN, MARGIN:-MARGIN]
        crops = reflection_windows(pair, inner)
        blurred = [reference.blur_zero_padded(crop, weights) for crop in crops]
    else:
        windows = reflection_windows(pair, reference.blur(pair.reflection, weights))
        blurred = list(windows)
    return [reference.scale_reflection(view, draft.strength) for view in blurred]


def _attenuations(counts: Sequence[tuple[int, int]], config: SynthesisConfig) -> NDArray[np.uint8]:
    """Return the levels taken from R in each view: one for all, or one each."""
    factor = _fraction(config.attenuation)
    if config.overflow == "sequence":
        total, count = (sum(column) for column in zip(*counts, strict=True))
        return np.full(len(counts), reference.attenuation(total, count, factor), np.uint8)
    levels = [reference.attenuation(total, count, factor) for total, count in counts]
    return np.array(levels, np.uint8)


@cache
def _fraction(decimal: float) -> Fraction:
    """Return a number as it is written: 1.3 is thirteen tenths, which the float is not."""
    return Fraction(str(decimal))
