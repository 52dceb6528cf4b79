"""Where the two windows start and how far each moves per view (paper 4.2)."""

import numpy as np
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.seeds import Draws
from seqsynth.sequence import Trajectory


def draw_trajectory(config: SynthesisConfig, draws: Draws) -> Trajectory:
    """Draw the window positions of one sequence within its two layers.

    For each step, in this order, T's dy, T's dx, R's dy, R's dx are drawn; then the four signs,
    also where ``direction`` is forward, so that it changes no other draw. A window starts at 0 on
    an axis it moves forward on, and at the far end of its layer on one it moves backward on.
    """
    bounds = (config.transmission_step, config.reflection_step)
    # Plain numbers: numpy takes longer over so few.
    travelled = [[[0], [0]], [[0], [0]]]  # layer, axis, view
    for _ in range(config.views - 1):
        for layer, (low, high) in zip(travelled, bounds, strict=True):
            for axis in layer:
                axis.append(axis[-1] + draws.integer(low, high))
    signs = [[draws.sign(), draws.sign()] for _ in bounds]
    if config.direction == "forward":
        signs = [[1, 1], [1, 1]]
    far_ends = [(config.views - 1) * high for _, high in bounds]
    return Trajectory(*map(_origins, travelled, signs, far_ends))


def _origins(travelled: list[list[int]], signs: list[int], far_end: int) -> NDArray[np.int16]:
    """Turn distances by axis and view into positions (V, 2), from the far end where backward."""
    placed = [
        axis if sign > 0 else [far_end - gone for gone in axis]
        for axis, sign in zip(travelled, signs, strict=True)
    ]
    return np.array(placed, np.int16).T.copy()
