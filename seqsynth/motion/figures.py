"""A motion in numbers that say what a hand did: shift, turn, scale, perspective, what is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.homography import Homography

PLACES = 21
"""Places a side of the frame that a motion is averaged over."""


@dataclass(frozen=True)
class MotionFigures:
    """How a picture moved from one view to another.

    Attributes
    ----------
    across, down : mean displacement, percent of the frame's width
    length : mean length of the displacement, percent of the width
    turn : of the similarity nearest to the motion, degrees
    scale : of the same, percent larger
    perspective : how much nearer the plane is at the frame's edge than in its middle, percent
    residual : median displacement left by the best shift, per mille of the width
    residual_similarity, residual_affine : left by the best similarity, and by the best affine map
    """

    across: float
    down: float
    length: float
    turn: float
    scale: float
    perspective: float
    residual: float
    residual_similarity: float
    residual_affine: float


def figures_of(homography: Homography, size: tuple[int, int]) -> MotionFigures:
    """Return the figures of a homography of a frame (H, W), averaged over even places."""
    height, width = size
    rows, columns = np.linspace(0, height - 1, PLACES), np.linspace(0, width - 1, PLACES)
    places = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    mapped = np.c_[places, np.ones(len(places))] @ homography.T
    moved = mapped[:, :2] / mapped[:, 2:] - places
    shift = moved.mean(axis=0)
    start, end = places - places.mean(axis=0), places + moved - (places + moved).mean(axis=0)
    similarity = _similarity(start, end)
    affine = np.linalg.lstsq(start, end, rcond=None)[0]
    middle = homography @ np.array([(width - 1) / 2, (height - 1) / 2, 1])
    across, down = (100 * shift / width).tolist()
    return MotionFigures(
        across=across,
        down=down,
        length=100 * float(np.hypot(*moved.T).mean()) / width,
        turn=float(np.degrees(np.angle(similarity))),
        scale=100 * (abs(similarity) - 1),
        perspective=100 * float(np.hypot(*homography[2, :2]) / abs(middle[2])) * width / 2,
        residual=_left(moved - shift, width),
        residual_similarity=_left(end - _turned(start, similarity), width),
        residual_affine=_left(end - start @ affine, width),
    )


def _similarity(start: NDArray[np.float64], end: NDArray[np.float64]) -> complex:
    """Return the turn and scale, as one complex number, that takes points nearest to others."""
    before, after = start @ [1, 1j], end @ [1, 1j]
    return complex((after * before.conj()).sum() / (np.abs(before) ** 2).sum())


def _turned(points: NDArray[np.float64], similarity: complex) -> NDArray[np.float64]:
    turned = (points @ [1, 1j]) * similarity
    return np.stack([turned.real, turned.imag], axis=1)


def _left(displacement: NDArray[np.float64], width: int) -> float:
    return 1000 * float(np.median(np.hypot(*displacement.T))) / width
