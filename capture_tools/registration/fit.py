"""The warp under which the gradients of two pictures match best, reflections outvoted.

Coarse to fine, Gauss-Newton with Geman-McClure weights: pixels where a reflection adds gradients
of its own are outliers and lose their vote. The warp moves over the fixed picture's derivatives
alone, so a reflection-free fixed picture (the transmission photo of paper 4.1) leaves nothing of
the reflection to lock on. Nothing is random.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_tools.photos.working_view import Plane, Warp
from capture_tools.registration.gradients import Field, second_derivatives
from capture_tools.registration.warp import is_upright, normalised

Model = Literal["translation", "affine", "homography"]

PARAMETERS: dict[Model, list[int]] = {
    "translation": [0, 3],
    "affine": [0, 1, 2, 3, 4, 5],
    "homography": [0, 1, 2, 3, 4, 5, 6, 7],
}
FINE_SHARE, COARSE_SHARE = 0.2, 0.4
"""Share of the pixels that vote: those whose gradient changes most; more would only cost time."""
FEWEST_POINTS = 64
STEPS = 15
SETTLED_PX, COARSE_SETTLED_PX = 0.004, 0.015
RIM = 4
"""Pixels left out along the border, where derivatives are made of mirrored ones."""
ROW = 16384
"""cv2.remap takes fewer than 32768 columns and rows, so points are folded into rows of this."""


@dataclass(frozen=True)
class Template:
    """The voting pixels of one level of the fixed picture and how their gradients would change.

    Attributes
    ----------
    size : (h, w) of the level
    points : float32 (2, n), x and y
    gradients : float32 (2 n,), first all x, then all y components
    slopes : float32 (8, 2 n), derivative of the gradients by each parameter of the warp
    centring : 3x3, pixel to the coordinates in which the parameters are counted
    """

    size: tuple[int, int]
    points: NDArray[np.float32]
    gradients: NDArray[np.float32]
    slopes: NDArray[np.float32]
    centring: Warp


@dataclass(frozen=True)
class Fit:
    """A warp of working pixels, fixed to moving, and whether the last step was small enough."""

    warp: Warp
    settled: bool


@dataclass(frozen=True)
class _Vote:
    """State between steps: the last step's length and each pixel's weight (None: all equal)."""

    step_px: float
    weights: NDArray[np.float32] | None


def make_templates(pyramid: tuple[Field, ...]) -> tuple[Template, ...] | None:
    """Prepare the fixed picture once for any number of fits; None where it is blank."""
    shares = [FINE_SHARE] + [COARSE_SHARE] * (len(pyramid) - 1)
    made = [_template(field, share) for field, share in zip(pyramid, shares, strict=True)]
    templates = tuple(template for template in made if template is not None)
    return templates if len(templates) == len(pyramid) else None


def fit_warp(
    templates: tuple[Template, ...],
    moving: tuple[Field, ...],
    model: Model,
    start: Warp | None = None,
) -> Fit | None:
    """Find the warp, fixed working pixel -> moving working pixel, that matches the gradients.

    Parameters
    ----------
    templates : of the fixed picture, finest level first
    moving : gradient pyramid of the moving picture, finest level first
    start : where to begin; the identity if None. A start is trusted to a few pixels, so the two
        coarsest levels are skipped

    Returns
    -------
    None where the moving picture is blank or the fit left the picture.
    """
    # A small picture has fewer levels: only those of both are compared.
    levels = min(len(templates), len(moving))
    top = levels - 1 if start is None else max(0, levels - 3)
    warp = np.eye(3) if start is None else _rescaled(start, 0.5**top)
    vote = _Vote(np.inf, None)
    for level in range(top, -1, -1):
        for stage in _stages(model, level, levels, start is None):
            fitted = _fit_level(templates[level], moving[level], warp, stage, level == 0)
            if fitted is None:
                return None
            warp, vote = fitted
        warp = _rescaled(warp, 2.0) if level else warp
    return Fit(normalised(warp), bool(vote.step_px < 10 * SETTLED_PX))


def _stages(model: Model, level: int, levels: int, coarse: bool) -> tuple[Model, ...]:
    """Return what to fit at a level: few parameters while few pixels are there to vote."""
    if coarse and level >= levels - 2:
        return ("translation", "affine")
    return (model,)


def _fit_level(
    template: Template, moving: Field, warp: Warp, model: Model, finest: bool
) -> tuple[Warp, _Vote] | None:
    settled_px = SETTLED_PX if finest else COARSE_SETTLED_PX
    vote = _Vote(np.inf, None)
    for _ in range(STEPS):
        stepped = _step(template, moving, warp, PARAMETERS[model], vote)
        if stepped is None:
            return None
        warp, vote = stepped
        if vote.step_px < settled_px:
            break
    return warp, vote


def _step(
    template: Template, moving: Field, warp: Warp, parameters: list[int], vote: _Vote
) -> tuple[Warp, _Vote] | None:
    """Take one Gauss-Newton step; None where it is singular or leads out of the picture."""
    if not is_upright(warp, template.size):
        return None
    sampled, inside = _sample(moving, template.points, warp)
    if np.count_nonzero(inside) < FEWEST_POINTS:
        return None
    weights = inside.astype(np.float32) if vote.weights is None else vote.weights
    both = np.concatenate([weights, weights])
    gain = _slope(template.gradients, sampled, both)
    residual = template.gradients - gain * sampled
    weights = _weights(residual, inside)
    both = np.concatenate([weights, weights])
    slopes = template.slopes[parameters]
    weighted = slopes * both
    change = _solve(weighted @ slopes.T, weighted @ residual)
    if change is None:
        return None
    step = _step_warp(change, parameters, template)
    if not is_upright(step, template.size):
        return None
    moved = normalised(warp @ np.linalg.inv(step))
    return moved, _Vote(_corner_step(step, template.size), weights)


def _sample(
    moving: Field, points: NDArray[np.float32], warp: Warp
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the moving gradients (2 n,) at the warped points, and which lie inside (n,)."""
    matrix = warp.astype(np.float32)
    x, y = points
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    across = (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / depth
    down = (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / depth
    folded = [np.pad(axis, (0, -len(x) % ROW)).reshape(-1, ROW) for axis in (across, down)]
    sampled = cv2.remap(moving, folded[0], folded[1], cv2.INTER_LINEAR).reshape(-1, 2)[: len(x)]
    height, width = moving.shape[:2]
    rows_inside = (down > RIM) & (down < height - 1 - RIM)
    inside = (across > RIM) & (across < width - 1 - RIM) & rows_inside
    return np.concatenate([sampled[:, 0], sampled[:, 1]]), inside


def _slope(
    fixed: NDArray[np.float32], moving: NDArray[np.float32], weights: NDArray[np.float32]
) -> np.float32:
    """Return the factor of the moving gradients, so that another exposure is no misfit."""
    weighted = moving * weights
    energy = max(float(weighted @ moving), 1e-9)
    return np.float32(np.clip(float(weighted @ fixed) / energy, 0.3, 2.0))


def _weights(residual: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return Geman-McClure weights (n,), scaled by the median residual of every 7th pixel."""
    spread = 3 * float(np.median(np.abs(residual[::7]))) + 1e-6
    squared = np.square(residual / np.float32(spread)).reshape(2, -1).sum(axis=0)
    return np.asarray(inside / np.square(1 + squared), np.float32)


def _solve(normal: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Solve the normal equations; None where the picture does not determine every parameter."""
    matrix = normal.astype(np.float64)
    scale = np.sqrt(np.diag(matrix))
    if not np.isfinite(matrix).all() or scale.min() <= 1e-6:
        return None
    balanced = matrix / np.outer(scale, scale)
    if np.linalg.eigvalsh(balanced)[0] < 1e-6:
        return None
    solved = -np.linalg.solve(balanced, right / scale) / scale
    return np.asarray(solved, np.float64)


def _step_warp(change: NDArray[np.float64], parameters: list[int], template: Template) -> Warp:
    """Return the step as a warp of the fixed picture's pixels."""
    p = np.zeros(8)
    p[parameters] = change
    small = np.array([[p[1], p[2], p[0]], [p[4], p[5], p[3]], [-p[6], -p[7], 0.0]])
    centring = template.centring
    return np.asarray(np.linalg.inv(centring) @ (np.eye(3) + small) @ centring, np.float64)


def _corner_step(step: Warp, size: tuple[int, int]) -> float:
    right, bottom = size[1] - 1, size[0] - 1
    corners = np.array([[0, right, 0, right], [0, 0, bottom, bottom], [1, 1, 1, 1]], np.float64)
    moved = step @ corners
    return float(np.abs(moved[:2] / moved[2] - corners[:2]).max())


def _template(field: Field, share: float) -> Template | None:
    height, width = field.shape[:2]
    along, across, down = second_derivatives(field)
    energy = along * along + 2 * across * across + down * down
    inner = np.zeros((height, width), bool)
    inner[RIM:-RIM, RIM:-RIM] = True
    # A sample of the pixels gives the quantile well enough, at a ninth of the cost.
    threshold = max(float(np.quantile(energy[::3, ::3], 1 - share)), 1e-12)
    rows, columns = np.nonzero((energy > threshold) & inner)
    if len(rows) < FEWEST_POINTS:
        return None
    half = width / 2
    middle = ((width - 1) / 2, (height - 1) / 2)
    centring = np.array(
        [[1 / half, 0, -middle[0] / half], [0, 1 / half, -middle[1] / half], [0, 0, 1]]
    )
    return Template(
        size=(height, width),
        points=np.stack([columns, rows]).astype(np.float32),
        gradients=np.concatenate([field[rows, columns, 0], field[rows, columns, 1]]),
        slopes=_slopes(
            [plane[rows, columns] for plane in (along, across, down)],
            ((columns - middle[0]) / half).astype(np.float32),
            ((rows - middle[1]) / half).astype(np.float32),
            half,
        ),
        centring=centring,
    )


def _slopes(
    second: list[Plane], x: NDArray[np.float32], y: NDArray[np.float32], half: float
) -> NDArray[np.float32]:
    """Return the derivative of both gradient components by the 8 parameters of a homography."""
    along, across, down = second
    rows = []
    for by_x, by_y in ((along, across), (across, down)):
        radial = by_x * x + by_y * y
        rows.append([by_x, by_x * x, by_x * y, by_y, by_y * x, by_y * y, radial * x, radial * y])
    stacked = np.concatenate([np.stack(part) for part in rows], axis=1)
    return np.asarray(stacked * np.float32(half), np.float32)


def _rescaled(warp: Warp, factor: float) -> Warp:
    """Carry a warp to a level ``factor`` times as large; cv2.pyrDown keeps the even pixels."""
    scaling = np.diag([factor, factor, 1.0])
    return np.asarray(scaling @ warp @ np.linalg.inv(scaling), np.float64)
