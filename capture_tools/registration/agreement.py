"""How well two registered pictures lie on each other, patch by patch.

The share of textured patches that agree is the confidence of an alignment; the median distance
by which they still miss each other is what the alignment left over. Neither the fit's own
residual nor its weights tell a right warp from a wrong one; this does.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_tools.photos.working_view import Mask, Plane, Warp
from capture_tools.registration.gradients import Field, second_derivatives
from capture_tools.registration.warp import covered

PATCH = 40
REACH = 4
"""Working pixels a patch is searched around its place."""
AGREES_PX = 0.5
AGREES_CORRELATION = 0.5
FEWEST_PATCHES = 30
FEWEST_RECOGNISED = 10
MOST_PATCHES = 120
"""The share among this many patches is known to 5 points, as well as it can be interpreted."""

TEXTURED = 0.5
DARK_TEXTURED = 0.12
"""Least change of the gradient (levels per pixel squared, in its weaker direction) that holds a
patch in place: scenes whose patches fall short of it gave shifts of a pixel where there was none.
The heavier blur of dark photos lowers it."""


@dataclass(frozen=True)
class Agreement:
    """What the patches say, in working pixels; None where fewer than 30 could be judged."""

    share: float | None
    residual: float | None
    patches: int


def measure_agreement(moving: Field, fixed: Field, warp: Warp, *, dark: bool = False) -> Agreement:
    """Compare the gradients of two pictures under a warp of working pixels, fixed -> moving."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (fixed.shape[1], fixed.shape[0])
    brought = np.asarray(cv2.warpPerspective(moving, warp, size, flags=flags), np.float32)
    shown = covered(warp, moving.shape[:2], fixed.shape[:2])
    places = _textured_places(fixed, shown, DARK_TEXTURED if dark else TEXTURED)
    if len(places) < FEWEST_PATCHES:
        return Agreement(None, None, len(places))
    found = np.array([_patch_shift(brought, fixed, place) for place in places])
    shifts, correlations = found[:, 0], found[:, 1]
    agrees = (shifts < AGREES_PX) & (correlations > AGREES_CORRELATION)
    return Agreement(float(agrees.mean()), _residual(shifts, correlations), len(places))


def count_textured(fixed: Field, *, dark: bool = False) -> int:
    """Return how many patches of a picture are textured enough to be judged by."""
    return int(np.count_nonzero(_texture(fixed) > (DARK_TEXTURED if dark else TEXTURED)))


def summit(scores: NDArray[np.floating], peak: int) -> float:
    """Return the offset from sample ``peak`` of the parabola through it and its neighbours."""
    if not 0 < peak < len(scores) - 1:
        return 0.0
    before, top, after = (float(score) for score in scores[peak - 1 : peak + 2])
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _residual(shifts: NDArray[np.float64], correlations: NDArray[np.float64]) -> float:
    """Return the median shift, of the recognised patches where there are enough of them."""
    recognised = shifts[correlations > AGREES_CORRELATION]
    return float(np.median(recognised if len(recognised) >= FEWEST_RECOGNISED else shifts))


def _textured_places(fixed: Field, shown: Mask, threshold: float) -> list[tuple[int, int]]:
    """Return row and column of the patches that texture holds in place, the strongest first."""
    texture = _texture(fixed)
    places = []
    for row, column in np.argwhere(texture > threshold):
        top, left = REACH + row * PATCH, REACH + column * PATCH
        window = shown[top - REACH : top + PATCH + REACH, left - REACH : left + PATCH + REACH]
        if window.all():
            places.append((float(texture[row, column]), int(top), int(left)))
    strongest = sorted(places, reverse=True)[:MOST_PATCHES]
    return [(top, left) for _, top, left in strongest]


def _texture(fixed: Field) -> Plane:
    """Return, per patch, how much the gradient changes in the direction it changes least."""
    rows, columns = (max(0, (side - 2 * REACH) // PATCH) for side in fixed.shape[:2])
    inner = np.s_[REACH : REACH + rows * PATCH, REACH : REACH + columns * PATCH]
    along, across, down = second_derivatives(fixed)
    products = (along**2 + across**2, across * (along + down), across**2 + down**2)
    # Means over patches: the 2x2 matrix of the patch, whose smaller eigenvalue is wanted.
    means = [_patch_means(product[inner], rows, columns) for product in products]
    half_sum, half_difference = (means[0] + means[2]) / 2, (means[0] - means[2]) / 2
    smaller = half_sum - np.hypot(half_difference, means[1])
    return np.asarray(np.sqrt(np.maximum(smaller, 0)), np.float32)


def _patch_means(plane: Plane, rows: int, columns: int) -> Plane:
    return np.asarray(plane.reshape(rows, PATCH, columns, PATCH).mean(axis=(1, 3)), np.float32)


def _patch_shift(brought: Field, fixed: Field, place: tuple[int, int]) -> tuple[float, float]:
    """Return how far a patch lies from its place, and the correlation there."""
    top, left = place
    patch = fixed[top : top + PATCH, left : left + PATCH]
    around = brought[top - REACH : top + PATCH + REACH, left - REACH : left + PATCH + REACH]
    scores = np.asarray(cv2.matchTemplate(around, patch, cv2.TM_CCORR_NORMED), np.float32)
    _, best, _, (column, row) = cv2.minMaxLoc(scores)
    across = column - REACH + summit(scores[row, :], column)
    down = row - REACH + summit(scores[:, column], row)
    return float(np.hypot(across, down)), float(best)
