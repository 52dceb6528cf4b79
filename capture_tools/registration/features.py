"""A first guess of the warp from matched features, for motions too large for gradients alone."""

import cv2
import numpy as np

from capture_tools.photos.working_view import Plane, Warp, WorkingView
from capture_tools.registration.warp import normalised

FEATURES = 3000
CONTRAST = 0.01
RATIO = 0.8
"""A match counts when it is this much closer than the runner-up (Lowe 2004)."""
FEWEST_MATCHES = 12
INLIER_PX = 3.0


def feature_start(moving: WorkingView, fixed: WorkingView) -> Warp | None:
    """Return a warp of working pixels, fixed -> moving, or None where too few features match."""
    sift = cv2.SIFT.create(nfeatures=FEATURES, contrastThreshold=CONTRAST)
    fixed_keys, fixed_words = sift.detectAndCompute(_contrasted(fixed.grey), None)
    moving_keys, moving_words = sift.detectAndCompute(_contrasted(moving.grey), None)
    if fixed_words is None or moving_words is None or len(moving_words) < 2:
        return None
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(fixed_words, moving_words, k=2)
    kept = [pair[0] for pair in matches if pair[0].distance < RATIO * pair[1].distance]
    if len(kept) < FEWEST_MATCHES:
        return None
    source = np.array([fixed_keys[match.queryIdx].pt for match in kept])
    target = np.array([moving_keys[match.trainIdx].pt for match in kept])
    # The consensus search draws samples, from a seed of its own: nothing else can change them.
    warp, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, INLIER_PX, maxIters=5000)
    if warp is None or int(inliers.sum()) < FEWEST_MATCHES:
        return None
    return normalised(np.asarray(warp, np.float64))


def _contrasted(grey: Plane) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the grey as uint8, stretched where the picture is dark: SIFT has a fixed floor."""
    top = float(np.quantile(grey[::4, ::4], 0.99))
    return np.clip(grey * (255 / max(top, 64.0)) if top < 200 else grey, 0, 255).astype(np.uint8)
