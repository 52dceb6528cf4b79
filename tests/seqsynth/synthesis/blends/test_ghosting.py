from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqsynth.blend_settings import GhostingSettings
from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import ghosting
from seqsynth.synthesis.layers import MARGIN, LayerPair

Layer = NDArray[np.float64]
DrawsOf = Callable[[int], Draws]
WHOLE_LAYER = (64, 72)


def whole_layer(pair: LayerPair) -> LayerPair:
    """One view that shows the whole reflection layer, before a black transmission."""
    origin = np.zeros((1, 2), np.int16)
    black = np.zeros((*WHOLE_LAYER, 3), np.uint8)
    return LayerPair(black, pair.reflection, origin, origin, WHOLE_LAYER)


def test_white_spot_is_seen_twice(spot_pair: LayerPair, draws: DrawsOf) -> None:
    views = ghosting.blend(whole_layer(spot_pair), 1.0, draws(7))
    drawn = views.parameters
    share = drawn["first_surface"]
    expected = np.zeros((*WHOLE_LAYER, 3))
    expected[10, 12] = 255 * share
    ghost = 10 + int(drawn["ghost_row_px"]), 12 + int(drawn["ghost_column_px"])
    expected[ghost] = 255 * (1 - share)
    assert np.abs(views.reflection[0] - expected).max() <= 0.51


def test_ghost_comes_from_the_scene_around_the_layer(pair: LayerPair, draws: DrawsOf) -> None:
    views = ghosting.blend(whole_layer(pair), 1.0, draws(0))
    drawn = views.parameters
    row, column = MARGIN - int(drawn["ghost_row_px"]), MARGIN - int(drawn["ghost_column_px"])
    first = pair.reflection[MARGIN, MARGIN].astype(float)
    second = pair.reflection[row, column].astype(float)
    expected = drawn["first_surface"] * first + (1 - drawn["first_surface"]) * second
    assert np.abs(views.reflection[0, 0, 0] - expected).max() <= 0.51


def test_reflection_is_lowered_by_the_mean_overflow_of_all_views(
    bright_pair: LayerPair, draws: DrawsOf, windows: Callable[[Layer], Layer]
) -> None:
    for number in range(5):
        views = ghosting.blend(bright_pair, 1.0, draws(number))
        drawn = views.parameters
        layer = bright_pair.reflection.astype(float)
        shift = int(drawn["ghost_row_px"]), int(drawn["ghost_column_px"])
        share = drawn["first_surface"]
        doubled = windows(share * layer + (1 - share) * np.roll(layer, shift, (0, 1)))
        total = views.transmission + doubled
        lowered = np.clip(doubled - 1.3 * (total[total > 255].mean() - 255), 0, 255)
        assert np.abs(views.reflection - lowered).max() <= 1.02


def test_white_on_white_loses_its_reflection(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    views = ghosting.blend(flat_pair(255, 255), 1.0, draws(0))
    assert not views.reflection.any()
    assert (views.blended == 255).all()


def test_evenly_lit_scene_keeps_its_level(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    assert (ghosting.blend(flat_pair(10, 200), 1.0, draws(0)).reflection == 200).all()


def test_strength_multiplies_levels(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    assert (ghosting.blend(flat_pair(10, 200), 0.25, draws(0)).reflection == 50).all()


def test_draws_cover_the_published_ranges(pair: LayerPair, draws: DrawsOf) -> None:
    small = replace(pair, window=(8, 8))
    drawn = [ghosting.blend(small, 1.0, draws(number)).parameters for number in range(300)]
    for axis in ("row", "column"):
        assert {parameters[f"ghost_{axis}_px"] for parameters in drawn} == set(range(20, 40))
    shares = [parameters["first_surface"] for parameters in drawn]
    assert 0.5 <= min(shares) < 0.52
    assert 0.98 < max(shares) <= 1


def test_ranges_of_ones_own_are_drawn_from(bright_pair: LayerPair, draws: DrawsOf) -> None:
    settings = GhostingSettings(shift_px=(0, 3), first_surface=(0.2, 0.3), attenuation=0)
    for number in range(20):
        drawn = ghosting.blend(bright_pair, 1.0, draws(number), settings).parameters
        assert max(drawn["ghost_row_px"], drawn["ghost_column_px"]) <= 3
        assert 0.2 <= drawn["first_surface"] <= 0.3
        assert drawn["overflow"] == 0
