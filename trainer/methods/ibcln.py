"""IBCLN (Li et al. 2020): two recurrent networks refine T and R in three rounds.

A row of the paper's Table 1. What the authors' code does and we decided about it:

- **True R is never used**, but the formula I^p = a T^p + R^p that made I is: the two terms of it
  need its gain and power. Shards of Zhang's, IBCLN's and the linear blend record both; CEILNet's
  sum of levels has a = p = 1. Photographed pairs, and blends of another formula, drop both terms.
- **Whether a sample is photographed** is told for each sample; their code takes the first sample's
  for the batch, so that a synthetic neighbour of a photographed pair enters black.
- **Dropout is off** when photos are restored. Their test leaves it on unless told otherwise.
- **The gain is exact**; theirs is rounded to a tenth before use.
- **They clip gradients once, before training**, which does nothing: there is no clipping here.
- **Half and quarter truths** are means of 2x2 and 4x4 pixels; theirs are resized to 128 and 64 px
  whatever the crop.
- **Start**: N(0, 0.02) suits the full width; at a quarter it was still at 13 dB after 120 steps.
  ``start`` "torch" takes torch's own. With that, and with ``residual``, R begins at what the first
  round takes for it: torch's own lets the ReLU of a colour of R die at birth, and the terms of the
  formula, ten times the pixels', then hold that colour of T to the photo's.
- Without VGG the perceptual terms are L1 of the pictures, which is all that holds the half and
  quarter outputs.
"""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from trainer.methods.features import RELU1_1, RELU2_1
from trainer.methods.layers import (
    PatchGan,
    convolution,
    deconvolution,
    padded,
    patches_fool,
    patches_tell,
    start_at_zero,
    start_bias,
    start_normal,
)
from trainer.methods.measures import absolute, features, squared
from trainer.methods.method import (
    Adversary,
    Lesson,
    Method,
    Outputs,
    Perceive,
    Published,
    Term,
    Terms,
    VggTaps,
)
from trainer.methods.pair import Pair
from trainer.methods.settings import JudgeConfig, MethodConfig, Table
from trainer.methods.weights import read_ibcln

LAYERS = (RELU1_1, RELU2_1)
FEATURE_WEIGHTS = (1 / 2.6, 1 / 4.8)
SCALES = (("transmission", 1, 1.0), ("half", 2, 0.8), ("quarter", 4, 0.6))
"""Outputs that the perceptual term compares: name, size below the photo's, weight."""

FAINT_REFLECTION = 0.1
"""What the first round takes for R."""


class IbclnWeights(Table):
    """Weights of the terms, images on 0 to 1."""

    pixel: float = Field(1.0, ge=0)
    """MSE of T, summed over the rounds."""
    synthesis: float = Field(10.0, ge=0)
    """MSE of I^p against what T and R of a round make, summed."""
    reflection_synthesis: float = Field(10.0, ge=0)
    """The same with the true T."""
    perceptual: float = Field(1.0, ge=0)
    """VGG's features of T at full, half and quarter size."""
    adversarial: float = Field(0.01, ge=0)
    """LSGAN of T; 0 trains without a discriminator."""


class IbclnConfig(MethodConfig):
    """The authors' recipe: 80 epochs at batch 2 and a constant rate."""

    name: Literal["ibcln"] = "ibcln"
    """Of the method."""
    epochs: int = Field(80, ge=1)
    """Passes over the mixture."""
    batch: int = Field(2, ge=1)
    """Photos a step, over all processes together."""
    crop: int = Field(224, ge=16)
    """Side of the random square crop, px; the authors resize to 256."""
    betas: tuple[float, float] = (0.5, 0.999)
    """Adam's."""
    rounds: int = Field(3, ge=1)
    """Times both networks look."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Share of channels' values dropped in training."""
    start: Literal["normal", "torch"] = "normal"
    """Initial weights: N(0, 0.02), or torch's own, which narrow networks need, and a faint R."""
    judge: JudgeConfig = JudgeConfig()
    weights: IbclnWeights = IbclnWeights()


class Cell(nn.Module):
    """A convolutional LSTM."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gates = nn.ModuleList(convolution(2 * channels, channels) for _ in range(4))

    def forward(self, seen: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the new (h, c)."""
        hidden, memory = state
        both = torch.cat((seen, hidden), 1)
        allow, forget, change, tell = (gate(both) for gate in self.gates)
        memory = forget.sigmoid() * memory + allow.sigmoid() * change.tanh()
        return tell.sigmoid() * memory.tanh(), memory


class Up(nn.Module):
    """Twice the size: deconvolution, then means of 2x2 with the left and upper rim mirrored."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = deconvolution(inputs, outputs)

    def forward(self, maps: Tensor) -> Tensor:
        """Return rectified maps."""
        mirrored = functional.pad(self.layer(maps), (1, 0, 1, 0), mode="reflect")
        return functional.avg_pool2d(mirrored, 2, stride=1).relu()


class Generator(nn.Module):
    """One of the two networks: [I, T, R] and a state in, a picture at three sizes out."""

    def __init__(self, config: IbclnConfig) -> None:
        super().__init__()
        fine, middle, coarse = map(config.channels, (64, 128, 256))
        self.first = _rectified(9, fine, 5)
        self.second = nn.Sequential(_rectified(fine, middle, stride=2), _rectified(middle, middle))
        self.third = nn.Sequential(
            _rectified(middle, coarse, stride=2),
            _rectified(coarse, coarse),
            _rectified(coarse, coarse),
            *(_rectified(coarse, coarse, dilation=dilation) for dilation in (2, 4, 8, 16)),
            _rectified(coarse, coarse),
        )
        self.cell = Cell(coarse)
        self.fourth = _rectified(coarse, coarse)
        self.picture_quarter = _rectified(coarse, 3)
        self.up_half = Up(coarse, middle)
        self.fifth = _rectified(middle, middle)
        self.dropout = nn.Dropout(config.dropout)
        self.picture_half = _rectified(middle, 3)
        self.up_full = Up(middle, fine)
        self.sixth = _rectified(fine, config.channels(32))
        self.last = convolution(config.channels(32), 3)

    def forward(
        self, pictures: Tensor, state: tuple[Tensor, Tensor] | None
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        """Return "full" (linear), "half" and "quarter", and the new state."""
        fine = self.first(pictures)
        middle = self.second(fine)
        coarse = self.third(middle)
        if state is None:
            state = (torch.zeros_like(coarse), torch.zeros_like(coarse))
        state = self.cell(coarse, state)
        maps = self.fourth(state[0])
        halved = self.dropout(self.fifth(self.up_half(maps) + middle))
        full = self.last(self.sixth(self.up_full(halved) + fine))
        return {
            "full": full,
            "half": self.picture_half(halved),
            "quarter": self.picture_quarter(maps),
        }, state


class IbclnNet(nn.Module):
    """Both networks, in turns."""

    def __init__(self, config: IbclnConfig) -> None:
        super().__init__()
        self.transmission = Generator(config)
        self.reflection = Generator(config)
        if config.start == "normal":
            start_normal(self)
        self._rounds = config.rounds
        self._residual = config.residual
        if config.residual:
            start_at_zero(self.transmission.last)
            start_at_zero(self.reflection.last)
        if config.residual or config.start == "torch":
            # R ends in ReLU: a colour that begins below zero everywhere never learns.
            start_bias(self.reflection.last, FAINT_REFLECTION)

    def forward(self, photos: Tensor) -> dict[str, Tensor]:
        """Return "transmission" and "reflection" of (B, 3, H, W) in [0, 1], and of each round.

        "transmission_1", "reflection_1" and so on are the rounds'; "half" and "quarter" the last
        round's T at those sizes, "reflection_half" and "reflection_quarter" R's.
        """
        height, width = photos.shape[-2:]
        images = padded(photos, 4)
        transmission, reflection = images, torch.full_like(images, FAINT_REFLECTION)
        states: list[tuple[Tensor, Tensor] | None] = [None, None]
        outputs: dict[str, Tensor] = {}
        for number in range(1, self._rounds + 1):
            seen = torch.cat((images, transmission, reflection), 1)
            ours, states[0] = self.transmission(seen, states[0])
            full = ours["full"] + images if self._residual else ours["full"]
            transmission = full if self._residual else full.relu()
            seen = torch.cat((images, transmission, reflection), 1)
            theirs, states[1] = self.reflection(seen, states[1])
            reflection = theirs["full"].relu()
            outputs |= {
                f"transmission_{number}": transmission[..., :height, :width],
                f"reflection_{number}": reflection[..., :height, :width],
            }
        return outputs | {
            "transmission": outputs[f"transmission_{self._rounds}"],
            "reflection": outputs[f"reflection_{self._rounds}"],
            "half": ours["half"],
            "quarter": ours["quarter"],
            "reflection_half": theirs["half"],
            "reflection_quarter": theirs["quarter"],
        }


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[IbclnConfig]) -> Terms:
    """Return the terms but the adversarial one; photographed pairs take those of T."""
    wanted, known = pair.transmission, pair.transmission_known
    power, gain = (one[:, None, None, None] for one in (pair.power, pair.gain))
    blended = pair.blended**power
    pixel, synthesis, reflection_synthesis = [], [], []
    for number in range(1, lesson.config.rounds + 1):
        transmission = outputs[f"transmission_{number}"].float()
        reflection = outputs[f"reflection_{number}"].float().clamp(min=0) ** power
        pixel.append(squared(transmission, wanted))
        made = gain * transmission.clamp(min=0) ** power + reflection
        synthesis.append(squared(made, blended))
        reflection_synthesis.append(squared(gain * wanted**power + reflection, blended))
    formula = pair.formula_known
    return {
        "pixel": Term(torch.stack(pixel).sum(0), known),
        "synthesis": Term(torch.stack(synthesis).sum(0), formula),
        "reflection_synthesis": Term(torch.stack(reflection_synthesis).sum(0), formula & known),
        "perceptual": Term(_perceptual(outputs, wanted, lesson.perceive), known),
    }


def _perceptual(outputs: Outputs, truth: Tensor, perceive: Perceive | None) -> Tensor:
    """Return the distance of the last round's T at all three sizes."""
    # Sides that the network padded: the small pictures are compared with the truth padded alike.
    truth = padded(truth, 4)
    total = truth.new_zeros(len(truth))
    for name, below, weight in SCALES:
        picture = outputs[name].float()
        picture = padded(picture, 4) if below == 1 else picture
        wanted = functional.avg_pool2d(truth, below) if below > 1 else truth
        if perceive is None:
            distance = absolute(picture, wanted)
        else:
            with torch.no_grad():
                true = perceive(wanted)
            distance = features(perceive(picture), true, FEATURE_WEIGHTS)
        total = total + weight * distance
    return total


def adversary(config: IbclnConfig) -> Adversary:
    """Return the discriminator of T alone."""

    def show(outputs: Outputs, pair: Pair) -> tuple[Tensor, Tensor]:
        return outputs["transmission"].float(), pair.transmission

    return Adversary(PatchGan(3, config.channels, "instance"), show, patches_fool, patches_tell)


def _rectified(
    inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    """Return a convolution and ReLU."""
    layer = convolution(inputs, outputs, kernel, stride=stride, dilation=dilation)
    return nn.Sequential(layer, nn.ReLU())


def published_state(file: Any, config: IbclnConfig) -> dict[str, Tensor]:
    """Return the networks' weights from the authors' two state dicts."""
    with torch.device("meta"):
        net = IbclnNet(config)
    return read_ibcln(file, net)


METHOD = Method(
    name="ibcln",
    title="IBCLN",
    settings=IbclnConfig,
    network=IbclnNet,
    losses=losses,
    adversary=adversary,
    taps=VggTaps(LAYERS, normalised=False),
    published=Published(
        origin="final_net_G_T.pth and final_net_G_R.pth, github.com/JHL-HUST/IBCLN",
        licence="BSD-2-Clause",
        read=published_state,
    ),
    small={
        "width": 0.125,
        "batch": 4,
        "crop": 64,
        "residual": True,
        "start": "torch",
        "steps": 200,
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 100,
        "weights": {"adversarial": 0.0},
    },
)
"""IBCLN as the loop takes it."""
