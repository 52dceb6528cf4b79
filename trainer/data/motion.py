"""True motion of the layers between views, and how far a predicted one is from it.

M^{t,k}, the motion from the centre t to view k, is in cells of 4 px, (dx, dy): what stands at cell
p of the centre stands at cell p + M(p) of view k. k runs over the neighbours in shooting order.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from seqsynth.motion import LayerMotion
from trainer.nets.config import STRIDE

BLOCK = 8
"""Cells a side whose mean motion stands for them where the best single motion is sought."""


def cell_motion(layer: LayerMotion) -> NDArray[np.float32]:
    """Return a layer's motion to every neighbour, float32 (V - 1, 2, h, w), in cells."""
    flow = layer.flow(STRIDE)
    neighbours = np.delete(flow, len(flow) // 2, axis=0)
    return np.ascontiguousarray(np.moveaxis(neighbours, -1, 1)) / np.float32(STRIDE)


def valid_cells(motion: Tensor) -> Tensor:
    """Say which cells of the centre are still in the frame of the other view.

    Parameters
    ----------
    motion : (B, P, 2, h, w), in cells

    Returns
    -------
    bool (B, P, h, w)
    """
    height, width = motion.shape[-2:]
    columns = torch.arange(width, device=motion.device) + motion[:, :, 0]
    rows = torch.arange(height, device=motion.device)[:, None] + motion[:, :, 1]
    return (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)


@dataclass(frozen=True)
class FlowErrors:
    """Mean end-point errors over valid cells, in pixels; NaN where nothing was known.

    ``predicted_px`` means something only below both others: ``zero_px`` is the error of no motion,
    ``constant_px`` that of the best single motion per pair.
    """

    predicted_px: float
    zero_px: float
    constant_px: float


@dataclass
class FlowTally:
    """Collects the errors of one layer's flow over many batches."""

    _errors: list[Tensor] = field(default_factory=list)
    _lengths: list[Tensor] = field(default_factory=list)
    _cells: list[Tensor] = field(default_factory=list)
    _motions: list[Tensor] = field(default_factory=list)

    def add(self, fields: Tensor, motion: Tensor, known: Tensor) -> None:
        """Add a batch: predicted and true (B, P, 2, h, w) in cells, known bool (B,)."""
        valid = valid_cells(motion) & known[:, None, None, None]
        # Lists of tensors, not numbers: reading one out would make a GPU wait.
        self._errors.append(((fields.float() - motion).norm(dim=2) * valid).sum())
        self._lengths.append((motion.norm(dim=2) * valid).sum())
        cells, motions = _blocks(motion, valid)
        self._cells.append(cells)
        self._motions.append(motions)

    def errors(self) -> FlowErrors:
        """Return the errors over all that was added."""
        if not self._motions:
            return FlowErrors(float("nan"), float("nan"), float("nan"))
        cells = torch.cat(self._cells).double().cpu()
        motion = torch.cat(self._motions).double().cpu()
        constant = torch.stack(
            [best_constant(motion[:, pair], cells[:, pair]) for pair in range(motion.shape[1])]
        )
        scale = STRIDE / cells.sum()
        return FlowErrors(
            predicted_px=float(torch.stack(self._errors).double().cpu().sum() * scale),
            zero_px=float(torch.stack(self._lengths).double().cpu().sum() * scale),
            constant_px=float(((motion - constant).norm(dim=2) * cells).sum() * scale),
        )


def _blocks(motion: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Return number (N, P) and mean motion (N, P, 2) of the valid cells of every block."""
    pairs, _, height, width = motion.shape[1:]
    pad = (0, -width % BLOCK, 0, -height % BLOCK)
    weights = functional.pad(valid.float(), pad)
    sums = functional.pad(motion * valid[:, :, None], pad).flatten(0, 1)
    cells = functional.avg_pool2d(weights, BLOCK) * BLOCK**2
    totals = functional.avg_pool2d(sums, BLOCK) * BLOCK**2
    means = totals.reshape(-1, pairs, *totals.shape[1:]) / cells[:, :, None].clamp(min=1)
    return (
        cells.permute(0, 2, 3, 1).reshape(-1, pairs),
        means.permute(0, 3, 4, 1, 2).reshape(-1, pairs, 2),
    )


def best_constant(motion: Tensor, weights: Tensor, rounds: int = 200) -> Tensor:
    """Return the point (2,) with the least weighted distance to (N, 2): Weiszfeld's iteration."""
    point = (motion * weights[:, None]).sum(0) / weights.sum().clamp(min=1)
    for _ in range(rounds):
        pull = weights / (motion - point).norm(dim=1).clamp(min=1e-9)
        point = (motion * pull[:, None]).sum(0) / pull.sum().clamp(min=1e-9)
    return point
