"""The multi-view knowledge learning (MKL) module, the paper's figure 3."""

from dataclasses import dataclass

from torch import Tensor, nn

from trainer.nets.ablations import Concatenation, NoFlow, Undecoupled, ViewFusion, WholeFlow
from trainer.nets.config import NetConfig
from trainer.nets.decouple import DecoupledViews, DecoupleNet
from trainer.nets.flow import Flows, JointFlow, LayerFlows
from trainer.nets.fusion import FusionNet


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What the views tell together.

    Attributes
    ----------
    representation : (B, 128, h, w), f_t
    layers, flows : what it was made from; None where the ablation removed it
    """

    representation: Tensor
    layers: DecoupledViews | None
    flows: Flows | None


class MultiViewKnowledge(nn.Module):
    """Decouple each view's layers, find their motion, fuse both (figure 3)."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.decouple = DecoupleNet(config) if config.decouple else Undecoupled()
        self.flow = _flow(config)
        self.fusion = _fusion(config)

    def forward(self, features: Tensor) -> Knowledge:
        """Turn the encoder's features (B, V, 256, h, w) into knowledge."""
        layers = self.decouple(features)
        flows = self.flow(layers)
        knowledge = self.fusion(layers, flows)
        return Knowledge(knowledge, layers, flows)


class FusedViews(nn.Module):
    """The teacher's middle without the MKL module (Table 2, "w/o MKL")."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.fusion = ViewFusion(config)

    def forward(self, features: Tensor) -> Knowledge:
        """Turn the encoder's features (B, V, 256, h, w) into a representation."""
        return Knowledge(self.fusion(features), None, None)


def _flow(config: NetConfig) -> nn.Module:
    """Return the flow nets that ``config`` asks for."""
    if not config.use_flow:
        return NoFlow()
    if not config.decouple:
        return WholeFlow(config)
    return LayerFlows(config) if config.flow == "per_layer" else JointFlow(config)


def _fusion(config: NetConfig) -> nn.Module:
    """Return the fusion that ``config`` asks for."""
    if not config.fusion:
        return Concatenation()
    nets = 2 if config.decouple and config.flow == "per_layer" else 1
    pairs = config.views - 1
    return FusionNet(config, nets * pairs * config.channels(128) if config.use_flow else 0)
