"""Things that moved between the photos, found by the one test that a reflection cannot fail.

A reflection only adds light, so where a view is darker than the transmission allows, something
else stood there. What is brighter may be either and is left alone.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Mask, Plane, WorkingView
from capture_tools.registration.aligned_view import AlignedView

REACH = 5
"""Side of the square whose darkest transmission counts: two pixels of misalignment are forgiven."""
TOLERANCE, FLOOR = 0.08, 0.004
NOISES = 4
LEAST_AGREEMENT = 0.5
"""Of the view's registration: a misplaced edge is darker on one of its sides."""


@dataclass(frozen=True)
class Movers:
    """The connected areas in which a view is darker than the transmission allows.

    Attributes
    ----------
    largest_share : area of the largest, as a share of the picture
    largest_working_px : the same in working pixels
    box_px : left, top, width, height of the largest in the transmission photo, or None
    doubt : why movers cannot be told, or None
    """

    largest_share: float
    largest_working_px: int
    box_px: tuple[int, int, int, int] | None
    doubt: Doubt | None


def find_movers(
    transmission: WorkingView,
    view: AlignedView,
    gain: float,
    *,
    agreement: float | None,
    dark: bool = False,
) -> Movers:
    """Find where a view is darker than ``gain`` times the transmission within two pixels.

    Parameters
    ----------
    gain : `Gain.safe` of the scene
    agreement : of the view's registration
    """
    if dark:
        return Movers(0.0, 0, None, Doubt.TOO_DARK)
    if agreement is None or agreement < LEAST_AGREEMENT:
        return Movers(0.0, 0, None, Doubt.NOT_ALIGNED)
    darker = _darker(transmission.linear, view, gain)
    _, _, stats, _ = cv2.connectedComponentsWithStats(darker.view(np.uint8), connectivity=8)
    found = stats[1:]
    if not len(found):
        return Movers(0.0, 0, None, None)
    areas = found[:, cv2.CC_STAT_AREA]
    largest = found[int(areas.argmax())]
    left, top, width, height = (int(side) * transmission.factor for side in largest[:4])
    return Movers(
        largest_share=float(areas.max() / darker.size),
        largest_working_px=int(areas.max()),
        box_px=(left, top, width, height),
        doubt=None,
    )


def _darker(transmission: Plane, view: AlignedView, gain: float) -> Mask:
    kernel = np.ones((REACH, REACH), np.uint8)
    expected = gain * np.asarray(cv2.erode(transmission, kernel), np.float32)
    limit = TOLERANCE * gain * transmission + np.float32(FLOOR + NOISES * _noise(view.linear))
    darker = (expected - view.linear > limit) & view.shown
    opened = cv2.morphologyEx(darker.view(np.uint8), cv2.MORPH_OPEN, kernel)
    return np.asarray(opened) > 0


def _noise(plane: Plane) -> float:
    """Return the noise's standard deviation by what no smooth surface has (Immerkaer 1996)."""
    checker = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(np.asarray(cv2.filter2D(plane, cv2.CV_32F, checker))[::2, ::2])
    # The kernel's weights have norm 6; the median of |Gaussian| is .6745 of its deviation.
    return float(np.median(response)) / (6 * 0.6745)
