"""Sequences by their numbers, and what is drawn again on the way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.errors import SourceError
from seqsynth.seeds import Draws
from seqsynth.synthesis.layers import BlendedViews, LayerPair
from seqsynth.synthesis.pipeline import MOST_DRAWS, Synthesiser
from seqsynth.synthesis.stream import GivenPhotos
from seqsynth.voc import Pools

CONFIG = SynthesisConfig(window=(16, 20))
POOLS = Pools(("a", "b"), ("c", "d"), ("e",), ("f",), ())


def noise(seed: int, side: int = 80) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


PHOTOS = {name: noise(seed) for seed, name in enumerate("abcdef")}


def synthesiser(config: SynthesisConfig = CONFIG, **photos: NDArray[np.uint8]) -> Synthesiser:
    return Synthesiser(config, POOLS, GivenPhotos({**PHOTOS, **photos}))


def test_sequence_depends_on_its_number_alone() -> None:
    one, other = synthesiser(), synthesiser()
    for number in range(3):
        one.record("train", number)
    found, wanted = one.record("train", 7), other.record("train", 7)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize(("split", "ids"), [("train", (b"ab", b"cd")), ("val", (b"e", b"f"))])
def test_photos_are_of_the_pools_of_the_split(split: str, ids: tuple[bytes, bytes]) -> None:
    for number in range(10):
        transmission, reflection = synthesiser().record(split, number)["source"].tolist()
        assert transmission in ids[0]
        assert reflection in ids[1]


def test_layers_are_cut_where_the_record_says() -> None:
    record = synthesiser().record("train", 0)
    (row, column), (height, width) = record["window_source"][0], CONFIG.transmission_layer
    photo = PHOTOS[record["source"][0].decode()]
    wanted = photo[row : row + height, column : column + width]
    np.testing.assert_array_equal(record["transmission_layer"], wanted)


def test_photos_too_small_are_drawn_again_and_counted() -> None:
    maker = synthesiser(a=noise(1, side=12))
    sources = [maker.record("train", number)["source"][0] for number in range(12)]
    assert set(sources) == {b"b"}
    assert maker.tally.redraws > 0
    assert maker.photos.unusable["a"].startswith("is 12x12 px")


def test_pool_without_a_usable_photo_ends_it() -> None:
    maker = synthesiser(c=noise(1, side=12), d=noise(2, side=12))
    with pytest.raises(SourceError, match=f"{MOST_DRAWS} photos drawn in a row are unusable"):
        maker.record("train", 0)


def test_rejected_pairs_are_counted_by_rule() -> None:
    black = np.zeros((80, 80, 3), np.uint8)
    maker = synthesiser(CONFIG.model_copy(update={"reject": ("dark-reflection",)}), c=black)
    sources = [maker.record("train", number)["source"][1] for number in range(12)]
    assert set(sources) == {b"d"}
    assert maker.tally.rejections["dark-reflection"] > 0


def test_blend_of_ones_own_takes_the_place_of_the_configured_one() -> None:
    def dim(pair: LayerPair, strength: float, draws: Draws) -> BlendedViews:
        views = np.full((3, 16, 20, 3), 7, np.uint8)
        return BlendedViews(
            views, views, views, {"strength": strength, "draw": draws.uniform(0, 1)}
        )

    maker = Synthesiser(CONFIG, POOLS, GivenPhotos(PHOTOS), dim)
    record = maker.record("train", 0)
    assert (record["blended"] == 7).all()
    assert record["parameters"].keys() == {"strength", "draw"}
    assert "transmission_layer" not in record


def test_drafts_of_all_blends_are_alike() -> None:
    """What is drawn before the blend is the same for all, so that sets can be held side by side."""
    drafts = [
        synthesiser(SynthesisConfig(window=(16, 20), blend=blend)).draft("train", 4)
        for blend in ("ceilnet", "zhang", "linear")
    ]
    for draft in drafts[1:]:
        assert (draft.sigma, draft.source) == (drafts[0].sigma, drafts[0].source)
        np.testing.assert_array_equal(draft.window_source, drafts[0].window_source)
    assert drafts[0].provenance.keys() == {
        "transmission_origin",
        "reflection_origin",
        "strength",
        "source",
        "window_source",
    }
