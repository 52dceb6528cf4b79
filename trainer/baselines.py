"""What a network has to beat: the photo as it is, and the best fixed linear map of its colours.

The identity alone is too weak a bar: a blend only adds light, so that darkening passes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image
from trainer.sources import Source

SAMPLES = 256
"""Sequences that the linear map is fitted on, evenly spread over the training set."""


@dataclass(frozen=True, eq=False)
class LinearMap:
    """T = matrix @ (R, G, B, 1) of I, on 0 to 255.

    Attributes
    ----------
    matrix : float64 (3, 4)
    """

    matrix: NDArray[np.float64]

    def apply(self, image: Image) -> Image:
        """Map the colours of an image (H, W, 3)."""
        mapped = image @ self.matrix[:, :3].T + self.matrix[:, 3]
        rounded: Image = np.clip(np.rint(mapped), 0, 255).astype(np.uint8)
        return rounded


def fit_linear_map(sources: Sequence[Source]) -> LinearMap:
    """Return the least-squares map from centre views to their transmissions.

    Every pixel of `SAMPLES` sequences counts, all sources together.
    """
    squares, products = np.zeros((4, 4)), np.zeros((4, 3))
    places = [(source, n) for source in sources for n in range(len(source.sequences))]
    chosen = np.linspace(0, len(places) - 1, min(SAMPLES, len(places))).round().astype(int)
    for number in chosen.tolist():
        source, row = places[number]
        sequence = source.sequences[row]
        truth = sequence.centre_transmission
        if truth is None:
            continue
        colours = sequence.centre_blended.reshape(-1, 3).astype(np.float64)
        inputs = np.concatenate((colours, np.ones((len(colours), 1))), axis=1)
        squares += inputs.T @ inputs
        products += inputs.T @ truth.reshape(-1, 3)
    solution = np.asarray(np.linalg.lstsq(squares, products, rcond=None)[0], np.float64)
    return LinearMap(solution.T)
