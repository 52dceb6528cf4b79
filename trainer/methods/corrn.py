"""CoRRN (Wan et al. 2019): a VGG-16 encoder, a decoder of edges, and one of T that reads both.

A row of the paper's Table 1; retrained there on synthetic data it got worse. What the authors'
code does and we decided about it:

- **Their statistic loss is inert**: its gradient is a ten-thousandth of L1's. It is kept, at its
  weight, so that the loss is theirs.
- **In Python 3 their SSIM window is off its centre** (11 / 2 is 5.5): ours is centred on tap 5.
- **Shared deconvolutions run three times a step** on the same maps, and so move their running
  statistics three times. The three copies are equal: ours are made once, and the statistics move
  once.
- **The program that tests multiplies T by 1.1** and nothing says which net the published weights
  are of: ``gain``, 1 by default.
- **R is I - T**, by construction.
- **Weight decay** is an option of theirs that nothing reads: there is none here.
- The encoder begins with ImageNet's VGG-16-BN (``encoder`` "imagenet") though its inputs are only
  divided by 255, as there.
- Edges are Sobel's magnitude of grey T, the rim repeated, unscaled: up to 5.7, while the
  prediction ends in a sigmoid. The loss compares their structure, which knows no scale but
  the constant's.
- Photographed pairs know no R: the terms of R are left out for them.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from seqsynth.settings import FilePath
from trainer.methods.layers import convolution, deconvolution, padded, start_at_zero
from trainer.methods.measures import absolute, sobel, ssim, structure
from trainer.methods.method import Lesson, Method, Outputs, Published, Term, Terms
from trainer.methods.pair import Pair
from trainer.methods.settings import MethodConfig, Table
from trainer.methods.weights import read_corrn, read_vgg16

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of VGG-16's convolutions between two poolings."""

KERNELS = (0.5, 0.1, 0.05)
"""Inverse widths of the statistic loss's kernels."""

GREY = (0.299, 0.587, 0.114)


class CorrnWeights(Table):
    """Weights of the terms, images on 0 to 1."""

    ssim: float = Field(0.8, ge=0)
    """1 - SSIM of T."""
    pixel: float = Field(1.0, ge=0)
    """L1 of T."""
    statistics: float = Field(0.5, ge=0)
    """MMD between the gradients of the batch's T and true T."""
    reflection_ssim: float = Field(1.0, ge=0)
    """1 - SSIM of R."""
    reflection_statistics: float = Field(0.5, ge=0)
    """MMD between the gradients of R and true R."""
    edges: float = Field(1.0, ge=0)
    """1 - structure of the edges."""


class CorrnConfig(MethodConfig):
    """The authors' recipe: 81 epochs at batch 2, the rate halved at 18, 60 and 80."""

    name: Literal["corrn"] = "corrn"
    """Of the method."""
    epochs: int = Field(81, ge=1)
    """Passes over the mixture."""
    batch: int = Field(2, ge=1)
    """Photos a step, over all processes together."""
    crop: int = Field(96, ge=32)
    """Side of the random square crop, px; the authors take pictures of 128x96."""
    learning_rate: float = Field(1e-4, gt=0)
    """Adam's, at the start."""
    milestones: tuple[tuple[int, float], ...] = ((18, 0.5), (60, 0.25), (80, 0.125))
    """(epoch, factor): from that epoch on the rate is ``learning_rate`` times factor."""
    encoder: Literal["imagenet", "random"] = "imagenet"
    """What the encoder starts with."""
    encoder_weights: FilePath | None = None
    """VGG-16-BN's weights in torchvision's form (vgg16_bn-6c64b313.pth)."""
    gain: float = Field(1.0, gt=0)
    """Factor on T when photos are restored; the authors' program has 1.1."""
    weights: CorrnWeights = CorrnWeights()


def unit(kernel: int, inputs: int, outputs: int) -> nn.Sequential:
    """Return a convolution without bias, its norm and ReLU."""
    return nn.Sequential(
        convolution(inputs, outputs, kernel, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
        nn.ReLU(),
    )


def double(inputs: int, outputs: int) -> nn.Sequential:
    """Return a deconvolution to twice the size without bias, its norm and ReLU."""
    return nn.Sequential(
        deconvolution(inputs, outputs, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
        nn.ReLU(),
    )


def path(inputs: int, *steps: tuple[int, int]) -> nn.Sequential:
    """Return units one after the other: (kernel, channels) each."""
    widths = [inputs, *(width for _, width in steps)]
    return nn.Sequential(
        *(
            unit(kernel, before, after)
            for (kernel, _), (before, after) in zip(steps, pairwise(widths), strict=True)
        )
    )


class Extraction(nn.Module):
    """Paths of several kernels over the same maps, joined."""

    def __init__(self, paths: Sequence[nn.Sequential]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, maps: Tensor) -> Tensor:
        """Return all paths' maps."""
        return torch.cat([part(maps) for part in self.paths], 1)


class EdgeDecoder(nn.Module):
    """The way up that draws edges; its maps are read by the other one."""

    def __init__(self, config: CorrnConfig) -> None:
        super().__init__()
        c = config.channels
        self.entry = path(c(512), (7, c(1024)), (1, c(512)), (3, c(256)), (5, c(256)))
        # Channels come from the level below, the encoder's map beside it, and go to the next.
        levels = [(256, 512, 128), (128, 256, 64), (64, 128, 32)]
        self.ups = nn.ModuleList(
            nn.Sequential(unit(3, c(below) + c(beside), c(to)), double(c(to), c(to)))
            for below, beside, to in levels
        )
        self.last = nn.Sequential(
            double(c(32) + c(64), c(64)), convolution(c(64), 1, 5), nn.Sigmoid()
        )

    def forward(self, encoded: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
        """Return maps at 1/16, 1/8, 1/4 and 1/2 of the size, and the edges (B, 1, H, W)."""
        maps = [self.entry(encoded[3])]
        for up, beside in zip(self.ups, (encoded[3], encoded[2], encoded[1]), strict=True):
            maps.append(up(torch.cat((maps[-1], beside), 1)))
        edges: Tensor = self.last(torch.cat((maps[-1], encoded[0]), 1))
        return maps, edges


class ImageDecoder(nn.Module):
    """The way up that draws T."""

    def __init__(self, config: CorrnConfig) -> None:
        super().__init__()
        c = config.channels
        self.entry = unit(3, c(512), c(256))
        self.coarse = Extraction(
            [
                path(c(256), (1, c(96)), (7, c(192))),
                path(c(256), (3, c(192))),
                path(c(256), (1, c(256)), (3, c(256)), (3, c(192))),
            ]
        )
        joined = 3 * c(64) + c(128) + c(32)
        middle = 3 * c(128) + c(256) + c(64)
        self.fine = Extraction(
            [
                path(middle, (1, c(128)), (7, c(192))),
                path(middle, (1, c(128)), (3, c(192))),
                path(middle, (1, c(128)), (3, c(128))),
                path(middle, (1, c(128)), (3, c(128)), (3, c(128))),
            ]
        )
        self.ups = nn.ModuleList(
            double(inputs, outputs)
            for inputs, outputs in (
                (3 * c(192), c(256)),
                (3 * c(256) + c(512) + c(128), c(128)),
                (2 * c(192) + 2 * c(128), c(64)),
                (joined, c(32)),
                (3 * c(32) + c(64) + c(16), c(16)),
            )
        )
        self.enhance = nn.ModuleList(
            unit(7, c(inputs), c(outputs))
            for inputs, outputs in ((256, 128), (128, 64), (64, 32), (32, 16))
        )
        self.output = nn.Sequential(unit(3, 3 * c(16) + 1, c(16)), unit(3, c(16), 3))

    def forward(
        self, encoded: Sequence[Tensor], edge_maps: Sequence[Tensor], edges: Tensor
    ) -> Tensor:
        """Return the picture before what `CorrnNet` makes of it, (B, 3, H, W)."""
        maps = self.coarse(self.entry(encoded[4]))
        for level, up in enumerate(self.ups[:4]):
            copied = [up(maps)] * 3
            seen = self.enhance[level](edge_maps[level])
            maps = torch.cat((*copied, encoded[3 - level], seen), 1)
            if level == 1:
                maps = self.fine(maps)
        picture: Tensor = self.output(torch.cat((*[self.ups[4](maps)] * 3, edges), 1))
        return picture


class CorrnNet(nn.Module):
    """Encoder and both decoders."""

    def __init__(self, config: CorrnConfig) -> None:
        super().__init__()
        widths = [[config.channels(width) for width in stage] for stage in STAGES]
        before = [3, *(stage[-1] for stage in widths)]
        self.encoder = nn.ModuleList(
            _stage(inputs, stage) for inputs, stage in zip(before[:-1], widths, strict=True)
        )
        self.edges = EdgeDecoder(config)
        self.image = ImageDecoder(config)
        self._gain = config.gain
        if config.residual:
            # Norm and ReLU would keep the authors' output from ever taking light away.
            straight = convolution(config.channels(16), 3)
            start_at_zero(straight)
            self.image.output[1] = straight
        self._residual = config.residual

    def forward(self, photos: Tensor) -> dict[str, Tensor]:
        """Return "transmission", "reflection" and "edges" of (B, 3, H, W) in [0, 1]."""
        height, width = photos.shape[-2:]
        images = padded(photos, 32)
        encoded = [images]
        for stage in self.encoder:
            encoded.append(stage(encoded[-1]))
        edge_maps, edges = self.edges(encoded[1:])
        picture = self.image(encoded[1:], edge_maps, edges)
        if self._residual:
            picture = picture + images
        if not self.training:
            picture = self._gain * picture
        picture = picture[..., :height, :width]
        return {
            "transmission": picture,
            "reflection": photos - picture,
            "edges": edges[..., :height, :width],
        }


def true_edges(images: Tensor) -> Tensor:
    """Return Sobel's magnitude of grey (B, 3, H, W) on 0 to 1, (B, 1, H, W) on 0 to 5.7."""
    weights = images.new_tensor(GREY)[:, None, None]
    grey = (images * weights).sum(1, keepdim=True)
    rim = functional.pad(grey, (1, 1, 1, 1), mode="replicate")
    across, down = (one[..., 1:-1, 1:-1] for one in sobel(rim))
    return (across.square() + down.square()).sqrt()


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[CorrnConfig]) -> Terms:
    """Return the terms; photographed pairs take those of T and of the edges."""
    transmission, wanted = outputs["transmission"].float(), pair.transmission
    reflection, other = outputs["reflection"].float(), pair.reflection
    known, seen = pair.transmission_known, pair.reflection_known
    edges = structure(outputs["edges"].float(), true_edges(wanted))
    return {
        "ssim": Term(1 - ssim(transmission, wanted), known),
        "pixel": Term(absolute(transmission, wanted), known),
        "statistics": Term(statistic_distance(transmission, wanted, known), known),
        "reflection_ssim": Term(1 - ssim(reflection, other), seen),
        "reflection_statistics": Term(statistic_distance(reflection, other, seen), seen),
        "edges": Term(1 - edges, known),
    }


def statistic_distance(found: Tensor, wanted: Tensor, known: Tensor) -> Tensor:
    """Return the maximum mean discrepancy of two sets of gradients, the same for each sample.

    A sample is the softmax over the pixels of Sobel's differences, along x and, summed, along y.
    Samples whose truth is unknown belong to neither set.
    """
    weights = found.new_tensor(GREY)[:, None, None]
    total = found.new_zeros(())
    pairs = zip(
        *(sobel((one * weights).sum(1, keepdim=True)) for one in (found, wanted)), strict=True
    )
    for first, second in pairs:
        one, other = (maps.flatten(1).softmax(1) for maps in (first, second))
        total = total + _discrepancy(one, other, known.float())
    return total.expand(len(found))


def _discrepancy(first: Tensor, second: Tensor, known: Tensor) -> Tensor:
    """Return mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over the known rows."""
    both = known[:, None] * known[None, :]

    def mean(one: Tensor, other: Tensor) -> Tensor:
        squares = (one[:, None] - other[None, :]).square().sum(2)
        kernel = torch.stack([torch.exp(-width * squares) for width in KERNELS]).mean(0)
        return (kernel * both).sum() / both.sum().clamp(min=1)

    return mean(first, first) + mean(second, second) - 2 * mean(first, second)


def _stage(inputs: int, widths: Sequence[int]) -> nn.Sequential:
    """Return the convolutions, norms and ReLUs of VGG-16-BN up to a pooling."""
    layers: list[nn.Module] = []
    for before, after in pairwise([inputs, *widths]):
        layers += [convolution(before, after), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def begin(net: nn.Module, config: CorrnConfig) -> None:
    """Fill the encoder with ImageNet's weights, if it is to begin with them."""
    if config.encoder == "imagenet" and isinstance(net, CorrnNet):
        net.encoder.load_state_dict(read_vgg16(config.encoder_weights, net.encoder))


def published_state(file: Any, config: CorrnConfig) -> dict[str, Tensor]:
    """Return the network's weights from the authors' checkpoint."""
    with torch.device("meta"):
        net = CorrnNet(config)
    return read_corrn(file, net)


METHOD = Method(
    name="corrn",
    title="CoRRN",
    settings=CorrnConfig,
    network=CorrnNet,
    losses=losses,
    needs_reflection=True,
    start=begin,
    published=Published(
        origin="checkpoint_80.pth.tar, github.com/wanrenjie/CoRRN",
        licence="no licence file",
        read=published_state,
        settings={"encoder": "random"},
    ),
    run={"flip_horizontal": True, "flip_vertical": True},
    small={
        "width": 0.125,
        "batch": 4,
        "crop": 64,
        "encoder": "random",
        "residual": True,
        "steps": 300,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 150,
    },
)
"""CoRRN as the loop takes it."""
