"""ERRNet (Wei et al. 2019): VGG features of the photo, attention blocks, a pyramid at full size.

The paper's [34], whose parts its own student borrows, and a row of its Table 1. What the authors'
code does and we decided about it:

- **R is not used**: photographed pairs take all terms. Their loss for unaligned pairs has no place
  here: every pair of a shard is aligned.
- **The output's ReLU can die**: at an eighth of the width training ended near black. ``output``
  "relu" is theirs, and what their weights want; "linear" trains narrow networks.
- **Batch 1 makes the average of their relativistic GAN the sample itself.** Averages here are over
  the photos that one process has.
- **The learning rate rises again at epoch 45**, as in their code.
- **The hypercolumn is fed without ImageNet's mean and spread, the loss with them.** So is ours.
- The pyramid keeps their geometry: whole cells, stretched to the map. Ours joins the features
  before the pooled cells, theirs after; the columns of published weights are put in our order.
- They resize photos at random to sides of 224 to 448 px before the crop; our shards hold windows of
  one scale, which is not changed.
"""

import math
from itertools import pairwise
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from trainer.methods.features import (
    CHANNELS,
    RELU1_1,
    RELU2_1,
    RELU3_1,
    RELU4_1,
    RELU5_1,
    Taps,
)
from trainer.methods.layers import convolution, leaky, padded, start_at_zero, start_default
from trainer.methods.measures import features, gradient, squared
from trainer.methods.method import (
    Adversary,
    Lesson,
    Method,
    Outputs,
    Published,
    Term,
    Terms,
    VggTaps,
)
from trainer.methods.pair import Pair
from trainer.methods.settings import JudgeConfig, MethodConfig, Table
from trainer.methods.weights import read_errnet
from trainer.nets.layers import ChannelAttentionBlock, PyramidPooling, conv_relu, upsample

LAYERS = (RELU1_1, RELU2_1, RELU3_1, RELU4_1, RELU5_1)
FEATURE_WEIGHTS = (1 / 2.6, 1 / 4.8, 1 / 3.7, 1 / 5.6, 10 / 1.5)
BLOCKS = 13
LEAST = 32
"""Side of the pyramid's largest cell, px."""


class ErrnetWeights(Table):
    """Weights of the terms, images on 0 to 1."""

    pixel: float = Field(0.2, ge=0)
    """MSE of T."""
    gradient: float = Field(0.4, ge=0)
    """L1 of T's differences along x and along y."""
    perceptual: float = Field(0.1, ge=0)
    """VGG's features of T."""
    adversarial: float = Field(0.01, ge=0)
    """Relativistic average GAN; 0 trains without a discriminator."""


class ErrnetConfig(MethodConfig):
    """The authors' recipe: 60 epochs at batch 1, the discriminator from epoch 20 on."""

    name: Literal["errnet"] = "errnet"
    """Of the method."""
    learning_rate: float = Field(1e-4, gt=0)
    """Adam's, at the start."""
    milestones: tuple[tuple[int, float], ...] = ((30, 0.5), (40, 0.1), (45, 0.5), (50, 0.1))
    """(epoch, factor): from that epoch on the rate is ``learning_rate`` times factor."""
    hypercolumn: bool = True
    """The network reads VGG's features beside the photo; without them, the photo alone."""
    output: Literal["relu", "linear"] = "relu"
    """What the last layer ends in."""
    judge: JudgeConfig = JudgeConfig(learning_rate=1e-4, start_epoch=20)
    weights: ErrnetWeights = ErrnetWeights()


class ErrnetNet(nn.Module):
    """Hypercolumn, thirteen blocks at half the size, pyramid pooling at full size."""

    def __init__(self, config: ErrnetConfig) -> None:
        super().__init__()
        channels = config.channels(256)
        inputs = 3
        self.taps: Taps | None = None
        if config.hypercolumn:
            inputs += sum(config.perceived(CHANNELS[layer]) for layer in LAYERS)
        first = nn.Sequential(convolution(inputs, channels, 1), nn.ReLU())
        self.down = nn.Sequential(
            first, conv_relu(channels, channels, 0), conv_relu(channels, channels, 0, stride=2)
        )
        self.blocks = nn.Sequential(
            *(ChannelAttentionBlock(channels, 8, 0.1, 0) for _ in range(BLOCKS))
        )
        self.up = nn.Sequential(upsample(channels, channels, 0), conv_relu(channels, channels, 0))
        self.pyramid = PyramidPooling(channels, config.channels(64), 0.2, stretch=True)
        self.last = convolution(channels, 3, 1)
        start_default(self)
        if config.hypercolumn:
            self.taps = Taps(LAYERS, width=config.vgg_width, normalised=False)
        self._residual = config.residual
        self._rectified = config.output == "relu"
        if config.residual:
            start_at_zero(self.last)

    def forward(self, photos: Tensor) -> dict[str, Tensor]:
        """Return "transmission" of (B, 3, H, W) in [0, 1]; any size, padded to 32 px."""
        height, width = photos.shape[-2:]
        images = padded(photos, 2, LEAST)
        maps = self.blocks(self.down(self._see(images)))
        picture = self.last(self.pyramid(self.up(maps)))
        if self._residual:
            picture = picture + images
        if self._rectified:
            picture = functional.relu(picture)
        return {"transmission": picture[..., :height, :width]}

    def _see(self, images: Tensor) -> Tensor:
        """Return the photo and, below it, VGG's features at its size."""
        if self.taps is None:
            return images
        with torch.no_grad():
            found = self.taps(images)
            size = images.shape[-2:]
            enlarged = [functional.interpolate(maps, size, mode="bilinear") for maps in found]
        return torch.cat((images, *enlarged), 1)


class ErrnetDiscriminator(nn.Module):
    """Ten convolutions with group norms and one logit a picture."""

    def __init__(self, config: ErrnetConfig) -> None:
        super().__init__()
        widths = [*map(config.channels, (64, 64, 128, 128, 256, 256, 512, 512, 512, 512))]
        layers: list[nn.Module] = [convolution(3, widths[0]), leaky()]
        for level, (inputs, outputs) in enumerate(pairwise(widths)):
            layers += [
                convolution(inputs, outputs, stride=1 + (level + 1) % 2),
                nn.GroupNorm(math.gcd(32, outputs), outputs),
                leaky(),
            ]
        hidden = config.channels(1024)
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(
            convolution(widths[-1], hidden, 1), leaky(), convolution(hidden, 1, 1)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=0)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, 1) logits of pictures on 0 to 1."""
        logits: Tensor = self.head(self.layers(pictures).mean((2, 3), keepdim=True))
        return logits.flatten(1)


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[ErrnetConfig]) -> Terms:
    """Return the terms but the adversarial one; without VGG the perceptual one is absent."""
    found, wanted, known = (
        outputs["transmission"].float(),
        pair.transmission,
        (pair.transmission_known),
    )
    terms = {
        "pixel": Term(squared(found, wanted), known),
        "gradient": Term(gradient(found, wanted), known),
    }
    if lesson.perceive is not None:
        with torch.no_grad():
            true = lesson.perceive(wanted)
        distance = features(lesson.perceive(found), true, FEATURE_WEIGHTS)
        terms["perceptual"] = Term(distance, known)
    return terms


def adversary(config: ErrnetConfig) -> Adversary:
    """Return the discriminator of T alone."""

    def show(outputs: Outputs, pair: Pair) -> tuple[Tensor, Tensor]:
        return outputs["transmission"].float(), pair.transmission

    return Adversary(ErrnetDiscriminator(config), show, fools, tells)


def fools(fake: Tensor, real: Tensor) -> Tensor:
    """Return the network's half of the relativistic average GAN.

    Half the binary cross entropies of (real - mean fake) against 0 and of (fake - mean real)
    against 1.
    """
    return _relative(fake, real)


def tells(fake: Tensor, real: Tensor) -> Tensor:
    """Return the discriminator's half, the mirror image of `fools`."""
    return _relative(real, fake)


def _relative(risen: Tensor, fallen: Tensor) -> Tensor:
    """Return what is lost where ``risen`` should lie above ``fallen``, logits (B, 1) both."""
    risen, fallen = risen.float(), fallen.float()
    above = functional.softplus(-(risen - fallen.mean()))
    under = functional.softplus(fallen - risen.mean())
    return ((above + under) / 2).flatten(1).mean(1)


def published_state(file: Any, config: ErrnetConfig) -> dict[str, Tensor]:
    """Return the network's weights from the authors' checkpoint."""
    with torch.device("meta"):
        net = ErrnetNet(config)
    return read_errnet(file, net)


METHOD = Method(
    name="errnet",
    title="ERRNet",
    settings=ErrnetConfig,
    network=ErrnetNet,
    losses=losses,
    adversary=adversary,
    taps=VggTaps(LAYERS),
    published=Published(
        origin="errnet_060_00463920.pt, github.com/Vandermode/ERRNet",
        licence="MIT",
        read=published_state,
    ),
    run={"flip_horizontal": True},
    small={
        "width": 0.125,
        "batch": 4,
        "crop": 64,
        "hypercolumn": False,
        "output": "linear",
        "residual": True,
        "steps": 300,
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 150,
        "weights": {"adversarial": 0.0},
    },
)
"""ERRNet as the loop takes it."""
