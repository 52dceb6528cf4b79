"""The student: one photo -> its transmission, by hallucinating the teacher's knowledge (3.2)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainer.nets.config import PAPER, NetConfig
from trainer.nets.decoder import Decoder
from trainer.nets.encoder import Encoder
from trainer.nets.layers import ChannelAttentionBlock, conv, conv_relu, pad_to_stride, run


@dataclass(frozen=True, eq=False)
class StudentOutput:
    """What the student says of a batch of photos; h = ceil(H / 4).

    Attributes
    ----------
    transmission : (B, 3, H, W), the photo without its reflection, not clamped
    hallucinated : (B, 128, h, w), the representation f_s; None where the network predicts none
        (no hallucination module, and not being trained with knowledge transfer)
    """

    transmission: Tensor
    hallucinated: Tensor | None


class Hallucination(nn.Module):
    """Five 3x3 convolutions that predict from one view what the teacher knows from all."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        channels, slope = config.channels(256), config.leaky_slope
        inputs = (3, channels, channels, channels)
        # The strides of the encoder: f_s must have the size of f_t.
        layers = [
            conv_relu(count, channels, slope, stride=stride)
            for count, stride in zip(inputs, config.encoder_strides, strict=True)
        ]
        outputs = config.knowledge_channels
        last = conv_relu(channels, outputs, slope) if config.rep_relu else conv(channels, outputs)
        self.layers = nn.Sequential(*layers, last)

    def forward(self, images: Tensor) -> Tensor:
        """Turn (B, 3, H, W) in [0, 1] into f_s, (B, 128, H/4, W/4)."""
        hallucinated: Tensor = self.layers(images)
        return hallucinated


class ContextModule(nn.Module):
    """Ten residual channel-wise attention blocks; an optional 1x1 convolution narrows the input."""

    def __init__(self, config: NetConfig, inputs: int) -> None:
        super().__init__()
        wanted = config.context_channels
        self.channels = config.channels(wanted) if wanted else inputs
        self.narrow = (
            nn.Identity() if self.channels == inputs else conv(inputs, self.channels, kernel=1)
        )
        self.blocks = nn.Sequential(
            *(
                ChannelAttentionBlock(
                    self.channels, config.se_reduction, config.res_scale, config.leaky_slope
                )
                for _ in range(config.context_blocks)
            )
        )
        self.recompute = config.recompute

    def forward(self, features: Tensor) -> Tensor:
        """Turn (B, inputs, h, w) into (B, channels, h, w)."""
        context: Tensor = self.narrow(features)
        for start in range(0, len(self.blocks), 2):
            context = run(self.blocks[start : start + 2], context, recompute=self.recompute)
        return context


class StudentNet(nn.Module):
    """Hallucination module beside an encoder, then context module and decoder."""

    def __init__(self, config: NetConfig = PAPER) -> None:
        super().__init__()
        self.config = config
        encoded = config.encoder_channels if config.encoder else 0
        imagined = config.knowledge_channels if config.hallucination else 0
        self.hallucination = Hallucination(config) if config.hallucination else None
        self.encoder = Encoder(config) if config.encoder else None
        self.context = ContextModule(config, imagined + encoded)
        self.decoder = Decoder(config, self.context.channels)
        # Without the module the transfer loss still needs something of f_t's shape (Table 2).
        taught = config.kt and not config.hallucination
        self.transfer_head = conv(encoded, config.knowledge_channels, kernel=1) if taught else None

    def forward(self, blended: Tensor) -> StudentOutput:
        """Remove the reflection of each photo.

        Parameters
        ----------
        blended : float (B, 3, H, W) in [0, 1]; any H, W from 4 px

        Raises
        ------
        SourceError
            The photos are too small.
        """
        height, width = blended.shape[-2:]
        images = pad_to_stride(blended)
        hallucinated = self._see(self.hallucination, images)
        encoded = self._see(self.encoder, images)
        seen = [features for features in (hallucinated, encoded) if features is not None]
        transmission: Tensor = self.decoder(self.context(torch.cat(seen, 1)))[..., :height, :width]
        if self.config.residual:
            transmission = transmission + blended
        if self.transfer_head is not None and self.training:
            hallucinated = self.transfer_head(encoded)
        return StudentOutput(transmission, hallucinated)

    def _see(self, part: nn.Module | None, images: Tensor) -> Tensor | None:
        """Run one of the two modules that look at the photo, if it is there."""
        return None if part is None else run(part, images, recompute=self.config.recompute)
