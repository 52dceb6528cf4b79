from collections import Counter
from pathlib import Path

import pytest

from seqsynth.errors import ShardError
from tests.trainer.data.mixtures import equal, mixture
from trainer.data.mixture import Augmentation, Mixture, SequenceOrder
from trainer.data.reading import BatchLayout
from trainer.data.sources import open_sources


def test_an_epoch_shows_every_sequence_once() -> None:
    order = SequenceOrder([5, 3], [1.0, 1.0], seed=1)
    for epoch in range(3):
        shown = [order[epoch * 8 + place] for place in range(8)]
        assert sorted(shown) == [(0, n) for n in range(5)] + [(1, n) for n in range(3)]


def test_epochs_differ_in_order() -> None:
    order = SequenceOrder([20], [1.0], seed=1)
    assert [order[n] for n in range(20)] != [order[20 + n] for n in range(20)]


def test_a_weight_is_passes_per_epoch() -> None:
    order = SequenceOrder([4, 6], [2.5, 0.5], seed=1)
    shown = Counter(order[place] for place in range(order.epoch_length))
    first = [shown[0, n] for n in range(4)]
    assert order.epoch_length == 13
    assert sorted(first) == [2, 2, 3, 3]
    assert sum(count for (source, _), count in shown.items() if source == 1) == 3


def test_a_batch_depends_on_its_positions_alone(synthetic: Path) -> None:
    read_in_order, asked_at_once = mixture([synthetic]), mixture([synthetic])
    for step in range(7):
        read_in_order.batch(range(3 * step, 3 * step + 3))
    positions = range(21, 24)
    assert equal(read_in_order.batch(positions), asked_at_once.batch(positions))


def test_another_seed_gives_other_batches(synthetic: Path) -> None:
    first, second = (mixture([synthetic], seed=seed).batch(range(4)) for seed in (0, 1))
    assert not equal(first, second)


def test_a_mixture_of_nothing_is_refused(synthetic: Path) -> None:
    with pytest.raises(ShardError, match="no training sequences"):
        mixture([synthetic], synthetic=0.0)


def test_crops_reach_every_place(synthetic: Path) -> None:
    drawn = mixture([synthetic])
    places = [drawn.place(position) for position in range(600)]
    assert {place.crop.row for place in places} == set(range(56 - 32 + 1))
    assert {place.crop.column for place in places} == set(range(56 - 32 + 1))


@pytest.mark.parametrize("change", ["mirror", "turn", "reverse"])
def test_half_of_the_sequences_are_changed(synthetic: Path, change: str) -> None:
    drawn = mixture([synthetic])
    places = [drawn.place(position) for position in range(600)]
    # Five standard deviations of a fair coin thrown 600 times are 61.
    assert abs(sum(getattr(place, change) for place in places) - 300) < 61


def test_the_paper_mirrors_and_does_no_more(synthetic: Path) -> None:
    plain = Mixture(
        open_sources([synthetic], "train", {}),
        layout=BatchLayout(3, 32),
        augmentation=Augmentation(flip_horizontal=True),
        seed=0,
    )
    places = [plain.place(position) for position in range(50)]
    assert any(place.mirror for place in places)
    assert not any(place.turn or place.reverse for place in places)


def test_a_step_is_known_without_reading_it(
    synthetic: Path, by_camera: Path, captured: Path, pairs: Path
) -> None:
    mixed = mixture([synthetic, by_camera, captured, pairs])
    for step in range(0, 2 * mixed.epoch_length, 2):
        batch = mixed.batch(range(step, step + 2))
        assert mixed.presence(range(step, step + 2)) == batch.knows
        whole = mixed.batch(range(step, step + 1), of=range(step, step + 2)).knows
        assert whole == batch.knows


def test_resized_views_show_more_or_less_of_a_scene(synthetic: Path) -> None:
    sized = Mixture(
        open_sources([synthetic], "train", {}),
        layout=BatchLayout(3, 32),
        augmentation=Augmentation(resize=(32, 80)),
        seed=0,
    )
    places = [sized.place(position) for position in range(300)]
    sides = [place.crop.height for place in places]
    # 32 px of a shorter side (56 px) that became 32 to 80 px.
    assert min(sides) == round(32 * 56 / 80)
    assert max(sides) == 56
    assert all(place.size == (32, 32) for place in places)
    assert sized.batch(range(3)).blended.shape == (3, 3, 3, 32, 32)
