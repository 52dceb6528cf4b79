"""BDN (Yang et al. 2018): T, then R from it, then T from that, each by a U-Net.

A row of the paper's Table 1. The network is the authors'; **the recipe is ours**: they published
no training code. What we decided:

- **Start**: pix2pix', N(0, 0.02), gains N(1, 0.02), as their code does not hold it.
- **Two phases.** First the three networks apart, on true inputs, so that the chain has something
  to start from; then end to end, with a discriminator of T at 0.01, which is IBCLN's and ERRNet's
  weight. Where R is unknown the third network reads the second's, which it does not move.
- **R is the reflection as it appears in I**: the authors' data leave its scale open.
- **The norms use running statistics** when photos are restored, unlike CEILNet's.
- ``levels`` are 7, 5, 5, the published net's; the defaults of the authors' program are not.
- Photos of less than 128 px are padded to that: seven levels halve it to nothing else. So is an
  odd last row or column, whose picture would otherwise be a grey line.
"""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from trainer.methods.layers import (
    PatchGan,
    padded,
    patches_fool,
    patches_tell,
    start_at_zero,
    start_normal,
)
from trainer.methods.measures import squared
from trainer.methods.method import Adversary, Lesson, Method, Outputs, Published, Term, Terms
from trainer.methods.pair import Pair
from trainer.methods.settings import JudgeConfig, MethodConfig, PhaseConfig, Table
from trainer.methods.unet import Ascent, Descent
from trainer.methods.weights import read_bdn

WIDTHS = (64, 128, 256, 512, 512, 512, 512)

APART, CHAIN = "apart", "chain"


class BdnWeights(Table):
    """Weights of the terms, images on -1 to 1."""

    first: float = Field(1.0, ge=0)
    """MSE of the first T."""
    reflection: float = Field(1.0, ge=0)
    """MSE of R."""
    pixel: float = Field(1.0, ge=0)
    """MSE of the second T, which is the result."""
    adversarial: float = Field(0.01, ge=0)
    """LSGAN of the result, phase chain; 0 trains without a discriminator."""


class BdnConfig(MethodConfig):
    """Our recipe: 40 epochs apart, 40 as a chain."""

    name: Literal["bdn"] = "bdn"
    """Of the method."""
    epochs: int = Field(40, ge=1)
    """Passes over the mixture, networks apart."""
    batch: int = Field(4, ge=1)
    """Photos a step, over all processes together."""
    crop: int = Field(256, ge=16)
    """Side of the random square crop, px."""
    betas: tuple[float, float] = (0.5, 0.999)
    """Adam's."""
    chain: PhaseConfig = PhaseConfig(epochs=40)
    """The phase in which each network reads what the one before made."""
    levels: tuple[int, int, int] = (7, 5, 5)
    """Halvings of the three networks."""
    judge: JudgeConfig = JudgeConfig()
    weights: BdnWeights = BdnWeights()


class Unet(nn.Module):
    """One network of the chain: pictures on -1 to 1 in and out."""

    def __init__(self, config: BdnConfig, inputs: int, levels: int) -> None:
        super().__init__()
        widths = [config.channels(width) for width in WIDTHS[:levels]]
        self.down = Descent(inputs, widths, nn.BatchNorm2d)
        self.up = Ascent(widths, 3, nn.BatchNorm2d, order="up-first", pad="around")
        start_normal(self)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return a picture of the input's size, sides even."""
        picture: Tensor = torch.tanh(self.up(self.down(pictures)))
        return picture


class BdnNet(nn.Module):
    """The chain I -> T -> R -> T."""

    def __init__(self, config: BdnConfig) -> None:
        super().__init__()
        first, reflection, second = config.levels
        self.first = Unet(config, 3, first)
        self.reflection = Unet(config, 6, reflection)
        self.second = Unet(config, 6, second)
        self._least = 2 ** max(config.levels)
        self._residual = config.residual
        if config.residual:
            for net in (self.first, self.second):
                start_at_zero(net.up.last)

    def forward(self, photos: Tensor, pair: Pair | None = None) -> dict[str, Tensor]:
        """Return "first", "reflection" and "transmission" of (B, 3, H, W) in [0, 1].

        Parameters
        ----------
        pair : where each network is to read the truth instead of what the one before made
        """
        height, width = photos.shape[-2:]
        images = self._inside(photos)
        first = self._restored(self.first, images, images)
        read = first if pair is None else self._inside(pair.transmission)
        reflection = self.reflection(torch.cat((read, images), 1))
        read = reflection
        if pair is not None:
            known = pair.reflection_known[:, None, None, None]
            read = torch.where(known, self._inside(pair.reflection), reflection.detach())
        second = self._restored(self.second, torch.cat((read, images), 1), images)
        outside = {"first": first, "reflection": reflection, "transmission": second}
        return {name: (one[..., :height, :width] + 1) / 2 for name, one in outside.items()}

    def _inside(self, photos: Tensor) -> Tensor:
        """Return photos as the networks take them."""
        return 2 * padded(photos, 2, self._least) - 1

    def _restored(self, net: nn.Module, inputs: Tensor, images: Tensor) -> Tensor:
        """Return a transmission, over the photo where that is asked for."""
        picture: Tensor = net(inputs)
        return picture + images if self._residual else picture


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[BdnConfig]) -> Terms:
    """Return three squared errors on -1 to 1; photographed pairs take those of T alone."""
    known = pair.transmission_known
    # An interval of length 2 makes four times the squared error.
    return {
        "first": Term(4 * squared(outputs["first"], pair.transmission), known),
        "reflection": Term(
            4 * squared(outputs["reflection"], pair.reflection), pair.reflection_known
        ),
        "pixel": Term(4 * squared(outputs["transmission"], pair.transmission), known),
    }


def adversary(config: BdnConfig) -> Adversary:
    """Return the discriminator of the result, which plays once the chain is closed."""

    def show(outputs: Outputs, pair: Pair) -> tuple[Tensor, Tensor]:
        return 2 * outputs["transmission"].float() - 1, 2 * pair.transmission - 1

    net = PatchGan(3, config.channels, "instance")
    return Adversary(net, show, patches_fool, patches_tell, frozenset({CHAIN}))


def phases(config: BdnConfig) -> dict[str, PhaseConfig]:
    """Return both phases."""
    return {APART: config, CHAIN: config.chain}


def published_state(file: Any, config: BdnConfig) -> dict[str, Tensor]:
    """Return the network's weights from the authors' state dict."""
    with torch.device("meta"):
        net = BdnNet(config)
    return read_bdn(file, net, config.levels)


METHOD = Method(
    name="bdn",
    title="BDN",
    settings=BdnConfig,
    network=BdnNet,
    losses=losses,
    needs_reflection=True,
    phases=phases,
    fed=frozenset({APART}),
    adversary=adversary,
    published=Published(
        origin="model/model.pth, github.com/yangj1e/bdn-refremv",
        licence="MIT",
        read=published_state,
    ),
    run={"flip_horizontal": True},
    small={
        "width": 0.125,
        "batch": 4,
        "crop": 64,
        "levels": (5, 4, 4),
        "residual": True,
        "steps": 500,
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "chain": {"steps": 700, "learning_rate": 1e-3, "schedule": "cosine"},
        "validate_steps": 600,
        "weights": {"adversarial": 0.0},
    },
)
"""BDN as the loop takes it."""
