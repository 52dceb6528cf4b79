"""VGG-19's features at several layers, as inputs of a network and as what a loss compares."""

from typing import Literal

import torch
from torch import Tensor, nn

from trainer.nets.vgg import Vgg19Features

RELU1_1, RELU1_2, RELU2_1, RELU2_2 = 1, 3, 6, 8
RELU3_1, RELU3_2, RELU4_1, RELU4_2 = 11, 13, 20, 22
RELU5_1, RELU5_2 = 29, 31
"""Numbers in torchvision's list of VGG-19's layers."""

CHANNELS = {1: 64, 3: 64, 6: 128, 8: 128, 11: 256, 13: 256, 20: 512, 22: 512, 29: 512, 31: 512}
"""Channels of those layers."""


class Taps(nn.Module):
    """VGG-19 that returns what several of its layers see; frozen.

    Parameters
    ----------
    layers : torchvision's numbers, in rising order
    width : factor on the channels
    normalised : images are brought to ImageNet's mean and spread first, as the weights want it
    pooling : "max" as trained; "average" as Zhang et al. run it: 2x2, partial cells kept
    """

    def __init__(
        self,
        layers: tuple[int, ...],
        *,
        width: float = 1.0,
        normalised: bool = True,
        pooling: Literal["max", "average"] = "max",
    ) -> None:
        super().__init__()
        self.vgg = Vgg19Features(last=layers[-1], width=width)
        if pooling == "average":
            for number, layer in enumerate(self.vgg.features):
                if isinstance(layer, nn.MaxPool2d):
                    self.vgg.features[number] = nn.AvgPool2d(
                        2, ceil_mode=True, count_include_pad=False
                    )
        self._layers = layers
        self._normalised = normalised
        self.requires_grad_(requires_grad=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Turn images (B, 3, H, W), in [0, 1] where normalised, into one map a layer."""
        maps = (images - self.vgg.mean) / self.vgg.std if self._normalised else images
        found = []
        for number, layer in enumerate(self.vgg.features):
            maps = layer(maps)
            if number in self._layers:
                found.append(maps)
        return found


def upsampled_as_tensorflow_1(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Enlarge (B, C, h, w) bilinearly as TensorFlow 1 does: pixel p reads the map at p h / H.

    Without the shift by half a pixel of `torch.nn.functional.interpolate`, and with the last cell
    repeated.
    """
    for axis, length in zip((-2, -1), size, strict=True):
        cells = maps.shape[axis]
        place = torch.arange(length, device=maps.device, dtype=torch.float32) * (cells / length)
        low = place.long().clamp(max=cells - 1)
        high = (low + 1).clamp(max=cells - 1)
        share = (place - low).to(maps.dtype)
        share = share[:, None] if axis == -2 else share
        maps = maps.index_select(axis, low) * (1 - share) + maps.index_select(axis, high) * share
    return maps
