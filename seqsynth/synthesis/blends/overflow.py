"""How far T + R exceeds white, over all windows of a sequence at once.

The published models take this per image. One number for the sequence keeps R from flickering
between views of one scene, which the view-synthesis loss takes to be alike (paper eq. 3).
"""

import numpy as np
from numpy.typing import NDArray


def mean_overflow(total: NDArray[np.float64], white: float) -> float:
    """Return the mean excess over white of the values above white, 0 where there are none.

    Parameters
    ----------
    total : float64, T + R in whole numbers, so that their sum is exact
    white : the largest value that can be shown
    """
    excess = np.maximum(total - white, 0)
    count = np.count_nonzero(excess)
    return float(excess.sum()) / count if count else 0.0
