"""The encoder of teacher and student (paper 3.1.1)."""

from torch import Tensor, nn

from trainer.nets.config import NetConfig
from trainer.nets.layers import conv_relu


class Encoder(nn.Module):
    """Four 3x3 convolutions of 256 kernels; no normalisation, which would shift colours."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        channels = config.encoder_channels
        inputs = (3, channels, channels, channels)
        self.layers = nn.Sequential(
            *(
                conv_relu(count, channels, config.leaky_slope, stride=stride)
                for count, stride in zip(inputs, config.encoder_strides, strict=True)
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        """Turn (N, 3, H, W) in [0, 1] into features (N, 256, H/4, W/4)."""
        features: Tensor = self.layers(images)
        return features
