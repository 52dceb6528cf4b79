from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from seqsynth.errors import ConfigError, ShardError
from seqsynth.shards import Crop, open_shards
from trainer.data.batch import Batch
from trainer.data.mixture import Augmentation, Mixture, SequenceOrder
from trainer.data.prefetch import Portion, read_ahead
from trainer.data.reading import BatchLayout, Place, read_batch
from trainer.data.sources import Source, open_sources

EVERYTHING = Augmentation(flip_horizontal=True, flip_vertical=True, reverse_time=0.5)


def mixture(folders: list[Path], *, crop: int = 32, seed: int = 0, **mix: float) -> Mixture:
    return Mixture(
        open_sources(folders, "train", mix),
        layout=BatchLayout(3, crop),
        augmentation=EVERYTHING,
        seed=seed,
    )


def equal(first: Batch, second: Batch) -> bool:
    return all(
        torch.equal(getattr(first, name), getattr(second, name))
        for name in ("blended", "transmission", "reflection", "reflection_motion")
    )


def one(source: Source, **place: object) -> Batch:
    crop = place.pop("crop", Crop(3, 5, 40, 44))
    return read_batch([source], [Place(0, 1, crop, **place)], BatchLayout(3, 44))


@pytest.fixture
def synthetic_source(synthetic: Path) -> Source:
    return open_sources([synthetic], "train", {})[0]


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


def test_threads_read_what_the_loop_would(synthetic: Path) -> None:
    portion, steps = Portion(2), range(3, 9)
    plain = list(read_ahead(mixture([synthetic]), portion, steps, ahead=0))
    ahead = list(read_ahead(mixture([synthetic]), portion, steps, ahead=3))
    assert len(plain) == len(ahead) == 6
    assert all(equal(*pair) for pair in zip(plain, ahead, strict=True))


def test_processes_share_a_batch_without_overlap() -> None:
    shares = [list(Portion(6, rank, 3).positions(5)) for rank in range(3)]
    together = [position for share in shares for position in share]
    assert together == list(Portion(6).positions(5)) == list(range(30, 36))


def test_a_crop_is_the_same_rectangle_of_all_views(synthetic_source: Source) -> None:
    batch = one(synthetic_source)
    whole = synthetic_source.sequences[1].blended[:, 3:43, 5:49]
    assert np.array_equal(batch.blended[0].permute(0, 2, 3, 1).numpy(), whole)


@pytest.mark.parametrize("layer", ["blended", "transmission", "reflection"])
def test_flips_turn_the_whole_sequence(synthetic_source: Source, layer: str) -> None:
    plain = getattr(one(synthetic_source), layer)
    flipped = getattr(one(synthetic_source, mirror=True, turn=True, reverse=True), layer)
    assert torch.equal(flipped, plain.flip(1).flip(3).flip(4))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_motion_says_where_the_centre_is_found_in_each_view(
    synthetic_source: Source, mirror: bool, turn: bool, reverse: bool
) -> None:
    batch = one(synthetic_source, mirror=mirror, turn=turn, reverse=reverse)
    assert bool(batch.motion_known.all())
    centre = batch.transmission[0, 1]
    for pair, view in enumerate((0, 2)):
        dx, dy = (4 * batch.transmission_motion[0, pair]).int().tolist()
        inner = centre[:, 4:-4, 4:-4]
        height, width = inner.shape[1:]
        seen = batch.transmission[0, view][:, 4 + dy : 4 + dy + height, 4 + dx : 4 + dx + width]
        assert torch.equal(inner, seen)


def test_kinds_collate_and_masks_say_what_each_lacks(
    synthetic: Path, captured: Path, pairs: Path
) -> None:
    sources = open_sources([synthetic, captured, pairs], "train", {})
    places = [Place(number, 0, Crop(0, 0, 32, 32)) for number in range(3)]
    batch = read_batch(sources, places, BatchLayout(3, 32))
    centre_only = [False, True, False]
    assert batch.blended.shape == (3, 3, 3, 32, 32)
    assert batch.transmission_known.tolist() == [[True] * 3, centre_only, centre_only]
    assert batch.reflection_known.tolist() == [[True] * 3, [False] * 3, [False] * 3]
    assert batch.motion_known.tolist() == [True, False, False]
    assert batch.sequence.tolist() == [True, True, False]


def test_what_is_unknown_is_black(captured: Path) -> None:
    sources = open_sources([captured], "train", {})
    batch = read_batch(sources, [Place(0, 0, Crop(0, 0, 32, 32))], BatchLayout(3, 32))
    unknown = ~batch.transmission_known
    assert batch.transmission[unknown].max() == 0
    assert batch.transmission[~unknown].max() > 0
    assert batch.reflection.max() == 0


def test_a_single_photo_stands_in_for_every_view(pairs: Path) -> None:
    sources = open_sources([pairs], "train", {})
    batch = read_batch(sources, [Place(0, 1, Crop(2, 1, 32, 32))], BatchLayout(3, 32))
    photo = sources[0].sequences[1].blended[0, 2:34, 1:33]
    for view in range(3):
        assert np.array_equal(batch.blended[0, view].permute(1, 2, 0).numpy(), photo)


def test_the_student_s_batches_leave_out_reflections(synthetic: Path) -> None:
    sources = open_sources([synthetic], "train", {})
    layout = BatchLayout(3, 32, reflections=False)
    batch = read_batch(sources, [Place(0, 0, Crop(0, 0, 32, 32))], layout)
    assert batch.reflection.numel() == 9
    assert not bool(batch.reflection_known.any())


def test_views_lie_with_channels_last(synthetic: Path) -> None:
    images = mixture([synthetic]).batch(range(2)).blended.flatten(0, 1)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_sequences_without_a_truth_are_left_out(write_views: Callable[..., Path]) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    assert len(open_sources([blind], "train", {})[0].sequences) == 0
    with pytest.raises(ShardError, match="no training sequences with a known transmission"):
        mixture([blind])


def test_a_crop_larger_than_a_sequence_is_refused(synthetic: Path) -> None:
    with pytest.raises(ShardError, match="train-000000 is 56x56 px, smaller than the crop of 64"):
        mixture([synthetic], crop=64)


def test_another_number_of_views_is_refused(five_views: Path) -> None:
    with pytest.raises(ShardError, match=r"5 views, 3 wanted: set net\.views = 5"):
        mixture([five_views])


def test_a_mixture_of_nothing_is_refused(synthetic: Path) -> None:
    with pytest.raises(ShardError, match="no training sequences"):
        mixture([synthetic], synthetic=0.0)


def test_a_weight_for_what_is_not_there_is_refused(synthetic: Path) -> None:
    with pytest.raises(ConfigError, match="mix names 'captures', but there is only synthetic"):
        open_sources([synthetic], "train", {"captures": 2.0})


def test_a_folder_s_own_weight_comes_before_its_kind_s(synthetic: Path, five_views: Path) -> None:
    sources = open_sources([synthetic, five_views], "train", {"five": 2.0, "synthetic": 3.0})
    # The first folder is named as its kind is.
    assert [source.weight for source in sources] == [3.0, 2.0]


def test_a_crop_of_a_capture_reads_only_its_rows(
    captured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_sources([captured], "train", {})[0]
    read: list[Crop] = []
    batch = type(source.sequences).batch

    def spy(self: object, numbers: object, *, crops: list[Crop], out: object) -> object:
        read.extend(crops)
        return batch(self, numbers, crops=crops, out=out)

    monkeypatch.setattr(type(source.sequences), "batch", spy)
    read_batch([source], [Place(0, 0, Crop(7, 9, 24, 24))], BatchLayout(3, 24))
    assert read == [Crop(7, 9, 24, 24)]


def test_held_out_sequences_are_not_trained_on(synthetic: Path) -> None:
    train, held_out = (open_sources([synthetic], split, {})[0] for split in ("train", "val"))
    names = [
        {source.sequences.name(n) for n in range(len(source.sequences))}
        for source in (train, held_out)
    ]
    assert [len(part) for part in names] == [8, 2]
    assert names[0] | names[1] == {s.name for s in open_shards(synthetic)}


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
