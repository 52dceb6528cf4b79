"""Local mean squared error (LMSE, Grosse et al. 2009): every window may be rescaled to fit."""

import numpy as np

from seqsynth.metrics.pictures import Floats
from seqsynth.metrics.strips import Strip

LMSE_WINDOW, LMSE_SHIFT = 20, 10
LMSE_DARK = 1e-5
"""A window whose prediction has no more energy than this is not rescaled but counts as black."""


def sum_cells(strip: Strip) -> Floats:
    """Sum PP, PT and TT over a strip's whole 10x10 cells: (3, rows, columns, 3).

    Four cells make a window, so no pixel is added up twice.
    """
    width = strip.truth.shape[1]
    rows, columns = strip.own // LMSE_SHIFT, width // LMSE_SHIFT
    sums = np.empty((3, rows, columns, 3))
    for index, values in enumerate((strip.prediction_squared, strip.product, strip.truth_squared)):
        stacks = values[: rows * LMSE_SHIFT].reshape(rows, LMSE_SHIFT, width * 3)
        lines = stacks.sum(axis=1)[:, : columns * LMSE_SHIFT * 3]
        np.einsum("rwsc->rwc", lines.reshape(rows, columns, LMSE_SHIFT, 3), out=sums[index])
    return sums


def pool_cells(cells: list[Floats]) -> float:
    """Return the error over the energy of all windows, from the cells of all strips.

    A gain of 0 makes a black truth exactly, so there the error is 0.
    """
    pairs = np.concatenate(cells, axis=1)
    pairs = pairs[:, 1:] + pairs[:, :-1]
    power, product, energy = pairs[:, :, 1:] + pairs[:, :, :-1]
    gain = np.divide(product, power, out=np.zeros_like(power), where=power > LMSE_DARK)
    # The best gain leaves TT - gain PT; rounding may take an exact fit a hair below zero.
    error = np.maximum(energy - gain * product, 0).sum()
    total = energy.sum()
    return float(error / total) if total > 0 else 0.0
