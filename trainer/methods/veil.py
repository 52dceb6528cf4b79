"""The smooth part of a reflection, seen from afar; ours, and no row of the paper's Table 1.

Most of what glass adds to a photo is smooth, and is told less by a place than by what stands around
it: no shadow is black there, nothing is sharp, colours are pale. So a photo is looked at small, as
some 25 x 33 cells whatever its size. A narrow network reads a few statistics of each cell, of its
surroundings and of the whole, and says what is to be added there, smoothly between cells.

What it adds is zero in the mean over the photo: it learns where reflections are and leaves the tone
to a rule, the black-level stretch, which narrow networks that learn the tone stay below.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from trainer.methods.layers import start_at_zero, start_bias
from trainer.methods.method import Lesson, Method, Outputs, Term, Terms
from trainer.methods.pair import Pair
from trainer.methods.settings import MethodConfig, Table

SIDE = 200
"""Shorter side of the photo that the network looks at, px; smaller ones are left as they are."""

CELL = 8
"""Pixels of it that a cell spans, a side."""

SAMPLED = 192
"""Side of the square of pixels whose dark ones tell the black level."""

TYPICAL = (*3 * [0.45], *3 * [0.33], *3 * [0.57], 0.06, 0.06, 0.17, 0.11)
SPREAD = (*3 * [0.22], *3 * [0.22], *3 * [0.24], 0.06, 0.06, 0.16, 0.1)
"""Mean and standard deviation of each statistic over photos, about."""

FAINT = 0.1
"""Factor on the network's last layer: a correction is a tenth of the range, not the range."""

SLOPE = 0.1
"""Of the activations below zero."""

NOISE_FLOOR = (3 / 255) ** 2
"""Squared error that is not worth taking off, as a share of 1: three levels."""


class VeilWeights(Table):
    """Weights of the terms."""

    structure: float = Field(1.0, ge=0)
    """Squared error after the best gain and offset of every channel, over the photo's own: 1 is
    nothing gained, however faint the reflection."""


class VeilConfig(MethodConfig):
    """The recipe."""

    name: Literal["veil"] = "veil"
    """Of the method."""
    steps: int = Field(400, ge=0)
    """Take this many steps; 0 counts epochs."""
    batch: int = Field(16, ge=1)
    """Samples a step, over all processes together."""
    crop: int = Field(160, ge=16)
    """Side of the random square crop, px: as much of the scene as there is."""
    learning_rate: float = Field(2e-3, gt=0)
    """Adam's."""
    schedule: Literal["milestones", "linear", "cosine"] = "cosine"
    """Of the learning rate."""
    warmup_steps: int = Field(100, ge=0)
    """Steps over which the rate rises from zero."""
    clip: float = Field(5.0, ge=0)
    """Largest gradient norm; 0 does not clip."""
    ema: float = Field(0.99, ge=0, lt=1)
    """Decay of a moving average of the weights, used instead of them; 0 is none."""
    blocks: int = Field(3, ge=1)
    """Residual blocks."""
    dropout: float = Field(0.2, ge=0, lt=1)
    """Share of the last features that a step goes without."""
    weights: VeilWeights = VeilWeights()


class Surroundings(nn.Module):
    """Residual block: a cell, the 7 x 7 around it and the whole -> what that changes in it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.read = nn.Conv2d(4 * channels, channels, 1)
        self.near = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="replicate")
        self.write = nn.Conv2d(channels, channels, 1)
        for layer in (self.read, self.near, self.write):
            nn.init.kaiming_normal_(layer.weight, a=SLOPE)
            start_bias(layer, 0.0)
        with torch.no_grad():
            self.write.weight *= FAINT

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the input's shape, (B, C, h, w)."""
        around = functional.avg_pool2d(
            functional.pad(features, (3, 3, 3, 3), mode="replicate"), 7, stride=1
        )
        mean = features.mean((2, 3), keepdim=True).expand_as(features)
        most = features.amax((2, 3), keepdim=True).expand_as(features)
        read = self.read(torch.cat((features, around, mean, most), 1))
        near = self.near(functional.leaky_relu(read, SLOPE))
        change: Tensor = self.write(functional.leaky_relu(near, SLOPE))
        return features + change


class VeilNet(nn.Module):
    """Photo -> cells -> what is to be added to each, enlarged."""

    typical: Tensor
    spread: Tensor

    def __init__(self, config: VeilConfig) -> None:
        super().__init__()
        channels = config.channels(24)
        self.register_buffer("typical", torch.tensor(TYPICAL)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None], persistent=False)
        self.first = nn.Conv2d(len(TYPICAL), channels, 3, padding=1, padding_mode="replicate")
        self.blocks = nn.Sequential(*(Surroundings(channels) for _ in range(config.blocks)))
        self.dropout = nn.Dropout2d(config.dropout)
        self.last = nn.Conv2d(channels, 3, 1)
        start_at_zero(self.last)

    def forward(self, photos: Tensor) -> dict[str, Tensor]:
        """Return "transmission" of photos (B, 3, H, W) in [0, 1] of any size."""
        seen = (cell_statistics(shrunk(photos)) - self.typical) / self.spread
        features = self.blocks(functional.leaky_relu(self.first(seen), SLOPE))
        change = FAINT * self.last(self.dropout(features))
        change = change - change.mean((2, 3), keepdim=True)
        changed = photos + functional.interpolate(change, photos.shape[-2:], mode="bilinear")
        black = black_level(changed)[:, None, None, None]
        return {"transmission": (changed - black) / (1 - black)}


def shrunk(photos: Tensor) -> Tensor:
    """Return photos at the size that they are looked at in, whole cells: float32 in [0, 1]."""
    height, width = photos.shape[-2:]
    shorter = torch.sym_min(height, width)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    wanted = torch.sym_min(shorter, SIDE)  # type: ignore[no-untyped-call]  # as above
    return _resized(photos, *(_cells(side * wanted // shorter) * CELL for side in (height, width)))


def black_level(photos: Tensor) -> Tensor:
    """Return half the veil on the darkest pixels of each photo, (B,).

    As `seqsynth.metrics.stretch_black_level` has it: half the 2nd percentile of min(R, G, B).
    """
    darkest = _resized(photos, SAMPLED, SAMPLED).amin(1).flatten(1)
    few = darkest.topk(round(0.02 * SAMPLED**2), largest=False).values
    return 0.5 * few.amax(1)


def cell_statistics(images: Tensor) -> Tensor:
    """Return what is known of each cell of (B, 3, H, W), (B, 13, h, w).

    Mean, least and largest value of each channel; of their mean the standard deviation, the mean
    difference between neighbours (along x plus along y) and the largest; the mean distance of the
    largest channel from the least.
    """
    grey = images.mean(1, keepdim=True)
    across = (grey[..., :, 1:] - grey[..., :, :-1]).abs()
    down = (grey[..., 1:, :] - grey[..., :-1, :]).abs()
    edges = functional.pad(across, (0, 1)), functional.pad(down, (0, 0, 0, 1))
    pale = images.amax(1, keepdim=True) - images.amin(1, keepdim=True)
    variance = _mean(grey.square()) - _mean(grey).square()
    return torch.cat(
        (
            _mean(images),
            -_largest(-images),
            _largest(images),
            variance.clamp(min=0).sqrt(),
            _mean(edges[0] + edges[1]),
            _largest(torch.maximum(*edges)),
            _mean(pale),
        ),
        1,
    )


def _cells(pixels: int) -> int:
    """Return the nearest whole number of cells, one at least."""
    cells = (pixels + CELL // 2) // CELL
    least: int = torch.sym_max(1, cells)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return least


def _resized(photos: Tensor, height: int, width: int) -> Tensor:
    """Return photos as float32 (B, 3, height, width) in [0, 1]."""
    size = (height, width)
    return functional.interpolate(photos.float(), size, mode="bilinear", antialias=True).clamp(0, 1)


def _mean(images: Tensor) -> Tensor:
    return functional.avg_pool2d(images, CELL)


def _largest(images: Tensor) -> Tensor:
    return functional.max_pool2d(images, CELL)


def structural_error(images: Tensor, truth: Tensor) -> Tensor:
    """Return the squared error after the best gain and offset of every channel, (B,).

    (B, C, H, W) both; 0 where an image is the truth in another tone, the truth's variance where it
    is flat.
    """
    found, wanted = (x.float() - x.float().mean((2, 3), keepdim=True) for x in (images, truth))
    shared = (found * wanted).mean((2, 3))
    variance, whole = found.square().mean((2, 3)), wanted.square().mean((2, 3))
    return (whole - shared.square() / variance.clamp(min=1e-6)).clamp(min=0).mean(1)


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[VeilConfig]) -> Terms:
    """Return the structural error over that of the photo as it is."""
    del lesson
    truth = pair.transmission
    error = structural_error(outputs["transmission"], truth) + NOISE_FLOOR
    return {
        "structure": Term(
            error / (structural_error(pair.blended, truth) + NOISE_FLOOR), pair.transmission_known
        )
    }


METHOD = Method(
    name="veil",
    title="Veil (ours)",
    settings=VeilConfig,
    network=VeilNet,
    losses=losses,
    run={"flip_horizontal": True, "flip_vertical": True},
    small={"validate_steps": 200},
)
"""The veil as the loop takes it."""
