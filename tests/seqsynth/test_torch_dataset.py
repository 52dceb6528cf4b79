"""Shards as PyTorch datasets: pixels, shapes and workers."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from seqsynth.errors import ShardError
from seqsynth.shards import open_shards
from seqsynth.torch_dataset import CentrePairs, WholeSequences


def test_pair_is_the_centre_view_and_its_transmission(tiny_shards):
    sequence = open_shards(tiny_shards).split("train")[1]
    sample = CentrePairs(tiny_shards)[1]
    for name in ("blended", "transmission"):
        centre = getattr(sequence, name)[1].transpose(2, 0, 1) / np.float32(255)
        assert np.allclose(sample[name].numpy(), centre, atol=1e-7)
    assert sample["name"] == sequence.name


def test_whole_sequence_has_every_view_and_its_trajectory(tiny_shards):
    sequence = open_shards(tiny_shards).split("train")[0]
    sample = WholeSequences(tiny_shards)[0]
    assert torch.equal(
        (sample["reflection"] * 255).round().to(torch.uint8),
        torch.from_numpy(sequence.reflection.transpose(0, 3, 1, 2).copy()),
    )
    assert sample["reflection_origin"].tolist() == sequence.trajectory.reflection.tolist()


@pytest.mark.parametrize("shards", ["tiny_shards", "camera_shards"])
def test_motion_of_either_kind_comes_as_homographies_and_flow(shards, request):
    folder = request.getfixturevalue(shards)
    sequence = open_shards(folder).split("train")[2]
    sample = WholeSequences(folder, flow=True)[2]
    for layer in ("transmission", "reflection"):
        motion = getattr(sequence.motion, layer)
        assert np.array_equal(sample[f"{layer}_homography"].numpy(), motion.homographies)
        flow = sample[f"{layer}_flow"]
        assert flow.shape == (3, 2, 16, 24)
        assert np.array_equal(flow.permute(0, 2, 3, 1).numpy(), motion.flow())
    assert "transmission_flow" not in WholeSequences(folder)[2]


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_change_nothing(tiny_shards, workers):
    loader = DataLoader(CentrePairs(tiny_shards, reflection=True), 2, num_workers=workers)
    read = torch.cat([batch["reflection"] for batch in loader])
    expected = torch.stack([s["reflection"] for s in CentrePairs(tiny_shards, reflection=True)])
    assert torch.equal(read, expected)


def test_transform_makes_what_is_yielded(tiny_shards):
    pairs = CentrePairs(tiny_shards, transform=lambda sample: {"mean": sample["blended"].mean()})
    assert set(pairs[0]) == {"mean"}


def test_empty_split_is_refused(tiny_shards):
    with pytest.raises(ShardError, match="test"):
        CentrePairs(tiny_shards, split="test")


@pytest.mark.parametrize("blend", ["linear", "zhang"])
def test_layers_of_other_blends_are_yielded_as_their_views(blend, make_shards, tmp_path):
    settings = {"blend": blend, "sequences": 3, "val_fraction": 0}
    layers, views = (
        WholeSequences(make_shards(tmp_path / layout, layout=layout, **settings))
        for layout in ("layers", "views")
    )
    for number in range(3):
        for name in ("blended", "transmission", "reflection"):
            assert torch.equal(layers[number][name], views[number][name])
