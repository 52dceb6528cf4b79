"""Layers of several methods: plain convolutions, their inits, padding to what a network divides."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Norm = Callable[[int], nn.Module]
"""Channels -> normalisation layer."""


def convolution(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    *,
    stride: int = 1,
    dilation: int = 1,
    bias: bool = True,
) -> nn.Conv2d:
    """Return a convolution that keeps the size (divided by ``stride``); even kernels pad by 1."""
    padding = dilation * (kernel - 1) // 2 if kernel % 2 else 1
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=bias)


def deconvolution(inputs: int, outputs: int, *, bias: bool = True) -> nn.ConvTranspose2d:
    """Return a transposed convolution to twice the size, 4x4."""
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)


def own_norm(channels: int) -> nn.InstanceNorm2d:
    """Return a norm by each picture's own statistics, with gain and offset."""
    return nn.InstanceNorm2d(channels, affine=True)


def leaky() -> nn.LeakyReLU:
    """Return LeakyReLU 0.2."""
    return nn.LeakyReLU(0.2)


@torch.no_grad()
def start_normal(net: nn.Module, spread: float = 0.02) -> None:
    """Fill weights from N(0, spread), gains from N(1, spread); biases and offsets become 0.

    What pix2pix and its heirs do.
    """
    for part in net.modules():
        weight = getattr(part, "weight", None)
        if not isinstance(weight, nn.Parameter):
            continue
        centre = 1.0 if weight.dim() == 1 else 0.0
        nn.init.normal_(weight, centre, spread)
        bias = getattr(part, "bias", None)
        if isinstance(bias, nn.Parameter):
            nn.init.zeros_(bias)


def start_default(net: nn.Module) -> None:
    """Give every layer torch's own initial weights."""
    for part in net.modules():
        reset = getattr(part, "reset_parameters", None)
        if callable(reset):
            reset()


@torch.no_grad()
def start_at_zero(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Make a layer return zero: a residual output starts as the photo."""
    layer.weight.zero_()
    if layer.bias is not None:
        layer.bias.zero_()


@torch.no_grad()
def start_bias(layer: nn.Conv2d, value: float) -> None:
    """Let a layer's outputs begin around ``value``."""
    if layer.bias is not None:
        layer.bias.fill_(value)


def padded(images: Tensor, multiple: int, least: int = 1) -> Tensor:
    """Repeat the right and bottom rim until both sides are multiples and ``least`` px or more.

    Zeros would draw an edge that the network sees; a mirror image needs a side as long as what is
    mirrored, which a small photo has not. Padding by nothing is no special case, so that an
    exported network takes every size.
    """
    height, width = images.shape[-2:]
    tall, wide = (_up(_larger(side, least), multiple) for side in (height, width))
    return functional.pad(images, (0, wide - width, 0, tall - height), mode="replicate")


def _larger(side: int, least: int) -> int:
    """Return the larger number, also of one that an export leaves open."""
    larger: int = torch.sym_max(side, least)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return larger


def _up(side: int, multiple: int) -> int:
    """Return the next multiple; without negative numbers, which ONNX divides another way."""
    return (side + multiple - 1) // multiple * multiple


class PatchGan(nn.Module):
    """pix2pix' discriminator of patches: pictures (B, C, H, W) -> logits, one a patch of 70 px.

    Parameters
    ----------
    inputs : channels judged
    channels : channel count of the authors -> ours
    norm : "instance", without gain; "batch", by the current statistics, with gain, which needs no
        bias in the convolutions before it
    """

    def __init__(
        self, inputs: int, channels: Callable[[int], int], norm: Literal["instance", "batch"]
    ) -> None:
        super().__init__()
        has_bias = norm == "instance"
        widths = [inputs, *map(channels, (64, 128, 256, 512))]
        layers: list[nn.Module] = []
        for level in range(4):
            stride = 2 if level < 3 else 1
            layers.append(
                convolution(widths[level], widths[level + 1], 4, stride=stride, bias=has_bias)
            )
            if level and has_bias:
                layers.append(nn.InstanceNorm2d(widths[level + 1]))
            elif level:
                layers.append(nn.BatchNorm2d(widths[level + 1], track_running_stats=False))
            layers.append(leaky())
        self.layers = nn.Sequential(*layers, convolution(widths[-1], 1, 4, bias=has_bias))
        start_normal(self)

    def forward(self, pictures: Tensor) -> Tensor:
        """Judge pictures of 32 px or more a side."""
        logits: Tensor = self.layers(pictures)
        return logits


def patches_fool(fake: Tensor, _: Tensor) -> Tensor:
    """Return LSGAN's loss of the network for each sample: mean (D(x) - 1)^2."""
    return (fake.float() - 1).square().flatten(1).mean(1)


def patches_tell(fake: Tensor, real: Tensor) -> Tensor:
    """Return LSGAN's loss of the discriminator: half the mean of D(x)^2 and (D(y) - 1)^2."""
    wrong = fake.float().square().flatten(1).mean(1)
    return (wrong + (real.float() - 1).square().flatten(1).mean(1)) / 2
