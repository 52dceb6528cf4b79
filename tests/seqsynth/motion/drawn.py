"""Planes, poses and pictures that the tests of motion share, drawn from a seed."""

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.camera import UNIT, Plane, Pose
from seqsynth.motion.homography import SourceMap, source_map

WINDOW = (48, 64)
CORNER = (-40, -40)
"""Row and column of a picture's first pixel, seen from the frame's."""
FOCAL = round(0.9 * UNIT)


def draw_camera(seed: int) -> tuple[Plane, Pose]:
    """Draw a slanted plane and a pose that sees it from another side, not far away."""
    rng = np.random.default_rng(seed)
    slope = np.rint(UNIT * rng.uniform(-0.3, 0.3, 2)).astype(int).tolist()
    position = np.rint(UNIT * rng.uniform(-0.05, 0.05, 3)).astype(int).tolist()
    turn = np.rint(UNIT * rng.uniform(-0.03, 0.03, 3)).astype(int).tolist()
    return Plane((*slope, UNIT)), Pose(tuple(position), tuple(turn))


def draw_map(seed: int) -> SourceMap:
    """Draw where a view's pixels lie in the centre view."""
    found = source_map(*draw_camera(seed), FOCAL, WINDOW)
    if found is None:
        raise AssertionError("drawn so that the plane faces the camera")
    return found


def draw_picture(seed: int, blur_px: float = 0.0) -> NDArray[np.uint8]:
    """Draw uint8 (128, 144, 3): noise over the frame and 40 px around it, perhaps blurred."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (128, 144, 3), dtype=np.uint8)
    if not blur_px:
        return picture
    smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), blur_px)
    spread = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return np.rint(255 * spread).astype(np.uint8)


def project(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where (n, 2) points land."""
    mapped = np.c_[points, np.ones(len(points))] @ homography.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def pixels(window: tuple[int, int] = WINDOW) -> NDArray[np.float64]:
    """Return (x, y) of every pixel of a frame, float64 (H * W, 2)."""
    rows, columns = np.indices(window)
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
