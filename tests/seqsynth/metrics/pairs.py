"""Pictures to be scored, and the metrics that score them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth import metrics

Array = NDArray[Any]


Metric = Callable[[Array, Array], float]


ALL = (
    metrics.psnr,
    metrics.ssim,
    metrics.lmse,
    metrics.ncc,
    metrics.psnr_pooled,
    metrics.structure_psnr,
    metrics.ssim_gaussian,
)


LEAST_SIDES: dict[Metric, int] = {metrics.ssim: 7, metrics.ssim_gaussian: 11, metrics.lmse: 20}


def draw_pair(height: int, width: int, seed: int = 0) -> tuple[Array, Array]:
    """Return a smooth truth and a darkened, noisy prediction, float64 on 0 to 255."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    phases = rng.uniform(0, 6, (2, 3))
    waves = np.sin(rows[..., None] / 7 + phases[0]) + np.cos(columns[..., None] / 5 + phases[1])
    truth = 127 + 60 * waves + rng.normal(0, 3, (height, width, 3))
    prediction = 0.8 * truth + 12 + rng.normal(0, 9, truth.shape)
    return np.clip(prediction, 0, 255), np.clip(truth, 0, 255)


def flat(level: float) -> Array:
    """Return a picture of one level throughout, 24 rows of 31."""
    return np.full((24, 31, 3), float(level))


# Heights around the ends of a strip, and of the cells and windows in it.
SIZES = [(20, 20), (39, 25), (40, 31), (41, 22), (46, 20), (47, 29), (50, 33), (83, 45), (120, 64)]
