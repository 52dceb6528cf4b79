"""The discriminator: tells distilled (real) from hallucinated (fake) representations (3.2)."""

from itertools import pairwise

from torch import Tensor, nn
from torch.func import functional_call

from seqsynth.errors import ConfigError
from trainer.nets.config import PAPER, STRIDE, NetConfig

SLOPE = 0.2


class Discriminator(nn.Module):
    """PatchGAN as in CycleGAN [43], over representations instead of images."""

    def __init__(self, config: NetConfig = PAPER) -> None:
        super().__init__()
        widths = [config.channels(64 * min(2**level, 8)) for level in range(config.d_layers + 1)]
        last_stride = [2] * (config.d_layers - 1) + [1]
        layers = [_convolution(config.knowledge_channels, widths[0], 2), _leaky()]
        for (inputs, outputs), stride in zip(pairwise(widths), last_stride, strict=True):
            layers += [_convolution(inputs, outputs, stride), nn.InstanceNorm2d(outputs), _leaky()]
        self.layers = nn.Sequential(*layers, _convolution(widths[-1], 1, 1))
        self.config = config

    def forward(self, representation: Tensor) -> Tensor:
        """Turn (B, 128, h, w) into one logit per patch, (B, 1, h', w'); real is 1, fake 0.

        Raises
        ------
        ConfigError
            The representation is too small: an instance norm over one cell says nothing.
        """
        self._check(min(representation.shape[-2:]))
        logits: Tensor = self.layers(representation)
        return logits

    def opinion(self, representation: Tensor) -> Tensor:
        """Judge as `forward` does, with gradients for the representation alone.

        The student's adversarial loss goes through here, so that it cannot move the discriminator.
        """
        fixed = {name: weight.detach() for name, weight in self.named_parameters()}
        logits: Tensor = functional_call(self, fixed, (representation,))
        return logits

    def _check(self, cells: int) -> None:
        """Refuse a representation that would shrink to a single cell under an instance norm."""
        smallest = 3 * 2**self.config.d_layers
        if cells < smallest:
            raise ConfigError(
                f"crop of {cells * STRIDE} px is too small for d_layers = {self.config.d_layers}, "
                f"which needs {smallest * STRIDE} px: raise the crop or lower d_layers"
            )


def _leaky() -> nn.Module:
    """Return the activation of [43]."""
    return nn.LeakyReLU(SLOPE, inplace=True)


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Conv2d:
    """Return a 4x4 convolution with one cell of padding."""
    layer = nn.Conv2d(inputs, outputs, 4, stride, padding=1)
    nn.init.kaiming_normal_(layer.weight, a=SLOPE)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
