"""What holds for every blend model."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import BLENDS, LEVEL_TABLES
from seqsynth.synthesis.layers import BlendedViews, LayerPair

SEQUENCES = range(12)
Levels = NDArray[np.float64]
DrawsOf = Callable[[int], Draws]
BlendBy = Callable[[str, LayerPair, float, Draws], BlendedViews]


def documented(name: str, t: Levels, r: Levels, p: dict[str, float]) -> Levels:
    """I before rounding, pixel by pixel, as docs/blends.md states it."""
    if name in ("ceilnet", "ghosting"):
        return t + r
    g = p["transmission_gain"]
    blended: Levels
    if name == "dsrnet":
        blended = (255 * (g * t + r) - g * t * r) / 255 if p["screen"] else g * t + r
    else:
        blended = 255 * (g * (t / 255) ** 2.2 + (r / 255) ** 2.2) ** (1 / 2.2)
    return blended


@pytest.fixture(params=sorted(BLENDS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_model_has_a_table() -> None:
    models = {"ceilnet", "zhang", "ibcln", "dsrnet", "ghosting", "linear"}
    assert set(BLENDS) == set(LEVEL_TABLES) == models


def test_blended_views_follow_from_the_returned_layers(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    for number in SEQUENCES:
        views = blend_by(name, pair, 1.0, draws(number))
        layers = views.transmission.astype(float), views.reflection.astype(float)
        level = np.floor(documented(name, *layers, views.parameters) + 0.5)
        np.testing.assert_array_equal(views.blended, np.clip(level, 0, 255))


def test_table_gives_the_blended_views(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    for number in SEQUENCES:
        views = blend_by(name, pair, 1.0, draws(number))
        table = LEVEL_TABLES[name](views.parameters)
        np.testing.assert_array_equal(views.blended, table[views.transmission, views.reflection])


def test_transmission_is_the_photo(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    views = blend_by(name, pair, 1.0, draws(0))
    np.testing.assert_array_equal(views.transmission[2], pair.transmission[3:27, 4:36])


def test_parameters_survive_json(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    parameters = blend_by(name, pair, 1.0, draws(0)).parameters
    assert json.loads(json.dumps(parameters)) == parameters


def test_every_sequence_records_the_same_parameters(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    recorded = {tuple(blend_by(name, pair, 1.0, draws(number)).parameters) for number in range(40)}
    assert len(recorded) == 1


def test_same_draws_give_the_same_views(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    first, second = (blend_by(name, pair, 1.0, draws(3)) for _ in range(2))
    assert first.parameters == second.parameters
    np.testing.assert_array_equal(first.blended, second.blended)


def test_other_draws_give_other_views(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    first, second = (blend_by(name, pair, 1.0, draws(number)) for number in (3, 4))
    assert not np.array_equal(first.blended, second.blended)


def test_layers_are_left_as_they_were(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    before = pair.transmission.copy(), pair.reflection.copy()
    blend_by(name, pair, 1.0, draws(0))
    np.testing.assert_array_equal(pair.transmission, before[0])
    np.testing.assert_array_equal(pair.reflection, before[1])


def test_no_strength_leaves_no_reflection(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    for number in SEQUENCES:
        assert not blend_by(name, pair, 0.0, draws(number)).reflection.any()


def test_black_reflection_leaves_the_dimmed_transmission(
    name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    black = replace(pair, reflection=np.zeros_like(pair.reflection))
    for number in SEQUENCES:
        views = blend_by(name, black, 1.0, draws(number))
        gain = views.parameters.get("transmission_gain", 1.0)
        factor = gain if name in ("dsrnet", "ghosting") else gain ** (1 / 2.2)
        np.testing.assert_array_equal(views.blended, np.floor(factor * views.transmission + 0.5))


def test_more_strength_is_never_less_reflection(
    name: str, flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf, blend_by: BlendBy
) -> None:
    for number in SEQUENCES:
        weak, full = (
            blend_by(name, flat_pair(0, 200), strength, draws(number)).reflection.astype(int)
            for strength in (0.5, 1.0)
        )
        assert (weak <= full).all()
        assert (weak < full).any() == full.any()


def test_reflection_of_an_evenly_lit_scene_is_the_same_in_every_view(
    name: str, flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf, blend_by: BlendBy
) -> None:
    for number in SEQUENCES:
        views = blend_by(name, flat_pair(120, 200), 1.0, draws(number))
        if not views.parameters.get("masked"):
            np.testing.assert_array_equal(views.reflection[0], views.reflection[2])


@pytest.mark.parametrize("fixed", ["ceilnet", "dsrnet", "ghosting", "linear"])
def test_reflected_objects_keep_their_level_between_views(
    fixed: str, bright_pair: LayerPair, draws: DrawsOf, blend_by: BlendBy
) -> None:
    for number in SEQUENCES:
        reflection = blend_by(fixed, bright_pair, 1.0, draws(number)).reflection
        # The second window lies 11 down and 20 right of the first in the reflected scene.
        np.testing.assert_array_equal(reflection[0, 11:, 20:], reflection[1, :-11, :-20])


def test_one_view_is_enough(name: str, pair: LayerPair, draws: DrawsOf, blend_by: BlendBy) -> None:
    single = replace(
        pair,
        transmission_origin=pair.transmission_origin[:1],
        reflection_origin=pair.reflection_origin[:1],
    )
    assert blend_by(name, single, 1.0, draws(0)).blended.shape == (1, 24, 32, 3)
