"""Where a pixel of one photo is found in another: the warp, its size, and how far to trust it.

A warp is a 3x3 homography that maps the position (x, y) of a pixel of the *fixed* photo to the
position of the same thing in the *moving* photo. Positions count full-size pixels, their centres
at whole numbers.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Image, Mask, Warp

Points = NDArray[np.float64]
Start = Literal["identity", "features"]

IDENTITY_MEAN_PX = 0.25
"""A shift that resampling is not worth: every resampling costs sharpness."""
IDENTITY_CORNER_PX = 0.5


@dataclass(frozen=True)
class Registration:
    """A warp and the evidence for it; see the module for its direction.

    Attributes
    ----------
    warp : float64 (3, 3), fixed pixel -> moving pixel
    fixed_size : (H, W) of the fixed photo
    agreement : share of the textured patches that lie on each other within half a working pixel;
        None where too few patches could be judged
    patches : how many textured patches were judged
    residual_px : median distance by which the patches still miss each other
    started_from : whether it took matched features to find the way
    doubt : why the warp is not to be trusted, or None
    """

    warp: Warp
    fixed_size: tuple[int, int]
    agreement: float | None
    patches: int
    residual_px: float | None
    started_from: Start
    doubt: Doubt | None

    @property
    def mean_shift_px(self) -> float:
        """Mean length of the displacement over the fixed photo."""
        return mean_shift(self.warp, self.fixed_size)

    @property
    def corner_shift_px(self) -> float:
        """Largest displacement of a corner of the fixed photo."""
        return corner_shift(self.warp, self.fixed_size)

    @property
    def mean_vector_px(self) -> tuple[float, float]:
        """Mean displacement (x, y) over the fixed photo."""
        return mean_vector(self.warp, self.fixed_size)

    @property
    def keeps_identity(self) -> bool:
        """Whether the photos already lie on each other, so that none need be resampled."""
        small = self.mean_shift_px <= IDENTITY_MEAN_PX
        return self.doubt is None and small and self.corner_shift_px <= IDENTITY_CORNER_PX


def warp_to(image: Image, warp: Warp, size: tuple[int, int]) -> Image:
    """Show a moving photo in the fixed frame of ``size`` (H, W), by one Lanczos resampling.

    OpenCV's cubic kernel (a = -3/4) does not keep a ramp straight: it was measured to misplace
    what it resamples by up to 0.06 px, more than the alignment's own error; Lanczos by 0.01 px.
    """
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(
        image, warp, size[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(warped, np.uint8)


def covered(warp: Warp, moving_size: tuple[int, int], fixed_size: tuple[int, int]) -> Mask:
    """Return bool (H, W): which pixels of the fixed frame the moving photo really shows."""
    outline = _corners(moving_size)
    shown = _project(inverse(warp), outline)
    mask = np.zeros(fixed_size, np.uint8)
    # 4 fractional bits; a pixel on the outline itself is shown.
    cv2.fillConvexPoly(mask, np.rint(shown * 16).astype(np.int32), (1,), cv2.LINE_8, 4)
    return mask.astype(bool)


def mean_shift(warp: Warp, size: tuple[int, int]) -> float:
    """Return the mean length of a warp's displacement over a frame (H, W), in pixels."""
    return float(np.hypot(*_displacement(warp, _grid(size)).T).mean())


def mean_vector(warp: Warp, size: tuple[int, int]) -> tuple[float, float]:
    """Return a warp's mean displacement (x, y) over a frame (H, W), in pixels."""
    x, y = _displacement(warp, _grid(size)).mean(axis=0)
    return float(x), float(y)


def corner_shift(warp: Warp, size: tuple[int, int]) -> float:
    """Return the largest displacement of a corner of a frame (H, W), in pixels."""
    return float(np.hypot(*_displacement(warp, _corners(size)).T).max())


def normalised(warp: Warp) -> Warp:
    """Return the same warp with 1 in its last place."""
    return np.asarray(warp / warp[2, 2], np.float64)


def is_upright(warp: Warp, size: tuple[int, int]) -> bool:
    """Return whether a warp keeps a frame (H, W) in front of the camera and the right way round."""
    if not np.isfinite(warp).all():
        return False
    depths = np.c_[_corners(size), np.ones(4)] @ warp[2]
    return bool(depths.min() > 0.1 and np.linalg.det(warp[:2, :2]) > 0.1)


def inverse(warp: Warp) -> Warp:
    """Return the warp the other way round."""
    return normalised(np.asarray(np.linalg.inv(warp), np.float64))


def _displacement(warp: Warp, points: Points) -> Points:
    return _project(warp, points) - points


def _project(warp: Warp, points: Points) -> Points:
    mapped = np.c_[points, np.ones(len(points))] @ warp.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)


def _corners(size: tuple[int, int]) -> Points:
    right, bottom = size[1] - 1.0, size[0] - 1.0
    return np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]])


def _grid(size: tuple[int, int]) -> Points:
    columns, rows = np.meshgrid(np.linspace(0, size[1] - 1, 21), np.linspace(0, size[0] - 1, 21))
    return np.stack([columns.ravel(), rows.ravel()], axis=1)
