import pytest
import torch

from seqsynth.errors import ConfigError
from trainer.nets import Discriminator
from trainer.nets.config import NetConfig

WIDTH = 1 / 32


@pytest.mark.parametrize(("d_layers", "patches"), [(3, 5), (2, 12)])
def test_a_224_crop_gives_as_many_patches_as_pix2pix_would(d_layers: int, patches: int) -> None:
    net = Discriminator(NetConfig(width=WIDTH, d_layers=d_layers))
    assert net(torch.rand(2, 4, 56, 56)).shape == (2, 1, patches, patches)


@pytest.mark.parametrize(("d_layers", "cells"), [(3, 70), (2, 34), (1, 16)])
def test_each_patch_sees_the_cells_of_the_published_receptive_field(
    d_layers: int, cells: int
) -> None:
    net = Discriminator(NetConfig(width=1 / 64, d_layers=d_layers))
    # Instance norms see the whole map; without them the convolutions' own field is left.
    net.layers = torch.nn.Sequential(
        *(layer for layer in net.layers if not isinstance(layer, torch.nn.InstanceNorm2d))
    )
    for weight in net.parameters():
        torch.nn.init.constant_(weight, 0.1)
    representation = torch.rand(1, 2, 160, 160, requires_grad=True)
    logits = net(representation)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    rows = representation.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == cells


@pytest.mark.parametrize(("d_layers", "crop_px"), [(3, 96), (2, 48)])
def test_the_smallest_crop_works_and_one_cell_less_is_refused(d_layers: int, crop_px: int) -> None:
    net = Discriminator(NetConfig(width=WIDTH, d_layers=d_layers))
    smallest = crop_px // 4
    assert net(torch.rand(1, 4, smallest, smallest)).isfinite().all()
    with pytest.raises(ConfigError, match=f"needs {crop_px} px: raise the crop or lower d_layers"):
        net(torch.rand(1, 4, smallest, smallest - 1))


def test_opinion_is_the_same_judgement() -> None:
    net, representation = Discriminator(NetConfig(width=WIDTH, d_layers=1)), torch.rand(1, 4, 8, 8)
    assert torch.equal(net.opinion(representation), net(representation))


def test_opinion_moves_the_representation_and_never_the_judge() -> None:
    net = Discriminator(NetConfig(width=WIDTH, d_layers=1))
    representation = torch.rand(1, 4, 8, 8, requires_grad=True)
    net.opinion(representation).sum().backward()
    assert representation.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in net.parameters())
    assert all(weight.requires_grad for weight in net.parameters())
