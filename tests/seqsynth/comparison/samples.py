"""Samples made of given numbers."""

import numpy as np

from seqsynth.comparison import Sample


def sample_of(energy: list[float], blur: list[float]) -> Sample:
    values = {"energy": np.array(energy), "blur": np.array(blur)}
    return Sample(values, np.full((3, 16), 1 / 16))
