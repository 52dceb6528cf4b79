"""What is wrong with stored homographies, if anything: each fault as a sentence."""

from collections.abc import Iterator

import numpy as np

from seqsynth.motion.flow import Homographies
from seqsynth.motion.homography import is_faced, map_of


def homography_faults(homographies: Homographies, size: tuple[int, int]) -> Iterator[str]:
    """Yield what keeps a layer's homographies from showing one plane to a moving camera.

    Parameters
    ----------
    homographies : float64 (V, 3, 3), from pixels of the centre view
    size : (H, W) of a view
    """
    centre = len(homographies) // 2
    for view, homography in enumerate(homographies):
        fault = _fault(homography, size, is_centre=view == centre)
        if fault:
            yield f"the homography of view {view} {fault}"


def _fault(homography: Homographies, size: tuple[int, int], *, is_centre: bool) -> str | None:
    if not np.isfinite(homography).all():
        return "holds a number that is not finite"
    if is_centre:
        same = np.array_equal(homography, np.eye(3))
        return None if same else "is not the identity, which the centre view's is"
    if homography[2, 2] != 1:
        return f"ends in {homography[2, 2]:g}, not 1"
    if abs(np.linalg.det(homography)) < 1e-6:
        return "is degenerate: it shows the plane as a line"
    if not is_faced(map_of(homography, size)):
        return "turns the picture over, or has the plane's horizon in or near the frame"
    return None
