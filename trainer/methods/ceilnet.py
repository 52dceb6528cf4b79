"""CEILNet (Fan et al. 2017): one network draws the edges of T, a second one T from I and them.

The paper's [5] and a row of its Table 1. Units are those of the authors, levels on 0 to 255: 0.2
MSE to 0.4 L1 is another balance there than on 0 to 1.

What the authors' code does and we decided about it:

- **Their block adds F(x), x after ReLU *in place*, and x**, which by then is rectified too: the
  forward pass is F(x) + 2 max(x, 0). ``skip`` "double" does that, "plain" adds x once. Torch7's
  gradient does not match its forward pass; ours is the true one.
- **They train and test by the photo's own statistics** (batch 1, training mode): the norms here
  are instance norms with gain and offset and without running statistics.
- Both networks **learn apart** in the first phase, the second one fed with the true edges. One
  step trains both: their weights are disjoint, and Adam looks at each weight alone.
- **Weight decay** is set in their code and ignored by its Adam: there is none here.
- Odd sides come out even: the photo is padded and the picture cropped.
"""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from trainer.methods.layers import (
    convolution,
    deconvolution,
    own_norm,
    padded,
    start_at_zero,
)
from trainer.methods.measures import below, gradient, right_of, squared
from trainer.methods.method import Lesson, Method, Outputs, Published, Term, Terms
from trainer.methods.pair import Pair
from trainer.methods.settings import MethodConfig, PhaseConfig, Table
from trainer.methods.weights import read_torch7

EDGE_SCALE = 50.0
"""Factor between the edge map and the first network's channel of it."""

SHIFT = 115.0
"""Subtracted from what both networks read, levels."""

APART, JOINT = "apart", "joint"


class CeilnetWeights(Table):
    """Weights of the terms, images in levels of 255."""

    edge: float = Field(1.0, ge=0)
    """MSE of the first network's output, 50 times the edge map; phase apart."""
    joint_edge: float = Field(0.4, ge=0)
    """MSE of the edge map; phase joint."""
    pixel: float = Field(0.2, ge=0)
    """MSE of T."""
    gradient: float = Field(0.4, ge=0)
    """L1 of T's differences along x and along y."""


class CeilnetConfig(MethodConfig):
    """The authors' recipe: the networks apart for 40 epochs, together for 500 steps."""

    name: Literal["ceilnet"] = "ceilnet"
    """Of the method."""
    epochs: int = Field(40, ge=1)
    """Passes over the mixture, networks apart."""
    learning_rate: float = Field(1e-2, gt=0)
    """Adam's, networks apart."""
    milestones: tuple[tuple[int, float], ...] = ((35, 0.1),)
    """(epoch, factor): from that epoch on the rate is ``learning_rate`` times factor."""
    joint: PhaseConfig = PhaseConfig(steps=500, learning_rate=1e-3)
    """The phase in which the second network reads the edges of the first."""
    skip: Literal["double", "plain"] = "double"
    """What a block adds to F(x): 2 max(x, 0), as the authors' code computes, or x."""
    weights: CeilnetWeights = CeilnetWeights()


class Block(nn.Module):
    """Two convolutions and a skip."""

    def __init__(self, channels: int, *, doubled: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolved(channels, channels), convolution(channels, channels), own_norm(channels)
        )
        self._doubled = doubled

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the input's shape."""
        change: Tensor = self.body(features)
        return change + (2 * features.relu() if self._doubled else features)


class Body(nn.Module):
    """Half the size, thirteen blocks, back: (B, 4, H, W) -> (B, outputs, H, W), sides even."""

    def __init__(self, config: CeilnetConfig, outputs: int) -> None:
        super().__init__()
        channels = config.channels(64)
        doubled = config.skip == "double"
        self.layers = nn.Sequential(
            *_convolved(4, channels),
            *_convolved(channels, channels),
            *_convolved(channels, channels, stride=2),
            *(Block(channels, doubled=doubled) for _ in range(13)),
            deconvolution(channels, channels),
            own_norm(channels),
            nn.ReLU(),
            *_convolved(channels, channels),
        )
        self.last = convolution(channels, outputs, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                _start_uniform(layer)

    def forward(self, images: Tensor) -> Tensor:
        """Return the picture, linear."""
        picture: Tensor = self.last(self.layers(images))
        return picture


class CeilnetNet(nn.Module):
    """Both networks: photo -> edges -> transmission."""

    def __init__(self, config: CeilnetConfig) -> None:
        super().__init__()
        self.edges = Body(config, 1)
        self.image = Body(config, 3)
        self._residual = config.residual
        if config.residual:
            start_at_zero(self.image.last)

    def forward(self, photos: Tensor, pair: Pair | None = None) -> dict[str, Tensor]:
        """Return "transmission" and "edges", the edge map in levels.

        Parameters
        ----------
        photos : (B, 3, H, W) in [0, 1]
        pair : where the second network is to read the true edges
        """
        height, width = photos.shape[-2:]
        levels = 255 * padded(photos, 2)
        edges = self.edges(torch.cat((levels, EDGE_SCALE * edge_map(levels)), 1) - SHIFT)
        edges = edges / EDGE_SCALE
        read = edges if pair is None else edge_map(255 * padded(pair.transmission, 2))
        picture = self.image(torch.cat((levels, read), 1) - SHIFT)
        if self._residual:
            picture = 255 * picture + levels
        return {
            "transmission": picture[..., :height, :width] / 255,
            "edges": edges[..., :height, :width],
        }


def edge_map(images: Tensor) -> Tensor:
    """Return the edges of (B, 3, H, W), (B, 1, H, W).

    The sum over channels of half of |backward| + |forward| difference along x and along y. At a
    border the missing one is 0, so that a rim has half an edge there.
    """
    across, down = right_of(images).abs(), below(images).abs()
    pad = nn.functional.pad
    total = pad(across, (1, 0)) + pad(across, (0, 1))
    total = total + pad(down, (0, 0, 1, 0)) + pad(down, (0, 0, 0, 1))
    return total.sum(1, keepdim=True) / 2


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[CeilnetConfig]) -> Terms:
    """Return the terms of a phase; R is not used, so that photographed pairs take all of them."""
    known = pair.transmission_known
    found, wanted = 255 * outputs["transmission"].float(), 255 * pair.transmission
    edges, true_edges = outputs["edges"].float(), edge_map(wanted)
    if lesson.phase == APART:
        name, edge = "edge", squared(EDGE_SCALE * edges, EDGE_SCALE * true_edges)
    else:
        name, edge = "joint_edge", squared(edges, true_edges)
    return {
        name: Term(edge, known),
        "pixel": Term(squared(found, wanted), known),
        "gradient": Term(gradient(found, wanted), known),
    }


def phases(config: CeilnetConfig) -> dict[str, PhaseConfig]:
    """Return both phases."""
    return {APART: config, JOINT: config.joint}


def _convolved(inputs: int, outputs: int, *, stride: int = 1) -> list[nn.Module]:
    """Return a 3x3 convolution, its norm and ReLU."""
    return [convolution(inputs, outputs, stride=stride), own_norm(outputs), nn.ReLU()]


@torch.no_grad()
def _start_uniform(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Fill weights from U(+-sqrt(12 / (k^2 (inputs + outputs)))), the bias with 0."""
    area = layer.kernel_size[0] * layer.kernel_size[1]
    bound = (12 / (area * (layer.in_channels + layer.out_channels))) ** 0.5
    nn.init.uniform_(layer.weight, -bound, bound)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def published_state(file: Any, config: CeilnetConfig) -> dict[str, Tensor]:
    """Return the network's weights from the authors' Torch7 graph.

    Its layers with weights, in the order of a walk through the graph: the first network's 31
    convolutions with their norms and its last convolution, then the second network's.
    """
    with torch.device("meta"):
        net = CeilnetNet(config)
    return read_torch7(file, net)


METHOD = Method(
    name="ceilnet",
    title="CEILNet",
    settings=CeilnetConfig,
    network=CeilnetNet,
    losses=losses,
    phases=phases,
    fed=frozenset({APART}),
    published=Published(
        origin="CEILNet_reflection.net, github.com/fqnchina/CEILNet",
        licence="research only, no licence file",
        read=published_state,
        file_format="Torch7",
    ),
    small={
        "width": 0.125,
        "batch": 8,
        "crop": 64,
        "residual": True,
        "steps": 300,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "joint": {"steps": 60, "learning_rate": 5e-4, "schedule": "cosine"},
        "validate_steps": 180,
    },
)
"""CEILNet as the loop takes it."""
