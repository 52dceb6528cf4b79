"""The fusion net: flow features, the centre and its aligned neighbours -> knowledge (3.1.2)."""

import torch
from torch import Tensor, nn

from trainer.nets.config import NetConfig
from trainer.nets.decouple import DecoupledViews
from trainer.nets.flow import Flows
from trainer.nets.layers import conv_chain
from trainer.nets.views import centre_of, neighbours_of, side_by_side
from trainer.nets.warping import warp_neighbours


class FusionNet(nn.Module):
    """Fuse reflection dynamics with the centre, then with the neighbours aligned to it.

    The paper's 640 and 384 are the widths that come in (with three views), and in the literal
    reading also the first layers' kernels; so they follow the number of views.
    """

    def __init__(self, config: NetConfig, flow_channels: int) -> None:
        super().__init__()
        channels, slope = config.channels(128), config.leaky_slope
        layer = config.layer_channels
        seen = flow_channels + layer
        aligned = channels + (config.views - 1) * layer
        literal = config.numbers == "literal"
        dynamics = [seen, seen if literal else channels, channels, channels]
        merge = [aligned, aligned, channels, channels] if literal else [aligned, channels, channels]
        self.dynamics = conv_chain(dynamics, slope)
        self.merge = conv_chain(merge, slope, last_relu=config.rep_relu)

    def forward(self, layers: DecoupledViews, flows: Flows | None) -> Tensor:
        """Return the distilled representation f_t, (B, 128, h, w)."""
        centre = centre_of(layers.transmission.semantic)
        moving = [] if flows is None else [flows.features]
        dynamics = self.dynamics(torch.cat([*moving, centre], 1))
        knowledge: Tensor = self.merge(torch.cat((dynamics, aligned_neighbours(layers, flows)), 1))
        return knowledge


def aligned_neighbours(layers: DecoupledViews, flows: Flows | None) -> Tensor:
    """Return the neighbours' transmission features seen from the centre, (B, (V - 1) C, h, w).

    Without flows they stay where they are.
    """
    views = layers.transmission.semantic
    if flows is None:
        return side_by_side(neighbours_of(views))
    return side_by_side(warp_neighbours(views, flows.transmission).to(views.dtype))
