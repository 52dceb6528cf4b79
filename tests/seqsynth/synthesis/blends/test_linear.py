from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.blend_settings import LinearSettings
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.blends import linear
from seqsynth.synthesis.layers import BlendedViews, LayerPair

Layer = NDArray[np.float64]
DrawsOf = Callable[[int], Draws]
Blend = Callable[..., BlendedViews]


class FarthestDraws(Draws):
    """The end of every range that reaches furthest: a ghost, no clean pair, all else highest."""

    def __init__(self) -> None:
        super().__init__(0, Stream.TRAIN, 0)

    def below(self, count: int) -> int:
        return count - 1

    def chance(self, probability: float) -> bool:
        return probability == 0.2


@pytest.fixture
def blend_where(draws: DrawsOf) -> Blend:
    """Blend a pair with the first draws whose parameters meet a condition."""

    def blend(
        pair: LayerPair, condition: Callable[[dict[str, float]], bool], strength: float = 1.0
    ) -> BlendedViews:
        every = (linear.blend(pair, strength, draws(number)) for number in range(500))
        return next(views for views in every if condition(views.parameters))

    return blend


def is_plain(drawn: dict[str, float]) -> bool:
    return not drawn["masked"] and not drawn["ghost_weight"] and drawn["reflection_gain"] > 0


def has_ghost_only(drawn: dict[str, float]) -> bool:
    return drawn["ghost_weight"] > 0 and not drawn["masked"] and drawn["reflection_gain"] > 0


def has_mask_only(drawn: dict[str, float]) -> bool:
    return drawn["masked"] > 0 and not drawn["ghost_weight"] and drawn["reflection_gain"] > 0


def is_clean(drawn: dict[str, float]) -> bool:
    return drawn["reflection_gain"] == 0


def test_reflection_is_dimmed_light(
    flat_pair: Callable[[int, int], LayerPair], blend_where: Blend
) -> None:
    views = blend_where(flat_pair(0, 255), is_plain)
    level = 255 * views.parameters["reflection_gain"] ** (1 / 2.2)
    assert np.abs(views.reflection - level).max() <= 0.51


def test_reflection_is_blurred_in_linear_light(
    pair: LayerPair,
    blend_where: Blend,
    gaussian: Callable[[Layer, float, int], Layer],
    windows: Callable[[Layer], Layer],
) -> None:
    views = blend_where(pair, is_plain)
    sigma = views.parameters["sigma_px"]
    light = windows(gaussian((pair.reflection / 255) ** 2.2, sigma, int(np.ceil(3 * sigma))))
    level = 255 * (views.parameters["reflection_gain"] * light) ** (1 / 2.2)
    assert np.abs(views.reflection - level).max() < 0.75


def test_ghost_adds_a_weaker_copy_of_the_light(
    pair: LayerPair,
    blend_where: Blend,
    gaussian: Callable[[Layer, float, int], Layer],
    windows: Callable[[Layer], Layer],
) -> None:
    views = blend_where(pair, has_ghost_only)
    drawn = views.parameters
    light = gaussian((pair.reflection / 255) ** 2.2, drawn["sigma_px"], 18)
    shift = int(drawn["ghost_row_px"]), int(drawn["ghost_column_px"])
    doubled = windows(light + drawn["ghost_weight"] * np.roll(light, shift, (0, 1)))
    level = 255 * np.minimum(drawn["reflection_gain"] * doubled, 1) ** (1 / 2.2)
    # Kernels reach three standard deviations here and further there.
    assert np.abs(views.reflection - level).max() < 1.5


def test_farthest_ghost_of_the_widest_blur_lies_inside_the_margin(
    pair: LayerPair,
    gaussian: Callable[[Layer, float, int], Layer],
    windows: Callable[[Layer], Layer],
) -> None:
    views = linear.blend(pair, 1.0, FarthestDraws())
    drawn = views.parameters
    assert (drawn["sigma_px"], drawn["ghost_row_px"], drawn["ghost_column_px"]) == (6, 8, 8)
    light = gaussian((pair.reflection / 255) ** 2.2, 6, 18)
    doubled = windows(light + drawn["ghost_weight"] * np.roll(light, (8, 8), (0, 1)))
    level = 255 * (drawn["reflection_gain"] * doubled) ** (1 / 2.2)
    assert np.abs(views.reflection - level).max() < 0.75


def test_mask_only_takes_light_away(
    flat_pair: Callable[[int, int], LayerPair], blend_where: Blend
) -> None:
    views = blend_where(flat_pair(0, 255), has_mask_only)
    level = 255 * views.parameters["reflection_gain"] ** (1 / 2.2)
    assert views.reflection.max() <= level + 0.51
    assert views.reflection.min() < 0.9 * views.reflection.max()


def test_mask_is_smooth(draws: DrawsOf) -> None:
    mask = linear.smooth_mask((264, 264), draws(0))
    # A raised cosine between two knots, 88 px apart, rises by at most pi / 2 / 87.7 a pixel.
    assert np.abs(np.diff(mask, axis=0)).max() < 0.018
    assert np.abs(np.diff(mask, axis=1)).max() < 0.018


def test_mask_takes_its_knots_values_in_its_corners(draws: DrawsOf) -> None:
    stream = draws(4)
    knots = [stream.uniform(0, 1) for _ in range(16)]
    mask = linear.smooth_mask((50, 70), draws(4))
    corners = [mask[0, 0], mask[0, -1], mask[-1, 0], mask[-1, -1]]
    assert corners == [knots[0], knots[3], knots[12], knots[15]]


def test_clean_pair_shows_dimmed_transmission_alone(pair: LayerPair, blend_where: Blend) -> None:
    views = blend_where(pair, is_clean)
    assert not views.reflection.any()
    dimmed = views.parameters["transmission_gain"] ** (1 / 2.2) * views.transmission
    np.testing.assert_array_equal(views.blended, np.floor(dimmed + 0.5))


def test_strength_multiplies_light(
    flat_pair: Callable[[int, int], LayerPair], blend_where: Blend
) -> None:
    views = blend_where(flat_pair(0, 255), is_plain, 0.5)
    level = 255 * (0.5 * views.parameters["reflection_gain"]) ** (1 / 2.2)
    assert np.abs(views.reflection - level).max() <= 0.51


def test_glass_lifts_the_dark_and_takes_from_the_bright(pair: LayerPair, draws: DrawsOf) -> None:
    halves = np.full_like(pair.transmission, 10)
    halves[:, 18:] = 245
    views = [
        linear.blend(replace(pair, transmission=halves), 1.0, draws(number)) for number in range(60)
    ]
    added = np.stack([one.blended.astype(float) - one.transmission for one in views])
    dark = np.stack([one.transmission for one in views]) == 10
    assert added[dark].mean() > 10
    assert added[~dark].mean() < 0


def test_draws_keep_to_the_measured_ranges_and_shares(pair: LayerPair, draws: DrawsOf) -> None:
    small = replace(pair, window=(8, 8))
    drawn = [linear.blend(small, 1.0, draws(number)).parameters for number in range(600)]
    columns = {name: np.array([parameters[name] for parameters in drawn]) for name in drawn[0]}
    ghosts = columns["ghost_weight"] > 0
    clean = columns["reflection_gain"] == 0
    for name, low, high, where in (
        ("transmission_gain", 0.85, 1.0, ...),
        ("reflection_gain", 0.02, 0.35, ~clean),
        ("sigma_px", 0.5, 6.0, ...),
        ("ghost_weight", 0.2, 0.5, ghosts),
        ("ghost_row_px", -8, 8, ghosts),
        ("ghost_column_px", -8, 8, ghosts),
    ):
        values = columns[name][where]
        assert low <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high
    # Within three standard deviations of 600 draws.
    assert abs(ghosts.mean() - 0.2) < 0.05
    assert abs(clean.mean() - 0.05) < 0.027
    assert abs(columns["masked"].mean() - 0.3) < 0.057


def test_shares_of_all_or_nothing_are_kept(pair: LayerPair, draws: DrawsOf) -> None:
    shares = {"mask_share": 0.0, "ghost_share": 1.0, "clean_share": 1.0}
    settings = LinearSettings.model_validate(shares)
    for number in range(20):
        drawn = linear.blend(pair, 1.0, draws(number), settings).parameters
        assert (drawn["masked"], drawn["reflection_gain"]) == (0, 0)
        assert drawn["ghost_weight"] > 0


def test_ranges_of_ones_own_are_drawn_from(pair: LayerPair, draws: DrawsOf) -> None:
    settings = LinearSettings(
        transmission_gain=(1.2, 1.3),
        reflection_gain=(0.5, 0.5),
        sigma_px=(2.0, 3.0),
        ghost_share=1.0,
        ghost_shift_px=1,
        ghost_weight=(0.9, 1.0),
        clean_share=0.0,
    )
    for number in range(20):
        drawn = linear.blend(pair, 1.0, draws(number), settings).parameters
        assert 1.2 <= drawn["transmission_gain"] <= 1.3
        assert drawn["reflection_gain"] == 0.5
        assert 2 <= drawn["sigma_px"] <= 3
        assert 0.9 <= drawn["ghost_weight"] <= 1
        assert max(abs(drawn["ghost_row_px"]), abs(drawn["ghost_column_px"])) <= 1


def test_tinted_glass_dims_every_channel_by_a_share_of_its_own(
    flat_pair: Callable[[int, int], LayerPair], draws: DrawsOf
) -> None:
    settings = LinearSettings(
        transmission_tint=0.1, reflection_tint=0.2, mask_share=0, ghost_share=0, clean_share=0
    )
    deviations = []
    for number in range(200):
        views = linear.blend(flat_pair(200, 255), 1.0, draws(number), settings)
        drawn = views.parameters
        for place, name in enumerate(("red", "green", "blue")):
            gain = drawn[f"transmission_gain_{name}"]
            reflected = drawn[f"reflection_gain_{name}"]
            level = 255 * reflected ** (1 / 2.2)
            assert np.abs(views.reflection[..., place] - level).max() <= 0.51
            light = gain * (200 / 255) ** 2.2 + (views.reflection[..., place] / 255) ** 2.2
            blended = np.minimum(255 * light ** (1 / 2.2), 255)
            assert np.abs(views.blended[..., place] - blended).max() <= 0.51
            deviations.append(
                (gain / drawn["transmission_gain"] - 1, reflected / drawn["reflection_gain"] - 1)
            )
    for found, tint in zip(np.abs(deviations).T, (0.1, 0.2), strict=True):
        assert 0.98 * tint < found.max() <= tint * (1 + 1e-9)


def test_a_tint_of_one_layer_leaves_the_other_plain(pair: LayerPair, draws: DrawsOf) -> None:
    plain = linear.blend(pair, 1.0, draws(1))
    tinted = linear.blend(pair, 1.0, draws(1), LinearSettings(transmission_tint=0.1))
    assert not plain.parameters["masked"]
    assert plain.parameters.items() < tinted.parameters.items()
    np.testing.assert_array_equal(tinted.reflection, plain.reflection)
    assert (tinted.blended != plain.blended).any()
