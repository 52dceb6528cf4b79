"""How the reflection moves against the transmission: the reflection dynamics themselves.

What remains of two views after the transmission is taken away is matched as a whole. The remains
hold the transmission's own leftovers too, which match best where they lie on each other: a motion
of nothing is therefore never believed.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from capture_tools.capture import Doubt
from capture_tools.measuring.light import LightComparison
from capture_tools.photos.working_view import Plane, WorkingView
from capture_tools.registration.agreement import summit
from capture_tools.registration.aligned_view import AlignedView

REDUCTION = 2
SMOOTH_SIGMA = 12.0
"""Reduced pixels; slower changes are errors of the gain, not the reflection."""
SEARCH_SHARE = 0.15
PEAK_HALF = 8
"""A second motion must lie outside the 17 x 17 pixels around the best."""
CLIP_DEVIATIONS = 3.0

LEAST_RATIO = 1.3
LEAST_REFLECTION = 0.05
STILL_WORKING_PX = 2.0


@dataclass(frozen=True)
class ReflectionMotion:
    """Motion of the reflection from the centre view to another, against the transmission.

    Attributes
    ----------
    dx_px, dy_px : full-size pixels; None where it cannot be told. The camera's own `Motion`
        added to them gives the motion in the photos
    ratio : the best match over the best other one; None where none was sought
    doubt : why it cannot be told, or None
    """

    dx_px: float | None
    dy_px: float | None
    ratio: float | None
    doubt: Doubt | None


def measure_reflection_motion(
    transmission: WorkingView,
    centre: AlignedView,
    other: AlignedView,
    gain: float,
    comparison: LightComparison,
    *,
    dark: bool = False,
) -> ReflectionMotion:
    """Measure the reflection's motion from ``centre`` to ``other``, if it can be told.

    Parameters
    ----------
    gain : `Gain.safe` of the scene
    comparison : of the centre view, which says whether there is a reflection to follow
    """
    if dark:
        return ReflectionMotion(None, None, None, Doubt.TOO_DARK)
    if comparison.reflection_ratio < LEAST_REFLECTION:
        return ReflectionMotion(None, None, None, Doubt.WEAK_REFLECTION)
    remains = [_remains(transmission.linear, view, gain) for view in (centre, other)]
    energy = np.sqrt(float(np.square(remains[0]).sum()) * float(np.square(remains[1]).sum()))
    if energy <= 1e-12:
        return ReflectionMotion(None, None, None, Doubt.WEAK_REFLECTION)
    scores = _correlation(remains[0], remains[1]) / energy
    column, row, ratio = _best(scores)
    factor = REDUCTION * transmission.factor
    if np.hypot(column, row) * REDUCTION <= STILL_WORKING_PX:
        return ReflectionMotion(None, None, ratio, Doubt.NOT_TOLD_APART)
    if ratio < LEAST_RATIO:
        return ReflectionMotion(None, None, ratio, Doubt.AMBIGUOUS)
    return ReflectionMotion(column * factor, row * factor, ratio, None)


def _remains(transmission: Plane, view: AlignedView, gain: float) -> Plane:
    """Return what the transmission does not explain, evened out, fading towards the border."""
    difference = np.where(view.usable, view.linear - np.float32(gain) * transmission, 0)
    size = (difference.shape[1] // REDUCTION, difference.shape[0] // REDUCTION)
    reduced = np.asarray(cv2.resize(difference, size, interpolation=cv2.INTER_AREA), np.float32)
    # The root evens out bright and faint parts of the reflection.
    evened = np.sign(reduced) * np.sqrt(np.abs(reduced))
    detail = evened - np.asarray(cv2.GaussianBlur(evened, (0, 0), SMOOTH_SIGMA), np.float32)
    bound = CLIP_DEVIATIONS * float(detail.std())
    window = np.asarray(cv2.createHanningWindow(size, cv2.CV_32F), np.float32)
    return np.asarray(np.clip(detail, -bound, bound) * window, np.float32)


def _correlation(first: Plane, second: Plane) -> NDArray[np.float64]:
    """Return how well ``first`` shifted by (column, row) matches ``second``, zero in the middle."""
    shape = [fft.next_fast_len(side, real=True) for side in first.shape]
    product = np.conj(fft.rfft2(first, shape)) * fft.rfft2(second, shape)
    scores = fft.fftshift(fft.irfft2(product, shape))
    reach = round(SEARCH_SHARE * max(first.shape))
    middle = [side // 2 for side in shape]
    rows, columns = (min(reach, side // 2 - 1) for side in shape)
    return np.asarray(
        scores[
            middle[0] - rows : middle[0] + rows + 1,
            middle[1] - columns : middle[1] + columns + 1,
        ],
        np.float64,
    )


def _best(scores: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the best shift (column, row) to a fraction of a pixel, and its lead over others."""
    row, column = (int(i) for i in np.unravel_index(int(scores.argmax()), scores.shape))
    rest = scores.copy()
    rest[
        max(0, row - PEAK_HALF) : row + PEAK_HALF + 1,
        max(0, column - PEAK_HALF) : column + PEAK_HALF + 1,
    ] = -np.inf
    ratio = float(scores[row, column]) / max(float(rest.max()), 1e-9)
    across = column - scores.shape[1] // 2 + summit(scores[row], column)
    down = row - scores.shape[0] // 2 + summit(scores[:, column], row)
    return across, down, min(ratio, 1000.0)
