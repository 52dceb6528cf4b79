"""What stands in for a removed part of the teacher in Table 2 (paper 5.3)."""

import torch
from torch import Tensor, nn

from trainer.nets.config import NetConfig
from trainer.nets.decouple import DecoupledViews, LayerFeatures
from trainer.nets.flow import FlowNet, Flows
from trainer.nets.fusion import aligned_neighbours
from trainer.nets.layers import conv, conv_relu
from trainer.nets.views import centre_of, pair_with_centre, side_by_side


class Undecoupled(nn.Module):
    """Instead of the decouple net: every view's features as they are."""

    def forward(self, features: Tensor) -> DecoupledViews:
        """Return (B, V, 256, h, w) as if it were one layer."""
        return DecoupledViews(LayerFeatures(features, None, None), None)


class WholeFlow(nn.Module):
    """Instead of a flow net per layer, when views are not decoupled: one for the whole view."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.net = FlowNet(config, 2 * config.encoder_channels, 2)

    def forward(self, layers: DecoupledViews) -> Flows:
        """Return the motion of the whole view."""
        field, features = self.net(pair_with_centre(layers.transmission.joined))
        return Flows(field, None, features)


class NoFlow(nn.Module):
    """Instead of the flow nets: no motion is known."""

    def forward(self, layers: DecoupledViews) -> None:
        """Return nothing."""


class Concatenation(nn.Module):
    """Instead of the fusion net: the centre and its aligned neighbours side by side."""

    def forward(self, layers: DecoupledViews, flows: Flows | None) -> Tensor:
        """Return (B, V x 128, h, w)."""
        centre = centre_of(layers.transmission.semantic)
        return torch.cat((centre, aligned_neighbours(layers, flows)), 1)


class ViewFusion(nn.Module):
    """Instead of the whole MKL module: one convolution over all views' features."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        inputs, channels = config.views * config.encoder_channels, config.channels(128)
        self.layer = (
            conv_relu(inputs, channels, config.leaky_slope)
            if config.rep_relu
            else conv(inputs, channels, slope=config.leaky_slope)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Turn (B, V, 256, h, w) into (B, 128, h, w)."""
        knowledge: Tensor = self.layer(side_by_side(features))
        return knowledge
