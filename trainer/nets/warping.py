"""Bilinear backward warping of features by a motion field (paper 3.1.2)."""

import torch
from torch import Tensor
from torch.nn import functional

from trainer.nets.layers import full_precision
from trainer.nets.views import neighbours_of


def warp(features: Tensor, field: Tensor) -> Tensor:
    """Return ``out(p) = features(p + field(p))``, by bilinear interpolation.

    Always in float32: a grid in bfloat16 is wrong by half a cell from 290 cells on.

    Parameters
    ----------
    features : (N, C, h, w); its border is repeated outside
    field : (N, 2, h, w), in cells; channel 0 points right, channel 1 down
    """
    height, width = features.shape[-2:]
    with full_precision(features):
        shift = field.float()
        columns = torch.arange(width, device=field.device) + shift[:, 0]
        rows = torch.arange(height, device=field.device)[:, None] + shift[:, 1]
        grid = torch.stack((_to_unit(columns, width), _to_unit(rows, height)), -1)
        return functional.grid_sample(
            features.float(), grid, padding_mode="border", align_corners=True
        )


def warp_neighbours(views: Tensor, fields: Tensor) -> Tensor:
    """Return (B, V - 1, C, h, w): each neighbour of (B, V, C, h, w) seen from the centre.

    ``fields`` (B, V - 1, 2, h, w) are M^{t,k}: where each cell of the centre t is found in view k.
    """
    warped = warp(neighbours_of(views).flatten(0, 1), fields.flatten(0, 1))
    return torch.unflatten(warped, 0, fields.shape[:2])


def _to_unit(position: Tensor, size: int) -> Tensor:
    """Map cell numbers 0 .. size - 1 to -1 .. 1, as grid_sample counts them."""
    return position * (2 / max(size - 1, 1)) - 1
