"""Samples made of given numbers."""

import numpy as np

from seqsynth.comparison import SetSample


def sample_of(energy: list[float], blur: list[float]) -> SetSample:
    values = {"energy": np.array(energy), "blur": np.array(blur)}
    return SetSample(values, np.full((3, 16), 1 / 16))
