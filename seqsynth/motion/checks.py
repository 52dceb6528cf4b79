"""What is wrong with stored homographies, if anything: each fault as a sentence."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.flow import Homographies
from seqsynth.motion.homography import is_faced, map_of

LEAST_DETERMINANT = 1e-6

TOLERANCE_PX = 1e-3
"""How far the corners of a frame may lie from where the stored camera sees them: whole-number maps
are rounded to 2**-30 of their last entry."""


def are_invertible(homographies: Homographies) -> bool:
    """Return whether homographies (V, 3, 3) take every plane to a plane, and can be taken back."""
    if not np.isfinite(homographies).all() or not homographies[:, 2, 2].all():
        return False
    return bool((np.abs(np.linalg.det(homographies)) > LEAST_DETERMINANT).all())


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


def camera_faults(
    homographies: Homographies,
    intrinsics: NDArray[np.float64],
    pose: NDArray[np.float64],
    normal: NDArray[np.float64],
    *,
    size: tuple[int, int],
) -> Iterator[str]:
    """Yield what keeps homographies from being K (Rot - t n') K^-1 of a stored camera and plane.

    Parameters
    ----------
    intrinsics : float64 (3, 3), K in pixels
    pose : float64 (V, 3, 4), [Rot | -t]
    normal : float64 (3,), n of the layer's plane
    size : (H, W) of a view
    """
    faults = list(homography_faults(homographies, size))
    if not faults and not _agrees(homographies, size, intrinsics, pose, normal):
        faults = ["the homographies are not those of intrinsics, pose and plane"]
    yield from faults


def _agrees(
    homographies: Homographies,
    size: tuple[int, int],
    intrinsics: NDArray[np.float64],
    pose: NDArray[np.float64],
    normal: NDArray[np.float64],
) -> bool:
    if not all(np.isfinite(one).all() for one in (intrinsics, pose, normal)):
        return False
    if abs(np.linalg.det(intrinsics)) < 1e-6:
        return False
    moved = pose[:, :, :3] + pose[:, :, 3:] * normal
    truth = intrinsics @ moved @ np.linalg.inv(intrinsics)
    height, width = size
    corners = np.array(
        [[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]]
    )
    places = []
    for matrices in (truth, homographies):
        mapped = matrices @ corners.T
        with np.errstate(divide="ignore", invalid="ignore"):
            places.append(mapped[:, :2] / mapped[:, 2:])
    # A number that is not finite is not below anything.
    return bool((np.abs(places[0] - places[1]) < TOLERANCE_PX).all())


def _fault(homography: Homographies, size: tuple[int, int], *, is_centre: bool) -> str | None:
    if not np.isfinite(homography).all():
        return "holds a number that is not finite"
    if is_centre:
        same = np.array_equal(homography, np.eye(3))
        return None if same else "is not the identity, which the centre view's is"
    if homography[2, 2] != 1:
        return f"ends in {homography[2, 2]:g}, not 1"
    if not are_invertible(homography[np.newaxis]):
        return "is degenerate: it shows the plane as a line"
    if not is_faced(map_of(homography, size)):
        return "turns the picture over, or has the plane's horizon in or near the frame"
    return None
