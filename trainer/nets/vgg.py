"""VGG-19's convolutions, with torchvision's names; frozen, they judge pictures or are read."""

import torch
from torch import Tensor, nn

CONV5_3 = 32
"""Index of conv5_3 in torchvision's numbering; its ReLU, 33, is not part of phi."""

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Channels and number of convolutions between two poolings (Simonyan and Zisserman, column E)."""

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet, RGB in [0, 1]: what the weights were trained with."""


class Vgg19Features(nn.Module):
    """Layers 0 to ``last`` of VGG-19, with torchvision's names: ``features.N.weight``.

    Parameters
    ----------
    last : the layer whose output is returned
    width : factor on every channel count; the public weights have 1
    """

    mean: Tensor
    std: Tensor

    def __init__(self, last: int = CONV5_3, width: float = 1.0) -> None:
        super().__init__()
        self.features = nn.Sequential(*_layers(width)[: last + 1])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return phi(x) of equation 5, layers 0 to ``last`` of VGG-19 on (x - MEAN) / STD.

        Parameters
        ----------
        images : x, (B, 3, H, W), RGB in [0, 1], 16 px or more a side

        Returns
        -------
        (B, 512, H / 16, W / 16) of conv5_3 at width 1, before its ReLU
        """
        features: Tensor = self.features((images - self.mean) / self.std)
        return features


def _layers(width: float) -> list[nn.Module]:
    """Return all convolutional layers of VGG-19 in torchvision's order.

    The ReLUs are not in place: one behind the last layer would overwrite what is returned.
    """
    layers: list[nn.Module] = []
    inputs = 3
    for channels, count in BLOCKS:
        outputs = max(1, round(channels * width))
        for _ in range(count):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return layers
