"""A sharp reflection seen twice, as by the two surfaces of a pane (Wen et al. 2019, "ghosting").

``I = T + R``, clipped to 255.

T is the photo. R is the reflection times b plus its shifted copy times 1 - b, in display values,
with b the parameter ``first_surface``, lowered by a multiple of the mean overflow of T + R.

The usual constants are Wen et al.'s. They blend by an alpha map that a trained network paints,
which is not published; CEILNet's sum with its lowering of R stands in for it. The shift is the
pane's thickness seen at an angle: the same for every view, and for the whole scene.
"""

from fractions import Fraction

import numpy as np

from seqsynth.blend_settings import GhostingSettings
from seqsynth.seeds import Draws
from seqsynth.sequence import Views
from seqsynth.synthesis.blends.cuts import moved, reflection_windows, transmission_windows
from seqsynth.synthesis.blends.levels import LevelTable, add_levels
from seqsynth.synthesis.integers.reference import (
    FineImage,
    attenuation,
    headroom,
    overflow,
    scale_reflection,
    to_levels,
)
from seqsynth.synthesis.integers.reference import blend as add_views
from seqsynth.synthesis.layers import MARGIN, BlendedViews, KeptReflection, LayerPair

SETTINGS = GhostingSettings()


def blend(
    pair: LayerPair, strength: float, draws: Draws, settings: GhostingSettings = SETTINGS
) -> BlendedViews:
    """Blend a pair of layers with a reflection seen twice.

    Parameters
    ----------
    strength : factor in [0, 1] on R's display values, before its overflow is judged
    settings : ranges that the glass is drawn from
    """
    parameters = {
        "ghost_row_px": float(draws.integer(*settings.shift_px)),
        "ghost_column_px": float(draws.integer(*settings.shift_px)),
        "first_surface": draws.uniform(*settings.first_surface),
    }
    transmission = transmission_windows(pair)
    layer = scale_reflection(_doubled(pair, parameters), strength)
    # As written: 1.3 is thirteen tenths, which the float is not.
    factor = Fraction(str(settings.attenuation))
    levels = _overflow(transmission, reflection_windows(pair, layer), factor)
    parameters["overflow"] = float(levels)
    per_view = np.full(len(transmission), levels, np.uint8)
    kept = KeptReflection(to_levels(layer), levels)
    whole = reflection_windows(pair, kept.levels)
    blended, reflection = add_views(transmission, whole, per_view)
    return BlendedViews(blended, transmission, reflection, parameters, kept)


def tabulate(_: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R; no parameter enters."""
    return add_levels(1.0)


def _doubled(pair: LayerPair, parameters: dict[str, float]) -> FineImage:
    """Return b R + (1 - b) shifted R without the margin, in 1/256 level, half up."""
    shift_px = int(parameters["ghost_row_px"]), int(parameters["ghost_column_px"])
    share = round(65536 * parameters["first_surface"])
    first = moved(pair.reflection, MARGIN, (0, 0)).astype(np.uint32)
    second = moved(pair.reflection, MARGIN, shift_px).astype(np.uint32)
    sums = np.uint32(share) * first + np.uint32(65536 - share) * second
    return ((sums + np.uint32(128)) >> np.uint32(8)).astype(np.uint16)


def _overflow(transmission: Views, reflection: FineImage, factor: Fraction) -> int:
    counts = [overflow(*view) for view in zip(headroom(transmission), reflection, strict=True)]
    total, count = (sum(column) for column in zip(*counts, strict=True))
    return attenuation(total, count, factor)
