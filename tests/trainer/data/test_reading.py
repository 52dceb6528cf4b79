from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from seqsynth.shards import Crop
from tests.trainer.data.mixtures import mixture
from trainer.data.batch import Batch
from trainer.data.motion import valid_cells
from trainer.data.reading import BatchLayout, Place, read_batch
from trainer.data.sources import Source, open_sources
from trainer.nets import warp


def one(source: Source, **place: object) -> Batch:
    crop = place.pop("crop", Crop(3, 5, 40, 44))
    return read_batch([source], [Place(0, 1, crop, **place)], BatchLayout(3, 44))


@pytest.fixture
def synthetic_source(synthetic: Path) -> Source:
    return open_sources([synthetic], "train", {})[0]


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
        motion = 4 * batch.transmission_motion[0, pair].flatten(1)
        assert (motion == motion[:, :1]).all()
        dx, dy = motion[:, 0].int().tolist()
        inner = centre[:, 4:-4, 4:-4]
        height, width = inner.shape[1:]
        seen = batch.transmission[0, view][:, 4 + dy : 4 + dy + height, 4 + dx : 4 + dx + width]
        assert torch.equal(inner, seen)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("layer", ["transmission", "reflection"])
def test_dense_motion_warps_the_views_of_a_camera_onto_the_centre(
    by_camera: Path, layer: str, mirror: bool, turn: bool, reverse: bool
) -> None:
    """Cells are means of four by four pixels; the wrong transform would miss by several."""
    source = open_sources([by_camera], "train", {})[0]
    better = []
    for number in range(4):
        place = Place(0, number, Crop(4, 8, 48, 44), mirror=mirror, turn=turn, reverse=reverse)
        batch = read_batch([source], [place], BatchLayout(3, 48))
        assert getattr(batch, f"{layer}_motion").shape == (1, 2, 2, 12, 11)
        cells = functional.avg_pool2d(getattr(batch, layer)[0].float(), 4)
        motion = getattr(batch, f"{layer}_motion")
        inside = valid_cells(motion)[0]
        for pair, view in enumerate((0, 2)):
            errors = []
            for field in (motion[:, pair], torch.zeros_like(motion[:, pair])):
                warped = warp(cells[view : view + 1], field)[0]
                errors.append(float((warped - cells[1]).abs().mean(0)[inside[pair]].mean()))
            better.append(errors[0] / errors[1])
    assert np.median(better) < 0.6


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


@pytest.mark.parametrize("side", [20, 44, 56])
def test_a_resized_crop_is_the_crop_resized_and_its_motion_with_it(
    synthetic_source: Source, side: int
) -> None:
    crop = Crop(4, 9, 40, 40)
    plain = one(synthetic_source, crop=crop)
    resized = one(synthetic_source, crop=crop, side=side, scaled=True)
    assert resized.blended.shape[-2:] == (side, side)
    truth = torch.nn.functional.interpolate(
        plain.blended[0].float(), size=(side, side), mode="area" if side < 40 else "bicubic"
    )
    # The two libraries' kernels differ at edges of single pixels.
    assert float((resized.blended[0].float() - truth).abs().mean()) < 6
    for layer in ("transmission", "reflection"):
        moved, before = (getattr(batch, f"{layer}_motion") for batch in (resized, plain))
        # A slide moves all cells alike, of which there are more or fewer now.
        assert torch.allclose(moved, before[..., :1, :1] * side / 40, atol=1e-5)
        assert float(before.abs().max()) > 0


def test_of_more_views_the_middle_ones_are_taken(five_views: Path) -> None:
    (source,) = open_sources([five_views], "train", {})
    crop = Crop(0, 0, 40, 40)
    three, five = (
        read_batch([source], [Place(0, 2, crop)], BatchLayout(views, 40)) for views in (3, 5)
    )
    for layer in ("blended", "transmission", "reflection"):
        assert torch.equal(getattr(three, layer), getattr(five, layer)[:, 1:4])
    for layer in ("transmission", "reflection"):
        inner = getattr(five, f"{layer}_motion")[:, 1:3]
        assert torch.equal(getattr(three, f"{layer}_motion"), inner)
    assert torch.equal(three.centre_blended, five.centre_blended)


def test_a_batch_falls_into_parts_that_are_its_samples(synthetic: Path, pairs: Path) -> None:
    sources = open_sources([synthetic, pairs], "train", {})
    places = [Place(n % 2, n // 2, Crop(0, 0, 32, 32)) for n in range(4)]
    batch = read_batch(sources, places, BatchLayout(3, 32))
    parts = list(batch.parts(2))
    assert torch.equal(torch.cat([part.blended for part in parts]), batch.blended)
    assert torch.equal(torch.cat([part.motion_known for part in parts]), batch.motion_known)
    assert [part.with_neighbours for part in parts] == [(0,), (0,)]
    assert all(part.knows == batch.knows for part in parts)
