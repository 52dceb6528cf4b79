"""Sequences without shards are those of the shards, and are cut from the photos given."""

import dataclasses
import pickle
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.errors import ConfigError, SourceError
from seqsynth.pictures import read_photo
from seqsynth.seeds import Draws
from seqsynth.sequence import ViewSequence
from seqsynth.shards import open_shards
from seqsynth.synthesis import SequenceStream, synthesise
from seqsynth.synthesis.blends import (
    BlendedViews,
    LayerPair,
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.voc import find_photos


@pytest.fixture
def config(tiny_settings: dict[str, Any]) -> SynthesisConfig:
    return SynthesisConfig(**tiny_settings)


@pytest.fixture
def pair() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two photos, one dark and one bright, so that some pixels overflow."""
    rng = np.random.default_rng(5)
    dark, bright = rng.integers(0, 160, (40, 50, 3)), rng.integers(90, 256, (44, 47, 3))
    return dark.astype(np.uint8), bright.astype(np.uint8)


def assert_equal(first: ViewSequence, second: ViewSequence) -> None:
    """Compare two sequences in everything but what only a shard set knows."""
    for name in ("blended", "transmission", "reflection"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name in ("transmission", "reflection"):
        np.testing.assert_array_equal(
            getattr(first.trajectory, name), getattr(second.trajectory, name)
        )
    assert (first.name, first.split) == (second.name, second.split)
    assert dict(first.metadata) == dict(second.metadata)


@pytest.mark.parametrize("split", ["train", "val"])
def test_stream_gives_the_sequences_of_the_shards(tiny_voc, tiny_shards, config, split):
    stream = SequenceStream(tiny_voc, config, split=split)
    for number, stored in enumerate(open_shards(tiny_shards).split(split)):
        assert_equal(stream[number], stored)


@pytest.mark.parametrize("blend", ["zhang", "ibcln", "dsrnet", "ghosting", "linear"])
def test_stream_gives_the_views_of_every_blend(
    tiny_voc, make_shards, tiny_settings, tmp_path, blend
):
    settings = {"blend": blend, "sequences": 4, "val_fraction": 0.25}
    stored = open_shards(make_shards(tmp_path / blend, **settings))
    stream = SequenceStream(tiny_voc, SynthesisConfig(**{**tiny_settings, **settings}))
    for number in range(2):
        assert_equal(stream[number], stored.split("train")[number])


def test_stream_has_no_end_and_gives_fresh_sequences(tiny_voc, config):
    first = list(islice(SequenceStream(tiny_voc, config), 60))
    assert len({sequence.blended.tobytes() for sequence in first}) == 60


def test_order_of_asking_does_not_matter(tiny_voc, config):
    one, other = SequenceStream(tiny_voc, config), SequenceStream(tiny_voc, config)
    backward = {number: one[number] for number in (7, 3, 0)}
    for number, sequence in zip((0, 3, 7), (other[0], other[3], other[7]), strict=True):
        assert_equal(sequence, backward[number])


def test_stream_goes_on_in_another_process(tiny_voc, config):
    stream = SequenceStream(tiny_voc, config, split="val", cache_bytes=2**20, blend=mixed)
    copy = pickle.loads(pickle.dumps(stream))
    assert_equal(copy[2], stream[2])


def test_stream_cache_changes_nothing(tiny_voc, config):
    without, cached = (
        SequenceStream(tiny_voc, config, cache_bytes=room) for room in (0, 3 * 48 * 64 * 3)
    )
    for number in range(12):
        assert_equal(without[number], cached[number])


def test_number_below_zero_is_refused(tiny_voc, config):
    with pytest.raises(IndexError, match="sequence -1: the stream starts at 0"):
        SequenceStream(tiny_voc, config)[-1]


def test_split_without_photos_is_refused(tiny_voc, config):
    without = config.model_copy(update={"val_fraction": 0.0})
    with pytest.raises(SourceError, match="no photos are held back for split 'val'"):
        SequenceStream(tiny_voc, without, split="val")


def test_views_of_two_arrays_are_windows_of_the_first(pair, config):
    transmission, reflection = pair
    sequence = synthesise(transmission, reflection, config)
    (top, left), _ = sequence.metadata["window_source"]
    for view, (row, column) in zip(
        sequence.transmission, sequence.trajectory.transmission, strict=True
    ):
        np.testing.assert_array_equal(
            view, transmission[top + row : top + row + 16, left + column : left + column + 24]
        )


def test_two_arrays_add_up_to_the_blended_views(pair, config):
    sequence = synthesise(*pair, config)
    total = sequence.transmission.astype(int) + sequence.reflection
    np.testing.assert_array_equal(sequence.blended, np.minimum(total, 255))
    assert (total > 255).any()


def test_two_arrays_are_named_and_placed(pair, config):
    sequence = synthesise(*pair, config, number=3)
    assert (sequence.name, sequence.split) == ("train-000003", "train")
    assert sequence.metadata["source"] == ["transmission", "reflection"]


def test_number_and_seed_decide_what_two_arrays_give(pair, config):
    assert_equal(synthesise(*pair, config, number=2), synthesise(*pair, config, number=2))
    others = [
        synthesise(*pair, config, number=3),
        synthesise(*pair, config.model_copy(update={"seed": 1}), number=2),
    ]
    for other in others:
        assert (other.blended != synthesise(*pair, config, number=2).blended).any()


def test_defaults_want_photos_of_228_and_264_px():
    white = np.full((264, 264, 3), 255, np.uint8)
    assert synthesise(white[:228, :228], white).blended.shape == (3, 224, 224, 3)
    with pytest.raises(SourceError, match="reflection, is 263x264 px; 264x264"):
        synthesise(white, white[:263])
    with pytest.raises(SourceError, match="transmission, is 264x227 px; 228x228"):
        synthesise(white[:, :227], white)


@pytest.mark.parametrize(
    ("photo", "found"),
    [
        (np.zeros((300, 300), np.uint8), "uint8"),
        (np.zeros((300, 300, 4), np.uint8), "uint8"),
        (np.zeros((300, 300, 3), np.float32), "float32"),
    ],
    ids=["grey", "alpha", "float"],
)
def test_arrays_of_another_form_are_refused(photo, found):
    sound = np.zeros((300, 300, 3), np.uint8)
    with pytest.raises(SourceError, match=f"transmission is {found} .*uint8 .H, W, 3. is needed"):
        synthesise(photo, sound)
    with pytest.raises(SourceError, match=f"reflection is {found}"):
        synthesise(sound, photo)


def test_stored_sequence_is_made_again_from_its_two_photos(tiny_voc, tiny_shards):
    stored = open_shards(tiny_shards)[0]
    photos = find_photos(tiny_voc)
    transmission, _ = (read_photo(photos.path(name)) for name in stored.metadata["source"])
    (top, left), _ = stored.metadata["window_source"]
    row, column = stored.trajectory.transmission[1]
    np.testing.assert_array_equal(
        stored.centre_transmission,
        transmission[top + row : top + row + 16, left + column : left + column + 24],
    )


def mixed(pair: LayerPair, strength: float, draws: Draws) -> BlendedViews:
    """T and R at equal parts, R at half strength."""
    share = draws.uniform(0.25, 0.75)
    transmission = transmission_windows(pair)
    layer = reflection_scene(pair, 0)
    reflection = (reflection_windows(pair, layer) * (strength / 2)).astype(np.uint8)
    blended = np.rint(share * transmission + (1 - share) * reflection).astype(np.uint8)
    return BlendedViews(blended, transmission, reflection, {"share": share})


def test_blend_of_ones_own_makes_the_views(pair, config):
    made = synthesise(*pair, config, blend=mixed)
    share = made.metadata["parameters"]["share"]
    wanted = share * made.transmission + (1 - share) * made.reflection
    np.testing.assert_array_equal(made.blended, np.rint(wanted))


def test_blend_of_ones_own_sees_the_layers_of_every_other(pair, config):
    made, usual = synthesise(*pair, config, blend=mixed), synthesise(*pair, config)
    np.testing.assert_array_equal(made.transmission, usual.transmission)
    np.testing.assert_array_equal(made.trajectory.reflection, usual.trajectory.reflection)
    assert made.metadata["window_source"] == usual.metadata["window_source"]


def test_blend_of_ones_own_repeats_by_number(tiny_voc, config):
    one, other = (SequenceStream(tiny_voc, config, blend=mixed) for _ in range(2))
    assert_equal(one[3], other[3])
    assert one[3].metadata["parameters"] != one[4].metadata["parameters"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda views: views.astype(float), r"blended as float64 \(3, 16, 24, 3\)"),
        (lambda views: views[:2], r"blended as uint8 \(2, 16, 24, 3\)"),
    ],
)
def test_blend_of_ones_own_that_returns_something_else_is_told_what(pair, config, spoil, words):
    def spoilt(*given: Any) -> BlendedViews:
        views = mixed(*given)
        return dataclasses.replace(views, blended=spoil(views.blended))

    with pytest.raises(ConfigError, match=words):
        synthesise(*pair, config, blend=spoilt)
