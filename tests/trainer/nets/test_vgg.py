"""VGG-19 has torchvision's numbers, names and sizes, and returns what it is asked for."""

import pytest
import torch
from torch.nn import functional

from trainer.nets.vgg import Vgg19Features
from trainer.training.perceptual import random_vgg19

CONVOLUTIONS = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32]
POOLINGS = [4, 9, 18, 27]
NARROW = 1 / 32


def test_convolutions_and_poolings_have_torchvision_s_numbers() -> None:
    layers = list(Vgg19Features(width=NARROW).features)
    kinds = [type(layer).__name__ for layer in layers]
    assert [i for i, kind in enumerate(kinds) if kind == "Conv2d"] == CONVOLUTIONS
    assert [i for i, kind in enumerate(kinds) if kind == "MaxPool2d"] == POOLINGS
    assert len(kinds) == 33


def test_channels_and_size_are_those_of_vgg19() -> None:
    with torch.device("meta"):
        net = Vgg19Features()
    assert sum(weight.numel() for weight in net.parameters()) / 1e6 == pytest.approx(
        17.66, abs=0.01
    )
    assert net(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, 512, 14, 14)


def test_state_has_torchvision_s_keys_alone() -> None:
    expected = {f"features.{i}.{part}" for i in CONVOLUTIONS for part in ("weight", "bias")}
    assert set(Vgg19Features(width=NARROW).state_dict()) == expected


def reference(state: dict[str, torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """conv5_3 before its ReLU, layer by layer, of images normalised as for ImageNet."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    signal = ((images.movedim(1, -1) - mean) / std).movedim(-1, 1)
    for layer in range(33):
        if layer in CONVOLUTIONS:
            weight, bias = state[f"features.{layer}.weight"], state[f"features.{layer}.bias"]
            signal = functional.conv2d(signal, weight, bias, padding=1)
        elif layer in POOLINGS:
            signal = functional.max_pool2d(signal, 2)
        else:
            signal = signal.clamp(min=0)
    return signal


def test_output_is_conv5_3_before_its_relu() -> None:
    net, images = random_vgg19(NARROW, 0), torch.rand(2, 3, 40, 32)
    expected = reference(net.state_dict(), images)
    assert expected.min() < 0
    assert torch.allclose(net(images), expected, atol=1e-5)


def test_layer_33_is_its_relu_and_leaves_32_alone() -> None:
    net = Vgg19Features(last=33, width=NARROW)
    images = torch.rand(1, 3, 32, 32)
    before = net.features[:33]((images - net.mean) / net.std)
    kept = before.clone()
    assert torch.equal(net(images), kept.clamp(min=0))
    assert torch.equal(net.features[33](before), kept.clamp(min=0))
    assert torch.equal(before, kept)
