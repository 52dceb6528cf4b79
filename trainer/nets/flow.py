"""The flow net: pairs of views -> how each layer moves between them (paper 3.1.2)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainer.nets.config import NetConfig
from trainer.nets.decouple import DecoupledViews
from trainer.nets.layers import conv_chain, full_precision, run, zero_conv
from trainer.nets.views import join_channels, pair_with_centre, side_by_side


@dataclass(frozen=True, eq=False)
class Flows:
    """The motion from the centre to each neighbour.

    Attributes
    ----------
    transmission : (B, V - 1, 2, h, w), M_T in cells of 4 px: channel 0 points right, 1 down
    reflection : likewise M_R; None when the views are not decoupled
    features : (B, C, h, w), the last features of every flow net and pair, side by side
    """

    transmission: Tensor
    reflection: Tensor | None
    features: Tensor


class FlowNet(nn.Module):
    """Five convolutions: 512, 128, 128, 128 kernels, and the motion field (zero at the start)."""

    def __init__(self, config: NetConfig, inputs: int, outputs: int) -> None:
        super().__init__()
        channels = config.channels(128)
        first = config.channels(512) if config.numbers == "literal" else channels
        self.layers = conv_chain([inputs, first, *[channels] * 3], config.leaky_slope)
        self.motion = zero_conv(channels, outputs)
        self.recompute = config.recompute

    def forward(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Turn pairs (B, P, C, h, w) into fields (B, P, 2, h, w) and features (B, 128P, h, w)."""
        features = run(self.layers, pairs.flatten(0, 1), recompute=self.recompute)
        batch_pairs = pairs.shape[:2]
        with full_precision(features):
            # In bfloat16 a motion of 20 px would come in steps of an eighth of a pixel.
            field: Tensor = self.motion(features.float())
        return (
            torch.unflatten(field, 0, batch_pairs),
            side_by_side(torch.unflatten(features, 0, batch_pairs)),
        )


class LayerFlows(nn.Module):
    """One flow net per layer, each used for every pair; its two channels are (dx, dy)."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        # Two views of Phi and Psi: 512 channels, the number the paper gives.
        inputs = 4 * config.channels(128)
        self.transmission = FlowNet(config, inputs, 2)
        shared = self.transmission if config.share_flow else FlowNet(config, inputs, 2)
        self.reflection = shared

    def forward(self, layers: DecoupledViews) -> Flows:
        """Return the motion of both layers."""
        if layers.reflection is None:
            raise TypeError("a flow net per layer needs decoupled views")
        field, features = self.transmission(pair_with_centre(layers.transmission.joined))
        other_field, other = self.reflection(pair_with_centre(layers.reflection.joined))
        return Flows(field, other_field, torch.cat((features, other), 1))


class JointFlow(nn.Module):
    """One flow net that sees both layers: four channels, or only the two horizontal ones."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.horizontal = config.flow == "horizontal"
        self.net = FlowNet(config, 8 * config.channels(128), 2 if self.horizontal else 4)

    def forward(self, layers: DecoupledViews) -> Flows:
        """Return the motion of both layers."""
        if layers.reflection is None:
            raise TypeError("a joint flow net needs decoupled views")
        both = join_channels(layers.transmission.joined, layers.reflection.joined)
        field, features = self.net(pair_with_centre(both))
        transmission, reflection = field.chunk(2, dim=2)
        if self.horizontal:
            still = torch.zeros_like(transmission)
            transmission = torch.cat((transmission, still), 2)
            reflection = torch.cat((reflection, still), 2)
        return Flows(transmission, reflection, features)
