"""The decoder of teacher and student: representation -> transmission (paper 3.1.3)."""

from torch import Tensor, nn

from trainer.nets.config import NetConfig
from trainer.nets.layers import (
    PyramidPooling,
    conv_chain,
    conv_relu,
    faint_conv,
    full_precision,
    run,
    upsample,
    zero_conv,
)


class Decoder(nn.Module):
    """Two up-sampling blocks, the first with pyramid pooling, then a linear layer to colours.

    The last layer has no ReLU: one would leave dead pixels, and values are clamped when saved.
    """

    def __init__(self, config: NetConfig, inputs: int) -> None:
        super().__init__()
        channels, slope = config.channels(256), config.leaky_slope
        stretch = config.pyramid == "errnet"
        self.coarse = nn.Sequential(
            upsample(inputs, channels, slope),
            conv_relu(channels, channels, slope),
            PyramidPooling(channels, config.channels(64), slope, stretch=stretch),
        )
        self.fine = nn.Sequential(
            upsample(channels, channels, slope), conv_chain([channels] * 3, slope)
        )
        self.colours = zero_conv(channels, 3) if config.residual else faint_conv(channels, 3, slope)
        self.recompute = config.recompute

    def forward(self, features: Tensor) -> Tensor:
        """Turn (B, C, h, w) into an image (B, 3, 4h, 4w), not clamped."""
        half = run(self.coarse, features, recompute=self.recompute)
        fine = run(self.fine, half, recompute=self.recompute)
        with full_precision(fine):
            # In bfloat16 a picture would have no more than 256 levels from black to white.
            image: Tensor = self.colours(fine.float())
        return image
