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
    steps = np.empty((config.views - 1, 2, 2), np.int64)  # (step, layer, axis)
    bounds = (config.transmission_step, config.reflection_step)
    for step in steps:
        for layer, (low, high) in enumerate(bounds):
            step[layer] = draws.integer(low, high), draws.integer(low, high)
    signs = np.array([draws.sign() for _ in range(4)]).reshape(2, 2)
    if config.direction == "forward":
        signs[:] = 1
    travelled = np.zeros((config.views, 2, 2), np.int64)
    np.cumsum(steps, axis=0, out=travelled[1:])
    return Trajectory(
        transmission=_origins(travelled[:, 0], signs[0], bounds[0][1]),
        reflection=_origins(travelled[:, 1], signs[1], bounds[1][1]),
    )


def _origins(
    travelled: NDArray[np.int64], signs: NDArray[np.int64], largest_step: int
) -> NDArray[np.int16]:
    """Turn distances (V, 2) into positions; a backward axis starts at the layer's far end."""
    far_end = (len(travelled) - 1) * largest_step
    return np.where(signs > 0, travelled, far_end - travelled).astype(np.int16)
