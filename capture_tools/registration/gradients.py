"""Grey-level gradients of a photo from coarse to fine: what the alignment compares.

Gradients, unlike brightness, do not see a constant veil, and a reflection adds its own without
moving those of the scene.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_tools.photos.working_view import Plane, WorkingView

Field = NDArray[np.float32]
"""float32 (h, w, 2): a vector (x, y) per pixel."""

LEVELS = 4
SMALLEST_SIDE = 32
"""A level with a shorter side shows too little to align by."""

SMOOTHING_PX = 1.0
DARK_SMOOTHING_PX = 3.0
"""Blur before the gradient: in the dark the noise would be aligned instead of the scene."""


def gradient_pyramid(view: WorkingView, *, dark: bool = False) -> tuple[Field, ...]:
    """Return the gradient of the view's grey at halving sizes, the finest first."""
    sigma = DARK_SMOOTHING_PX if dark else SMOOTHING_PX
    grey = np.asarray(cv2.GaussianBlur(view.grey, (0, 0), sigma), np.float32)
    levels = [gradient(grey)]
    while len(levels) < LEVELS and min(grey.shape) >= 2 * SMALLEST_SIDE:
        grey = np.asarray(cv2.pyrDown(grey), np.float32)
        levels.append(gradient(grey))
    return tuple(levels)


def gradient(plane: Plane) -> Field:
    """Return the Sobel gradient of a plane, per pixel."""
    x = cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=0.125)
    y = cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.merge([x, y]), np.float32)


def second_derivatives(field: Field) -> tuple[Plane, Plane, Plane]:
    """Return the second derivatives xx, xy and yy of the plane whose gradient this is."""
    x, y = field[..., 0], field[..., 1]
    along = cv2.Sobel(x, cv2.CV_32F, 1, 0, scale=0.125)
    across = cv2.Sobel(x, cv2.CV_32F, 0, 1, scale=0.125)
    down = cv2.Sobel(y, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(along), np.asarray(across), np.asarray(down)
