"""Where between the samples a correlation has its maximum."""

import numpy as np
from numpy.typing import NDArray


def summit(scores: NDArray[np.floating], peak: int) -> float:
    """Return the offset from sample ``peak`` of the parabola through it and its neighbours."""
    if not 0 < peak < len(scores) - 1:
        return 0.0
    before, top, after = (float(score) for score in scores[peak - 1 : peak + 2])
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
