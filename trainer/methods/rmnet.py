"""RmNet (Wen et al. 2019, "Beyond Linearity"): one way down, three ways up: T, R and the mask W.

A row of the paper's Table 1. What the authors' code does and we decided about it:

- **Their data know the mask W of I = W R + (1 - W) T.** Ours add light, and no W in [0, 1]
  explains I > max(T, R). The term of W is left out and the recombination kept: its pull on T,
  50 (1 - W), and on R, 50 W, never exceeds the terms that hold them to the truth, so that the truth
  stays an optimum.
- **One model for each type of reflection** (focused, defocused, ghosting) is published. Ours is
  one for all that the shards hold.
- **Their gradient layer fails on a CPU**, and their option ``no_dropout`` turns dropout on: ours
  is Sobel's filter of the sum over R, G, B, without dropout.
- **Order and crop**: they read pairs of 512 px in the same order each epoch (their option is
  inverted), uncropped. Ours shuffles, crops and mirrors as every method's loop does.
- Photos of less than 64 px are padded to that: six levels halve it to one cell.
"""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from trainer.methods.layers import padded, start_at_zero, start_normal
from trainer.methods.measures import absolute, sobel
from trainer.methods.method import Lesson, Method, Outputs, Published, Term, Terms
from trainer.methods.pair import Pair
from trainer.methods.settings import MethodConfig, Table
from trainer.methods.unet import Ascent, Descent
from trainer.methods.weights import read_rmnet

WIDTHS = (64, 128, 256, 512, 512, 512)
LEAST = 64


class RmnetWeights(Table):
    """Weights of the terms, images on -1 to 1 and the mask on 0 to 1."""

    pixel: float = Field(100.0, ge=0)
    """L1 of T."""
    gradient: float = Field(50.0, ge=0)
    """L1 of T's Sobel differences, summed over the colours."""
    reflection: float = Field(50.0, ge=0)
    """L1 of R."""
    recombination: float = Field(50.0, ge=0)
    """L1 of T (1 - W) + R W against I."""


class RmnetConfig(MethodConfig):
    """The authors' recipe: 200 epochs, the rate falling from the hundredth on."""

    name: Literal["rmnet"] = "rmnet"
    """Of the method."""
    epochs: int = Field(200, ge=1)
    """Passes over the mixture; the published weights are of epoch 130."""
    schedule: Literal["milestones", "linear", "cosine"] = "linear"
    """The rate follows ``milestones``; or it is constant up to epoch ``linear_from`` and falls
    to zero from there in a straight line; or it falls to zero along a cosine."""
    linear_from: int = Field(100, ge=0)
    """The epoch at which schedule linear begins to fall."""
    batch: int = Field(5, ge=1)
    """Photos a step, over all processes together."""
    crop: int = Field(224, ge=64)
    """Side of the random square crop, px; the authors take pairs of 512."""
    betas: tuple[float, float] = (0.5, 0.999)
    """Adam's."""
    weights: RmnetWeights = RmnetWeights()


class RmnetNet(nn.Module):
    """Encoder and three decoders, without links between these."""

    def __init__(self, config: RmnetConfig) -> None:
        super().__init__()
        widths = [config.channels(width) for width in WIDTHS]
        self.down = Descent(3, widths, nn.InstanceNorm2d)
        self.transmission, self.reflection, self.mask = (
            Ascent(widths, 3, nn.InstanceNorm2d, order="skip-first", pad="before") for _ in range(3)
        )
        start_normal(self)
        self._residual = config.residual
        if config.residual:
            start_at_zero(self.transmission.last)

    def forward(self, photos: Tensor) -> dict[str, Tensor]:
        """Return "transmission", "reflection" and "mask" of (B, 3, H, W) in [0, 1]."""
        height, width = photos.shape[-2:]
        images = 2 * padded(photos, 2, LEAST) - 1
        maps = self.down(images)
        transmission = torch.tanh(self.transmission(maps))
        if self._residual:
            transmission = transmission + images
        outputs = {
            "transmission": (transmission + 1) / 2,
            "reflection": (torch.tanh(self.reflection(maps)) + 1) / 2,
            "mask": torch.sigmoid(self.mask(maps)),
        }
        return {name: one[..., :height, :width] for name, one in outputs.items()}


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[RmnetConfig]) -> Terms:
    """Return the terms; photographed pairs take those of T alone."""
    transmission, wanted = 2 * outputs["transmission"].float() - 1, 2 * pair.transmission - 1
    reflection, mask = 2 * outputs["reflection"].float() - 1, outputs["mask"].float()
    mixed = transmission * (1 - mask) + reflection * mask
    found, true = (sobel(image.sum(1, keepdim=True)) for image in (transmission, wanted))
    slope = absolute(found[0], true[0]) + absolute(found[1], true[1])
    return {
        "pixel": Term(absolute(transmission, wanted), pair.transmission_known),
        "gradient": Term(slope, pair.transmission_known),
        "reflection": Term(absolute(reflection, 2 * pair.reflection - 1), pair.reflection_known),
        "recombination": Term(absolute(mixed, 2 * pair.blended - 1), pair.reflection_known),
    }


def published_state(file: Any, config: RmnetConfig) -> dict[str, Tensor]:
    """Return the network's weights from the authors' state dict."""
    with torch.device("meta"):
        net = RmnetNet(config)
    return read_rmnet(file, net)


METHOD = Method(
    name="rmnet",
    title="RmNet",
    settings=RmnetConfig,
    network=RmnetNet,
    losses=losses,
    needs_reflection=True,
    published=Published(
        origin="focused/130_net_G.pth, github.com/csqiangwen/Single-Image-Reflection-Removal-"
        "Beyond-Linearity",
        licence="MIT",
        read=published_state,
    ),
    small={
        "width": 0.125,
        "batch": 8,
        "crop": 64,
        "residual": True,
        "steps": 600,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 300,
    },
)
"""RmNet as the loop takes it."""
