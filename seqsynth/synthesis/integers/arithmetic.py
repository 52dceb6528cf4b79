"""Which of the two forms of whole-number arithmetic to use; both give the same integers."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion import resampling
from seqsynth.sequence import Image
from seqsynth.synthesis.camera.views import Resampler
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.integers.reference import FineImage

WORTHWHILE = 1000
"""Sequences from which on compiled code saves more than its start costs."""


RESAMPLING_WORTHWHILE = 50
"""The same where a camera moves: there compiled code is ten times as fast."""


class Arithmetic(Protocol):
    """What `reference` and `compiled` both do."""

    def reflection_layer(
        self, photo: Image, weights: NDArray[np.float64], strength: float
    ) -> tuple[FineImage, Image]:
        """Blur and scale R; see `reference.reflection_layer`."""

    def overflows(
        self,
        transmission: Image,
        reflection: FineImage,
        origins: tuple[NDArray[np.int16], NDArray[np.int16]],
        window: tuple[int, int],
    ) -> list[tuple[int, int]]:
        """Sum and count what exceeds white; see `reference.overflows`."""


def arithmetic_for(sequences: int) -> Arithmetic:
    """Return the compiled form where numba is installed (extra ``fast``) and repays its start."""
    if sequences >= WORTHWHILE:
        try:
            from seqsynth.synthesis.integers import compiled  # noqa: PLC0415  # loads numba
        except ImportError:
            return reference
        return compiled
    return reference


def resampler_for(sequences: int) -> Resampler:
    """Return the resampling of a camera's views; compiled as in `arithmetic_for`."""
    if sequences >= RESAMPLING_WORTHWHILE:
        try:
            from seqsynth.motion import compiled  # noqa: PLC0415  # loads numba
        except ImportError:
            return resampling.resample
        return compiled.resample
    return resampling.resample
