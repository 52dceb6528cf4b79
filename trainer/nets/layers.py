"""The few layers every network is made of, each initialised at birth (Kaiming, zero bias)."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from seqsynth.errors import ConfigError, SourceError
from trainer.nets.config import STRIDE

FAINT = 0.1
"""Factor on the initial weights of layers that should say little at first."""


def activation(slope: float) -> nn.Module:
    """Return ReLU, or LeakyReLU where ``slope`` is not zero.

    In place: a convolution does not need its own output for the backward pass, and a map of 256
    channels at full resolution is what fills the memory.
    """
    return nn.LeakyReLU(slope, inplace=True) if slope else nn.ReLU(inplace=True)


def conv(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, slope: float = 0.0
) -> nn.Conv2d:
    """Return a linear convolution that keeps the size of its input (divided by ``stride``)."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=(kernel - 1) // 2)
    nn.init.kaiming_normal_(layer.weight, a=slope)
    _zero_bias(layer)
    return layer


def faint_conv(inputs: int, outputs: int, slope: float) -> nn.Conv2d:
    """Return a linear 3x3 convolution whose output starts at a tenth of its input's size.

    For colours and for what a residual block adds. At full size the first loss is all noise of
    these layers, and the first steps silence the features before them instead.
    """
    layer = conv(inputs, outputs, slope=slope)
    with torch.no_grad():
        layer.weight *= FAINT
    return layer


def zero_conv(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a linear 3x3 convolution whose output starts at exactly zero."""
    layer = conv(inputs, outputs)
    nn.init.zeros_(layer.weight)
    return layer


def conv_relu(inputs: int, outputs: int, slope: float, *, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution and its activation (paper 3.1.1: all are followed by one)."""
    return nn.Sequential(conv(inputs, outputs, stride=stride, slope=slope), activation(slope))


def conv_chain(widths: list[int], slope: float, *, last_relu: bool = True) -> nn.Sequential:
    """Return 3x3 convolutions from each width to the next, the last one linear on demand."""
    layers = [conv_relu(*pair, slope) for pair in pairwise(widths)]
    if not last_relu:
        layers[-1] = nn.Sequential(conv(widths[-2], widths[-1], slope=slope))
    return nn.Sequential(*layers)


def upsample(inputs: int, outputs: int, slope: float) -> nn.Sequential:
    """Return the paper's deconvolution: 4x4 kernels, twice the size, then the activation."""
    layer = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)
    # Each output pixel sees 2x2 of the 4x4 taps; torch's own fan counts all sixteen of the wrong
    # side and would shrink every activation.
    gain = nn.init.calculate_gain("leaky_relu", slope)
    nn.init.normal_(layer.weight, std=gain / math.sqrt(inputs * 4))
    _zero_bias(layer)
    return nn.Sequential(layer, activation(slope))


def _zero_bias(layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> None:
    """Set the bias of a layer that has one to zero."""
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


class ChannelAttention(nn.Module):
    """Weigh each channel by what all channels hold over the whole image (squeeze, excite)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        reduced = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, reduced)
        self.excite = nn.Linear(reduced, channels)
        for layer in (self.squeeze, self.excite):
            nn.init.kaiming_normal_(layer.weight)
            _zero_bias(layer)

    def forward(self, features: Tensor) -> Tensor:
        """Return the attention vector u, (B, C, 1, 1) in (0, 1)."""
        # The mean of a large map loses digits in bfloat16.
        mean = features.mean((2, 3), dtype=torch.float32)
        vector: Tensor = torch.sigmoid(self.excite(functional.relu(self.squeeze(mean))))
        return vector[:, :, None, None].to(features.dtype)


class ChannelAttentionBlock(nn.Module):
    """Residual channel-wise block: v + v' u (paper 3.2)."""

    def __init__(self, channels: int, reduction: int, res_scale: float, slope: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_relu(channels, channels, slope), faint_conv(channels, channels, slope)
        )
        self.attention = ChannelAttention(channels, reduction)
        self.res_scale = res_scale

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the input's shape."""
        change = self.body(features)
        attended: Tensor = change * self.attention(change)
        return features + self.res_scale * attended


class PyramidPooling(nn.Module):
    """Give each pixel the mean of its 4, 8, 16 and 32 cell (paper 3.1.3, [42]).

    ``stretch`` is ERRNet's geometry: whole cells only, stretched to the map, so that a pixel near
    the border reads a cell it does not lie in. Ours keeps partial cells and puts each mean back
    where it was taken.
    """

    KERNELS = (4, 8, 16, 32)

    def __init__(self, channels: int, reduced: int, slope: float, *, stretch: bool) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(self._reduction(channels, reduced, slope) for _ in self.KERNELS)
        joined = channels + len(self.KERNELS) * reduced
        self.merge = nn.Sequential(conv(joined, channels, kernel=1, slope=slope), activation(slope))
        self.stretch = stretch

    @staticmethod
    def _reduction(channels: int, reduced: int, slope: float) -> nn.Sequential:
        """Return the 1x1 convolution of one level; it has no bias, as in [34]."""
        layer = nn.Conv2d(channels, reduced, 1, bias=False)
        nn.init.kaiming_normal_(layer.weight, a=slope)
        return nn.Sequential(layer, activation(slope))

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the input's shape."""
        levels = [features]
        for kernel, reduce in zip(self.KERNELS, self.reduce, strict=True):
            levels.append(self._spread(reduce(self._pool(features, kernel)), features, kernel))
        merged: Tensor = self.merge(torch.cat(levels, 1))
        return merged

    def _pool(self, features: Tensor, kernel: int) -> Tensor:
        """Return the mean of each cell; a partial cell's mean is over what it holds."""
        if self.stretch:
            self._check(features)
            return functional.avg_pool2d(features, kernel)
        return functional.avg_pool2d(features, kernel, ceil_mode=True, count_include_pad=False)

    def _check(self, features: Tensor) -> None:
        """Refuse maps without a single whole cell."""
        height, width = (2 * side for side in features.shape[-2:])
        smallest = 2 * max(self.KERNELS)
        if min(height, width) < smallest:
            raise ConfigError(
                f"image of {width}x{height} px: pyramid = 'errnet' needs {smallest}x{smallest} px "
                "or more, pyramid = 'aligned' does not"
            )

    def _spread(self, cells: Tensor, features: Tensor, kernel: int) -> Tensor:
        """Return each cell's value at all its pixels."""
        height, width = features.shape[-2:]
        if self.stretch:
            return functional.interpolate(cells, size=(height, width))
        return functional.interpolate(cells, scale_factor=kernel)[..., :height, :width]


def pad_to_stride(images: Tensor) -> Tensor:
    """Mirror (N, C, H, W) images at the right and bottom to a whole number of cells.

    Raises
    ------
    SourceError
        The image is smaller than one cell.
    """
    height, width = images.shape[-2:]
    if min(height, width) < STRIDE:
        raise SourceError(
            f"image of {width}x{height} px: the networks need {STRIDE}x{STRIDE} px or more"
        )
    right, bottom = -width % STRIDE, -height % STRIDE
    # Zeros would draw a dark edge that the convolutions see.
    return functional.pad(images, (0, right, 0, bottom), mode="reflect")


def full_precision(tensor: Tensor) -> AbstractContextManager[None]:
    """Return a context without autocast on the tensor's device."""
    device = tensor.device.type
    # The meta device, on which networks are counted, has no autocast to switch off.
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def run(part: Callable[..., Tensor], *inputs: Tensor, recompute: bool) -> Tensor:
    """Call ``part``; with ``recompute`` its inner activations are computed again when needed."""
    if not (recompute and torch.is_grad_enabled()):
        return part(*inputs)
    output: Tensor = checkpoint(part, *inputs, use_reentrant=False, preserve_rng_state=False)
    return output
