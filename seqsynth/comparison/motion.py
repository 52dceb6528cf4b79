"""How a set's camera moved, told from its pictures alone: alike for synthetic and real sets."""

import math
from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np

from capture_tools.photos.working_view import WorkingView, reduce_view
from capture_tools.registration.alignment import register
from seqsynth.motion.figures import MotionFigures, figures_of
from seqsynth.sequence import Image, Views

WIDTH_PX = 660
"""Pictures are enlarged to about this width: what judges a registration needs patches enough."""

LEAST_SIDE_PX = 96
"""Smaller pictures hold too little to be registered."""


def follow_motion(views: Views) -> Iterator[MotionFigures]:
    """Yield the figures of the motion from each view to the next, where it can be told.

    Parameters
    ----------
    views : uint8 (V, H, W, 3), in shooting order
    """
    if min(views.shape[1:3]) < LEAST_SIDE_PX:
        return
    factor = max(1, math.ceil(WIDTH_PX / views.shape[2]))
    # A pixel of the picture, and the same place in the enlarged one.
    shift = (factor - 1) / 2
    enlarged = np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1.0]])
    reduced = [_working_view(view, factor) for view in views]
    for fixed, moving in pairwise(reduced):
        found = register(moving, fixed, "homography")
        if found.doubt is None:
            warp = np.linalg.inv(enlarged) @ found.warp @ enlarged
            yield figures_of(warp / warp[2, 2], (views.shape[1], views.shape[2]))


def _working_view(view: Image, factor: int) -> WorkingView:
    if factor > 1:
        size = (view.shape[1] * factor, view.shape[0] * factor)
        view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return reduce_view(view)
