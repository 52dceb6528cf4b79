"""Two pictures cut into strips of a few rows, with what the scores share of each.

Strips keep every array in the processor's cache and the memory of a large photo small.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seqsynth.metrics.pictures import Floats, Picture

STRIP_ROWS = 40
"""Rows of a strip: a multiple of LMSE's 10, so that its cells never straddle two strips."""


@dataclass(frozen=True)
class Strip:
    """A few rows of both pictures, float64 (rows, W, 3), and products that scores share.

    The first ``own`` rows are the strip's; those after them belong to the next strip and are
    there for windows that reach over.
    """

    prediction: Floats
    truth: Floats
    own: int

    @cached_property
    def prediction_squared(self) -> Floats:
        """PP, pixel by pixel."""
        return self.prediction * self.prediction

    @cached_property
    def truth_squared(self) -> Floats:
        """TT, pixel by pixel."""
        return self.truth * self.truth

    @cached_property
    def squares(self) -> Floats:
        """PP + TT, pixel by pixel."""
        return self.prediction_squared + self.truth_squared

    @cached_property
    def product(self) -> Floats:
        """PT, pixel by pixel."""
        return self.prediction * self.truth


def cut_strips(prediction: Picture, truth: Picture, reach: int = 0) -> Iterator[Strip]:
    """Yield both pictures from the top down, each strip with ``reach`` rows of the next."""
    height = len(truth)
    for top in range(0, height, STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS + reach)
        yield Strip(
            np.ascontiguousarray(prediction[rows], np.float64),
            np.ascontiguousarray(truth[rows], np.float64),
            own=min(STRIP_ROWS, height - top),
        )
