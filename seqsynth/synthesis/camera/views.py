"""What a camera's path makes of two photos: the maps of every view, and the views of a layer."""

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqsynth.camera import CameraSettings
from seqsynth.errors import ConfigError
from seqsynth.motion.camera import UNIT, Plane
from seqsynth.motion.extent import Extent, extent_of
from seqsynth.motion.homography import SourceMap, source_map
from seqsynth.motion.resampling import resample
from seqsynth.seeds import Draws
from seqsynth.sequence import Image, Views
from seqsynth.synthesis.camera.mask import draw_knots, paint_mask
from seqsynth.synthesis.camera.path import CameraPath, draw_path

MOST_PATHS = 100
"""Paths drawn before giving up: a path that sees a plane from behind, or too slanted, is drawn
again."""

Value = TypeVar("Value", np.uint8, np.uint16, np.float64)

Maps = tuple[SourceMap, ...]
"""One map a view."""


class Resampler(Protocol):
    """What `resampling.resample` and `compiled.resample` both are."""

    def __call__(
        self, layer: NDArray[Value], view: SourceMap, corner: tuple[int, int]
    ) -> NDArray[Value]:
        """Return a view of a layer."""


@dataclass(frozen=True)
class CameraViews:
    """The views of one sequence, before there are photos.

    Attributes
    ----------
    path : the lens, the planes and the poses
    transmission, reflection : where the pixels of each view lie in the centre view
    second : likewise on T's second plane, or None
    knots : of the mask between T's planes, or None
    """

    path: CameraPath
    transmission: Maps
    reflection: Maps
    second: Maps | None
    knots: NDArray[np.int64] | None

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of a view."""
        return self.transmission[0].window

    @property
    def transmission_extent(self) -> Extent:
        """What all views of T read, on either plane."""
        return extent_of(self.transmission + (self.second or ()))

    @property
    def reflection_extent(self) -> Extent:
        """What all views of R read."""
        return extent_of(self.reflection)

    def record(self) -> dict[str, NDArray[Any]]:
        """Return what a shard stores of the camera, by dataset name."""
        height, width = self.window
        path = self.path
        focal_px = width * path.focal / UNIT
        intrinsics = [[focal_px, 0, (width - 1) / 2], [0, focal_px, (height - 1) / 2], [0, 0, 1]]
        planes = [plane for plane in (path.transmission, path.reflection, path.second) if plane]
        stored: dict[str, NDArray[Any]] = {
            "transmission_homography": _homographies(self.transmission),
            "reflection_homography": _homographies(self.reflection),
            "intrinsics": np.array(intrinsics, np.float64),
            "pose": np.stack([pose.extrinsics() for pose in path.poses]),
            "plane": np.array([plane.normal for plane in planes]) / UNIT,
        }
        mask = self.frame_mask()
        if self.second is not None and mask is not None:
            stored["second_homography"] = _homographies(self.second)
            stored["transmission_mask"] = mask
        return stored

    def mask(self) -> NDArray[np.uint8] | None:
        """Return the nearer plane's share over T's extent, or None where there is one plane."""
        if self.knots is None:
            return None
        return paint_mask(self.knots, self.window, self.transmission_extent)

    def frame_mask(self) -> NDArray[np.uint8] | None:
        """Return the part of the mask that the centre view shows, uint8 (H, W), or None."""
        mask, extent = self.mask(), self.transmission_extent
        if mask is None:
            return None
        height, width = self.window
        return mask[-extent.top : height - extent.top, -extent.left : width - extent.left]


@dataclass(frozen=True)
class CameraScene:
    """The views of one sequence and the arithmetic that shows them, reference or compiled."""

    views: CameraViews
    resample: Resampler = resample

    def transmission(self, layer: Image) -> Views:
        """Return T of every view from the pixels of T's extent; see `transmission_views`."""
        return transmission_views(layer, self.views, self.resample)

    def reflection(self, layer: NDArray[Value]) -> NDArray[Value]:
        """Return a layer of R's extent as every view sees it; see `layer_views`."""
        views = self.views
        return layer_views(layer, views.reflection, views.reflection_extent, self.resample)


def draw_views(
    settings: CameraSettings, views: int, window: tuple[int, int], draws: Draws
) -> CameraViews:
    """Draw a path that sees all planes from the front, and the mask where T has two.

    Raises
    ------
    ConfigError
        `MOST_PATHS` paths in a row do not.
    """
    for _ in range(MOST_PATHS):
        path = draw_path(settings, views, draws)
        found = _maps(path, window)
        if found is not None:
            second = found[2] if settings.has_parallax else None
            knots = draw_knots(draws) if settings.has_parallax else None
            return CameraViews(path, found[0], found[1], second, knots)
    raise ConfigError(
        f"{MOST_PATHS} camera paths in a row turned a plane over or showed its horizon: "
        "lower camera's translation, shake or slant"
    )


def layer_views(
    layer: NDArray[Value], maps: Maps, extent: Extent, show: Resampler
) -> NDArray[Value]:
    """Return every view of a layer: the centre view's pixels as they are, the others resampled.

    Parameters
    ----------
    layer : (h, w, 3), the extent's pixels

    Returns
    -------
    (V, H, W, 3) of the same type
    """
    height, width = maps[0].window
    frame = layer[-extent.top : height - extent.top, -extent.left : width - extent.left]
    return np.stack(
        [frame if view.is_identity else show(layer, view, extent.corner) for view in maps]
    )


def transmission_views(layer: Image, views: CameraViews, show: Resampler) -> Views:
    """Return T of every view: of one plane, or of two parted by the mask.

    Parameters
    ----------
    layer : uint8 (h, w, 3), the pixels of T's extent
    """
    extent = views.transmission_extent
    near = layer_views(layer, views.transmission, extent, show)
    mask = views.mask()
    if views.second is None or mask is None:
        return near
    far = layer_views(layer, views.second, extent, show)
    # The mask is the nearer plane's outline, and moves with it.
    coloured = np.repeat(mask[..., np.newaxis], 3, axis=2)
    share = layer_views(coloured, views.transmission, extent, show).astype(np.uint16)
    mixed = (share * near + (255 - share) * far + np.uint16(127)) // np.uint16(255)
    return mixed.astype(np.uint8)


def _maps(path: CameraPath, window: tuple[int, int]) -> list[Maps] | None:
    planes = [path.transmission, path.reflection]
    if path.second is not None:
        planes.append(path.second)
    found = [_maps_of(plane, path, window) for plane in planes]
    whole = [maps for maps in found if maps is not None]
    return whole if len(whole) == len(planes) else None


def _maps_of(plane: Plane, path: CameraPath, window: tuple[int, int]) -> Maps | None:
    maps = [source_map(plane, pose, path.focal, window) for pose in path.poses]
    whole = tuple(view for view in maps if view is not None)
    return whole if len(whole) == len(maps) else None


def _homographies(maps: Maps) -> NDArray[np.float64]:
    return np.stack([view.homography() for view in maps])
