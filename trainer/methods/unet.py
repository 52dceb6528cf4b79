"""pix2pix' U-Net, which BDN takes three times and RmNet once with three ways up."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.methods.layers import Norm, convolution, deconvolution, leaky

Order = Literal["up-first", "skip-first"]
"""In which order a level's two inputs are joined: the order of the published weights' columns."""


class Descent(nn.Module):
    """The way down: every level halves the map with a 4x4 convolution.

    The first level is a bare convolution, the others begin with LeakyReLU; all but first and last
    end in a norm.
    """

    def __init__(self, inputs: int, widths: Sequence[int], norm: Norm) -> None:
        super().__init__()
        levels = [nn.Sequential(convolution(inputs, widths[0], 4, stride=2))]
        for before, after in pairwise(widths):
            levels.append(nn.Sequential(leaky(), convolution(before, after, 4, stride=2)))
        for width, level in zip(widths[1:-1], levels[1:-1], strict=True):
            level.append(norm(width))
        self.levels = nn.ModuleList(levels)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the maps of all levels, the finest first."""
        maps = []
        for level in self.levels:
            images = level(images)
            maps.append(images)
        return maps


class Ascent(nn.Module):
    """The way up: ReLU, 4x4 deconvolution and norm a level; the last one makes the picture, linear.

    Parameters
    ----------
    widths : of the way down
    outputs : channels of the picture
    norm : of all levels but the last
    order : see `Order`
    pad : where a map of half an odd side is filled with zeros: "around", the larger part right and
        below, or "before", left and above
    """

    def __init__(
        self,
        widths: Sequence[int],
        outputs: int,
        norm: Norm,
        *,
        order: Order,
        pad: Literal["around", "before"],
    ) -> None:
        super().__init__()
        deepest = len(widths) - 1
        levels = []
        for depth in range(deepest, -1, -1):
            inputs = widths[depth] * (1 if depth == deepest else 2)
            after = widths[depth - 1] if depth else outputs
            level = nn.Sequential(nn.ReLU(), deconvolution(inputs, after))
            if depth:
                level.append(norm(after))
            levels.append(level)
        self.levels = nn.ModuleList(levels)
        self._order = order
        self._pad = pad

    @property
    def last(self) -> nn.ConvTranspose2d:
        """The layer that makes the picture."""
        level = self.levels[-1]
        if not (isinstance(level, nn.Sequential) and isinstance(level[1], nn.ConvTranspose2d)):
            raise TypeError("the last level of a way up is ReLU and deconvolution")
        return level[1]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Turn the maps of a way down into a picture of twice the finest map's size."""
        up: Tensor = self.levels[0](maps[-1])
        for level, skip in zip(self.levels[1:], reversed(maps[:-1]), strict=True):
            up = level(self._join(up, skip))
        return up

    def _join(self, up: Tensor, skip: Tensor) -> Tensor:
        """Pad the coarser map to the skip's size and put both in order."""
        rows, columns = (skip.shape[axis] - up.shape[axis] for axis in (-2, -1))
        left, top = (columns // 2, rows // 2) if self._pad == "around" else (columns, rows)
        up = functional.pad(up, (left, columns - left, top, rows - top))
        return torch.cat((up, skip) if self._order == "up-first" else (skip, up), 1)
