"""Framing: the photos of a scene cut to their common frame and brought to the dataset's size.

Only the transmission photo is resampled, and only if it lay beside the centre view; the views are
cut alike, so that the motion between them stays what the camera saw.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from capture_tools.capture import CaptureError, Doubt
from capture_tools.photos.working_view import Image, Warp, linear_light
from capture_tools.registration.warp import (
    IDENTITY_CORNER_PX,
    IDENTITY_MEAN_PX,
    Registration,
    inverse,
    warp_to,
)
from capture_tools.scenes.reading import ScenePhotos


@dataclass(frozen=True)
class Framing:
    """How a scene is cut and resized.

    Attributes
    ----------
    size : (long, short) side in pixels; paper 4.1: 1760x1160. Upright photos get it turned.
        Larger photos are cut to its aspect about the middle and reduced to it, smaller ones are
        cut only, never enlarged
    keep_size : cut to the common frame and no more
    """

    size: tuple[int, int] = (1760, 1160)
    keep_size: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes that are none, or that stand the wrong way round."""
        if not self.size[0] >= self.size[1] >= 1:
            raise CaptureError(
                f"size {self.size[0]}x{self.size[1]}: name the long side first, as in 1760x1160"
            )


@dataclass(frozen=True)
class Frame:
    """A part of the centre view: its place and size in full-size pixels."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True)
class FramedScene:
    """The pictures of a scene as a dataset holds them, all of one size.

    Attributes
    ----------
    views : uint8 (H, W, 3), RGB, in shooting order
    transmission : uint8 (H, W, 3), RGB, aligned with the centre view
    frame : what was cut out of every view
    aligned : whether the transmission photo was resampled to align it
    gain : what the transmission photo was multiplied by, in linear light
    """

    views: tuple[Image, ...]
    transmission: Image
    frame: Frame
    aligned: bool
    gain: float


def frame_scene(
    photos: ScenePhotos,
    registration: Registration,
    framing: Framing,
    *,
    match_gain: float | None = None,
) -> FramedScene:
    """Align the transmission photo, cut all photos alike and reduce them.

    Parameters
    ----------
    registration : fixed is the centre view, moving the transmission photo
    match_gain : brings the transmission photo to the brightness it has in the centre view
    """
    size = registration.fixed_size
    aligns = must_align(registration)
    warp = registration.warp if aligns else np.eye(3)
    frame = find_frame(warp, size, framing)
    out = output_size(frame, framing)
    transmission = photos.transmission.pixels
    framed = (
        _warp_reduced(transmission, warp, frame, out)
        if aligns
        else _cut_reduced(transmission, frame, out)
    )
    return FramedScene(
        views=tuple(_cut_reduced(view.pixels, frame, out) for view in photos.views),
        transmission=framed if match_gain is None else apply_gain(framed, match_gain),
        frame=frame,
        aligned=aligns,
        gain=1.0 if match_gain is None else match_gain,
    )


def frame_views(views: Sequence[Image], framing: Framing) -> tuple[Image, ...]:
    """Cut the views of a scene without a transmission photo alike, and reduce them."""
    frame, out = frame_alone(views[0].shape[:2], framing)
    return tuple(_cut_reduced(view, frame, out) for view in views)


def frame_alone(size: tuple[int, int], framing: Framing) -> tuple[Frame, tuple[int, int]]:
    """Return what is kept of views (H, W) that are aligned with nothing, and what it becomes."""
    frame = find_frame(np.eye(3), size, framing)
    return frame, output_size(frame, framing)


def must_align(registration: Registration) -> bool:
    """Tell whether the transmission photo is to be resampled.

    Not within a quarter of a pixel, for that costs more sharpness than it mends; and not by an
    alignment that is not to be trusted. In the dark it cannot be verified, yet was found right.
    """
    trusted = registration.doubt in (None, Doubt.TOO_DARK)
    return trusted and not (
        registration.mean_shift_px <= IDENTITY_MEAN_PX
        and registration.corner_shift_px <= IDENTITY_CORNER_PX
    )


def find_frame(warp: Warp, size: tuple[int, int], framing: Framing) -> Frame:
    """Return what is kept of a centre view (H, W): what both photos show, cut to the aspect."""
    common = _common_frame(warp, size)
    if framing.keep_size:
        return common
    long_side, short_side = framing.size
    rows, columns = (short_side, long_side) if size[1] >= size[0] else (long_side, short_side)
    height = min(common.height, max(1, common.width * rows // columns))
    width = min(common.width, max(1, common.height * columns // rows))
    top = common.top + (common.height - height) // 2
    left = common.left + (common.width - width) // 2
    return Frame(top, left, height, width)


def output_size(frame: Frame, framing: Framing) -> tuple[int, int]:
    """Return the (H, W) a frame is brought to: the framing's size, or its own if smaller."""
    long_side, short_side = framing.size
    wide = frame.width >= frame.height
    wanted = (short_side, long_side) if wide else (long_side, short_side)
    if framing.keep_size or frame.height < wanted[0] or frame.width < wanted[1]:
        return frame.height, frame.width
    return wanted


def _common_frame(warp: Warp, size: tuple[int, int]) -> Frame:
    """Return the largest frame about which all four warped borders of the moving photo pass."""
    height, width = size
    corners = np.array([[0, width - 1, width - 1, 0], [0, 0, height - 1, height - 1], [1] * 4])
    shown = inverse(warp) @ corners
    x, y = shown[0] / shown[2], shown[1] / shown[2]
    left = max(0, math.ceil(max(x[0], x[3]) - 1e-6))
    right = min(width - 1, math.floor(min(x[1], x[2]) + 1e-6))
    top = max(0, math.ceil(max(y[0], y[1]) - 1e-6))
    bottom = min(height - 1, math.floor(min(y[2], y[3]) + 1e-6))
    if right < left or bottom < top:
        raise CaptureError("the transmission photo and the centre view have no part in common")
    return Frame(top, left, bottom - top + 1, right - left + 1)


def apply_gain(image: Image, gain: float) -> Image:
    """Scale a photo, uint8 RGB, in linear light; what exceeds white is clipped."""
    levels = np.arange(256, dtype=np.uint8).reshape(1, 256)
    light = np.clip(linear_light(levels).astype(np.float64) * gain, 0, 1)
    toe, curve = 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055
    coded = np.rint(255 * np.where(light <= 0.0031308, toe, curve)).astype(np.uint8)
    return np.asarray(cv2.LUT(image, coded), np.uint8)


def _cut_reduced(image: Image, frame: Frame, size: tuple[int, int]) -> Image:
    bottom, right = frame.top + frame.height, frame.left + frame.width
    cut = image[frame.top : bottom, frame.left : right]
    if cut.shape[:2] == size:
        return np.ascontiguousarray(cut)
    reduced = cv2.resize(cut, size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8)


def _warp_reduced(image: Image, warp: Warp, frame: Frame, size: tuple[int, int]) -> Image:
    """Warp and reduce with one interpolation.

    The warp samples a whole number of points a side for each output pixel, closer together than
    the photo's own pixels, and area averaging brings them together: no aliasing, no second blur.
    """
    scale = (frame.height / size[0], frame.width / size[1])
    points = math.ceil(max(scale) - 1e-9)
    fine = (size[0] * points, size[1] * points)
    step = np.array([frame.width / fine[1], frame.height / fine[0]])
    # Centres of fine pixels in the centre view: the outer edges of both grids coincide.
    offset = np.array([frame.left, frame.top]) + (step - 1) / 2
    grid = np.array([[step[0], 0, offset[0]], [0, step[1], offset[1]], [0, 0, 1]])
    return _cut_reduced(warp_to(image, warp @ grid, fine), Frame(0, 0, *fine), size)
