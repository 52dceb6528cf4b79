"""True motion of the layers between views, and how far a predicted one is from it.

M^{t,k}, the motion from the centre t to view k, is in cells of 4 px, (dx, dy): what stands at cell
p of the centre stands at cell p + M of view k. k runs over the neighbours in shooting order.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainer.nets.config import STRIDE


def true_motion(origin_px: Tensor) -> Tensor:
    """Turn window origins into motion in cells.

    Parameters
    ----------
    origin_px : (B, V, 2), row and column of each view's window in its layer

    Returns
    -------
    float32 (B, V - 1, 2), (dx, dy)
    """
    origin = origin_px.float()
    centre = origin.shape[1] // 2
    neighbours = torch.cat((origin[:, :centre], origin[:, centre + 1 :]), 1)
    return (origin[:, centre : centre + 1] - neighbours).flip(2) / STRIDE


def flip_motion(motion: Tensor, *, horizontal: bool, vertical: bool) -> Tensor:
    """Return the motion (..., 2) of views that were mirrored left-right or upside down."""
    signs = (-1.0 if horizontal else 1.0, -1.0 if vertical else 1.0)
    return motion * torch.tensor(signs, device=motion.device)


def dense_motion(motion: Tensor, height: int, width: int) -> Tensor:
    """Spread (B, P, 2) over all cells: (B, P, 2, h, w)."""
    return motion[..., None, None].expand(*motion.shape, height, width)


def valid_cells(motion: Tensor, height: int, width: int) -> Tensor:
    """Say which cells of the centre are still in the frame of the other view.

    Parameters
    ----------
    motion : (B, P, 2), true motion in cells

    Returns
    -------
    bool (B, P, h, w)
    """
    columns = torch.arange(width, device=motion.device) + motion[..., 0, None]
    rows = torch.arange(height, device=motion.device) + motion[..., 1, None]
    seen_columns = (columns >= 0) & (columns <= width - 1)
    seen_rows = (rows >= 0) & (rows <= height - 1)
    return seen_rows[..., :, None] & seen_columns[..., None, :]


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
    _cells: list[Tensor] = field(default_factory=list)
    _motions: list[Tensor] = field(default_factory=list)

    def add(self, fields: Tensor, motion: Tensor, known: Tensor) -> None:
        """Add a batch: predicted (B, P, 2, h, w), true (B, P, 2) in cells, known bool (B,)."""
        height, width = fields.shape[-2:]
        valid = valid_cells(motion, height, width) & known[:, None, None, None]
        distance = (fields.float() - dense_motion(motion, height, width)).norm(dim=2)
        # Lists of tensors, not numbers: reading one out would make a GPU wait.
        self._errors.append((distance * valid).sum((2, 3)))
        self._cells.append(valid.sum((2, 3)))
        self._motions.append(motion)

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
            predicted_px=float(torch.cat(self._errors).double().cpu().sum() * scale),
            zero_px=float((motion.norm(dim=2) * cells).sum() * scale),
            constant_px=float(((motion - constant).norm(dim=2) * cells).sum() * scale),
        )


def best_constant(motion: Tensor, weights: Tensor, rounds: int = 200) -> Tensor:
    """Return the point (2,) with the least weighted distance to (N, 2): Weiszfeld's iteration."""
    point = (motion * weights[:, None]).sum(0) / weights.sum().clamp(min=1)
    for _ in range(rounds):
        pull = weights / (motion - point).norm(dim=1).clamp(min=1e-9)
        point = (motion * pull[:, None]).sum(0) / pull.sum().clamp(min=1e-9)
    return point
