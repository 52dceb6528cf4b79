"""Photos blended anew: of the set's own photos, by the set's own model, evenly drawn."""

from pathlib import Path

import numpy as np
import pytest

from seqsynth.blend_settings import LinearSettings
from seqsynth.comparison.differences import distribution_distance
from seqsynth.comparison.measuring import measure_images
from seqsynth.comparison.reblending import (
    Layers,
    blend_layers,
    cut_layers,
    even_draws,
    measure_layers,
    pair_photos,
    read_photos,
    seeded_draws,
)
from seqsynth.config import SynthesisConfig
from seqsynth.errors import ConfigError
from seqsynth.shards import open_shards
from seqsynth.synthesis.blends import linear
from seqsynth.synthesis.layers import LayerPair
from tests.conftest import MakeShards, draw_photo

LINEAR = SynthesisConfig(blend="linear")
BLENDS = ("ceilnet", "zhang", "ibcln", "dsrnet", "ghosting", "linear")


@pytest.fixture(scope="module")
def layers() -> list[Layers]:
    photos = [draw_photo(number, (60, 70, 3)) for number in range(6)]
    return [cut_layers(photo, photos[place - 1]) for place, photo in enumerate(photos)]


def test_a_large_view_is_cut_to_what_has_real_scene_around_it() -> None:
    photo, scene = draw_photo(1, (224, 240, 3)), draw_photo(2, (224, 240, 3))
    found = cut_layers(photo, scene)
    np.testing.assert_array_equal(found.transmission, photo[40:-40, 40:-40])
    np.testing.assert_array_equal(found.scene, scene)


def test_no_more_than_the_papers_window_is_cut() -> None:
    photo, scene = draw_photo(1, (400, 310, 3)), draw_photo(2, (400, 310, 3))
    found = cut_layers(photo, scene)
    np.testing.assert_array_equal(found.transmission, photo[88:312, 43:267])
    np.testing.assert_array_equal(found.scene, scene[48:352, 3:307])


def test_a_small_view_is_whole_and_its_scene_mirrored() -> None:
    photo, scene = draw_photo(1, (60, 70, 3)), draw_photo(2, (60, 70, 3))
    found = cut_layers(photo, scene)
    np.testing.assert_array_equal(found.transmission, photo)
    np.testing.assert_array_equal(
        found.scene, np.pad(scene, ((40, 40), (40, 40), (0, 0)), mode="reflect")
    )


def test_photos_are_the_transmissions_of_the_centre_views(synthetic: Path) -> None:
    sequences = open_shards(synthetic)
    found = dict(read_photos(sequences, [1, 4]))
    assert list(found) == [sequences.name(1), sequences.name(4)]
    np.testing.assert_array_equal(
        list(found.values()), [sequences[n].centre_transmission for n in (1, 4)]
    )


def test_scenes_are_other_photos(synthetic: Path) -> None:
    photos = dict(read_photos(open_shards(synthetic), range(12)))
    found = list(pair_photos(photos, LINEAR, seed=0))
    every = list(photos.values())
    assert len(found) == 12
    for number, one in enumerate(found):
        np.testing.assert_array_equal(one.transmission, every[number])
        inner = one.scene[40:-40, 40:-40]
        shown = [place for place, photo in enumerate(every) if np.array_equal(photo, inner)]
        assert shown
        assert number not in shown


def test_another_seed_pairs_otherwise(synthetic: Path) -> None:
    photos = dict(read_photos(open_shards(synthetic), range(12)))
    scenes = [[one.scene for one in pair_photos(photos, LINEAR, seed=seed)] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(scenes[0], scenes[1])
    assert (np.array(scenes[0]) != np.array(scenes[2])).any()


def test_rejection_rules_hold_for_what_is_blended_anew(synthetic: Path) -> None:
    photos = dict(read_photos(open_shards(synthetic), range(12)))
    config = SynthesisConfig(reject=("dim-reflection",))
    for one in pair_photos(photos, config, seed=0):
        assert one.transmission.mean() <= 2 * one.scene[40:-40, 40:-40].mean()


def test_rules_that_leave_no_scene_are_one_sentence() -> None:
    levels = {"bright": 200, "dark": 10}
    photos = {name: np.full((24, 32, 3), level, np.uint8) for name, level in levels.items()}
    config = SynthesisConfig(reject=("dim-reflection",))
    with pytest.raises(ConfigError) as caught:
        list(pair_photos(photos, config, seed=0))
    assert str(caught.value) == (
        "the rejection rules dim-reflection leave bright no scene to reflect in 100 draws; fit to "
        "a set made with fewer rules"
    )


def test_a_single_photo_has_no_scene_to_reflect() -> None:
    with pytest.raises(ConfigError, match="1 sequence is too few to blend anew"):
        list(pair_photos({"one": np.zeros((24, 32, 3), np.uint8)}, LINEAR, seed=0))


@pytest.mark.parametrize("blend", BLENDS)
def test_every_blend_is_blended_anew(blend: str, layers: list[Layers]) -> None:
    config = SynthesisConfig.model_validate({"blend": blend})
    found = list(blend_layers(config, layers, seeded_draws(1)))
    assert len(found) == 6
    for one, (blended, truth) in zip(layers, found, strict=True):
        np.testing.assert_array_equal(truth, one.transmission)
        assert blended.shape == truth.shape
        assert (blended != truth).any()


def test_what_is_blended_anew_is_what_the_blend_makes(layers: list[Layers]) -> None:
    settings = LinearSettings(sigma_px=(1.0, 2.0), clean_share=0)
    config = SynthesisConfig(blend="linear", blend_linear=settings, reflection_strength=(0.5, 0.5))
    found = list(blend_layers(config, layers, seeded_draws(9)))
    for number, one in enumerate(layers):
        draws = seeded_draws(9)(number)
        draws.uniform(*config.sigma)
        draws.uniform(0.5, 0.5)
        origin = np.zeros((1, 2), np.int16)
        pair = LayerPair(one.transmission, one.scene, origin, origin, (60, 70))
        views = linear.blend(pair, 0.5, draws, settings)
        np.testing.assert_array_equal(found[number][0], views.blended[0])


def test_blended_anew_a_set_is_measured_as_it_stands(
    make_shards: MakeShards, tmp_path: Path
) -> None:
    folder = make_shards(
        tmp_path / "set", blend="linear", window=(24, 32), sequences=120, val_fraction=0
    )
    sequences = open_shards(folder)
    stored = [measure_images(one.centre_blended, one.centre_transmission) for one in sequences]
    photos = dict(read_photos(sequences, range(120)))
    layers = list(pair_photos(photos, LINEAR, seed=0))
    anew = measure_layers(LINEAR, layers, seeded_draws(1))
    for key in ("energy", "slope", "gain_green", "coverage"):
        values = np.array([one[key] for one in stored])
        # Of two samples of 120 from one distribution, 1 of 1,000 is farther apart.
        assert distribution_distance(values, anew.values[key]) < 0.25


# Draws


def test_even_draws_cover_a_range_evenly() -> None:
    values = [even_draws(3, 50)(number).uniform(2, 7) for number in range(50)]
    assert sorted(int((value - 2) * 10) for value in values) == list(range(50))


def test_even_draws_keep_their_place_where_a_range_moves() -> None:
    for number in range(20):
        low, high = (even_draws(3, 20)(number).uniform(0, top) for top in (1.0, 1.001))
        assert 0 <= high - low < 0.0011


def test_even_draws_take_a_share_of_a_sample_exactly() -> None:
    taken = [even_draws(3, 40)(number).chance(0.25) for number in range(40)]
    assert sum(taken) == 10


def test_even_draws_of_whole_numbers_are_within_their_range() -> None:
    drawn = [even_draws(3, 90)(number).integer(-4, 4) for number in range(90)]
    assert [drawn.count(value) for value in range(-4, 5)] == [10] * 9


def test_even_draws_go_on_past_what_is_spread() -> None:
    draws = [even_draws(3, 5)(2) for _ in range(2)]
    first, second = ([one.uniform(0, 1) for _ in range(60)] for one in draws)
    assert first == second
    assert len(set(first)) == 60
