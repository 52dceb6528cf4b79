"""Run a student's full-resolution layers band by band: the same result in a third of the memory.

At full resolution a map of 256 channels fills 2 GB for a photo of two megapixels, and a convolution
holds two. Those layers see a few pixels only, so bands of rows with that much more on either side
give exactly the rows of the whole.
"""

from typing import TypeVar

import torch
from torch import Tensor, nn

from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet
from trainer.nets.config import STRIDE

ROWS = 32
"""Cells of a band: 128 rows of pixels where the photo comes in, 64 where it goes out."""

FRONT_HALO = 6
"""Cells of 4 px that five 3x3 convolutions see at most beyond their own, whatever their strides."""

BACK_HALO = 4
"""Rows at half the size that a deconvolution and three 3x3 convolutions see, and one more."""


class Banded(nn.Module):
    """A chain of layers run on bands of rows.

    Parameters
    ----------
    part : the layers; each output row depends on ``halo`` cells of input around its own at most
    rows_in, rows_out : rows of a cell in the input and in the output
    halo : cells read beyond either side of a band
    """

    def __init__(self, part: nn.Module, *, rows_in: int, rows_out: int, halo: int) -> None:
        super().__init__()
        self.part = part
        self.rows_in, self.rows_out, self.halo = rows_in, rows_out, halo

    def forward(self, maps: Tensor) -> Tensor:
        """Return what the layers make of (N, C, H, W), H a whole number of cells."""
        cells = maps.shape[2] // self.rows_in
        bands = []
        for start in range(0, cells, ROWS):
            stop = min(cells, start + ROWS)
            top, bottom = max(0, start - self.halo), min(cells, stop + self.halo)
            band = self.part(maps[:, :, top * self.rows_in : bottom * self.rows_in])
            kept = slice((start - top) * self.rows_out, (stop - top) * self.rows_out)
            bands.append(band[:, :, kept])
        return torch.cat(bands, 2)


Restoring = TypeVar("Restoring", StudentNet, MethodNet, StudentNet | MethodNet)


def run_in_bands(student: Restoring) -> Restoring:
    """Make a student use bands from now on; its weights stay, the names of its parts change.

    Another method's network is left as it is.
    """
    if isinstance(student, MethodNet):
        return student
    for part in (student.hallucination, student.encoder):
        if part is not None:
            layers = _flat(part.layers)
            part.layers = nn.Sequential(Banded(layers, rows_in=STRIDE, rows_out=1, halo=FRONT_HALO))
    decoder = student.decoder
    fine = _flat(decoder.fine, decoder.colours)
    decoder.fine = nn.Sequential(Banded(fine, rows_in=1, rows_out=2, halo=BACK_HALO))
    decoder.colours = nn.Sequential()  # type: ignore[assignment]  # passes its input on
    return student


def _flat(*parts: nn.Module) -> nn.Sequential:
    """Return nested chains as one, in which no map is held longer than the next layer needs it."""
    leaves = [one for part in parts for one in part.modules() if not list(one.children())]
    return nn.Sequential(*leaves)
