"""What a shard holds one of: the views of a scene, its layers, and how they moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion import LayerMotion, Motion, slide_motion

Image = NDArray[np.uint8]
"""uint8 (H, W, 3), RGB."""

Views = NDArray[np.uint8]
"""uint8 (V, H, W, 3), RGB, in shooting order."""


@dataclass(frozen=True)
class Trajectory:
    """Where each window stood in its layer, in pixels (paper 4.2).

    Attributes
    ----------
    transmission, reflection : int (V, 2), row and column of the window's top-left corner
    """

    transmission: NDArray[np.int16]
    reflection: NDArray[np.int16]


@dataclass(frozen=True)
class CameraMotion:
    """How a camera moved before the planes of the layers, and what follows for their pixels.

    Lengths are in distances of T's plane, in the axes of the centre view: x to the right, y down, z
    into the scene.

    Attributes
    ----------
    motion : of both layers, from the homographies
    intrinsics : float64 (3, 3), K in pixels
    pose : float64 (V, 3, 4), [Rot | -t]: a point X is at Rot X - t in the axes of each view
    plane : float64 (P, 3), n of T's plane, R's and, where T has two, its second: n X = 1
    """

    motion: Motion
    intrinsics: NDArray[np.float64]
    pose: NDArray[np.float64]
    plane: NDArray[np.float64]


@dataclass(frozen=True)
class ViewSequence:
    """The views of one scene (paper 3.1 and 4): I, and what is known of T and R.

    Attributes
    ----------
    blended : uint8 (V, H, W, 3), the photos as taken, reflection included (I)
    transmission : uint8 (V, H, W, 3); (1, H, W, 3) where only the centre view's is known;
        None where unknown (a photo without ground truth)
    reflection : uint8 (V, H, W, 3), or None where unknown
    trajectory : where the windows of a slide stood; None where nothing slid, or it is unknown
    name : source of the sequence, unique in its shard set
    split : "train", "val" or "test"
    metadata : whatever else its shard set records, JSON types only
    camera : how the camera of a set made with ``motion`` camera moved; None elsewhere
    """

    blended: Views
    transmission: Views | None
    reflection: Views | None
    trajectory: Trajectory | None
    name: str
    split: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    camera: CameraMotion | None = None

    @property
    def views(self) -> int:
        """Number of views V (paper: N = 3)."""
        return len(self.blended)

    @property
    def centre(self) -> int:
        """Index of the centre view, the one whose transmission is wanted."""
        return self.views // 2

    @property
    def motion(self) -> Motion | None:
        """How both layers moved, with dense flow, by slide or by camera; None where unknown."""
        if self.camera is not None:
            return self.camera.motion
        if self.trajectory is None:
            return None
        height, width = self.blended.shape[1:3]
        return slides(self.trajectory, (height, width))

    @property
    def centre_blended(self) -> Image:
        """The centre view, uint8 (H, W, 3)."""
        view: Image = self.blended[self.centre]
        return view

    @property
    def centre_transmission(self) -> Image | None:
        """The centre view's transmission, uint8 (H, W, 3), or None where unknown."""
        if self.transmission is None:
            return None
        view: Image = self.transmission[self.centre if len(self.transmission) > 1 else 0]
        return view


def camera_motion(stored: Mapping[str, NDArray[Any]], size: tuple[int, int]) -> CameraMotion | None:
    """Return what the stored values of a sequence say of its camera, or None where nothing.

    Parameters
    ----------
    stored : dataset -> value
    size : (H, W) of a view
    """
    if "pose" not in stored:
        return None
    first = LayerMotion(
        stored["transmission_homography"],
        size,
        stored.get("second_homography"),
        stored.get("transmission_mask"),
    )
    motion = Motion(first, LayerMotion(stored["reflection_homography"], size))
    return CameraMotion(motion, stored["intrinsics"], stored["pose"], stored["plane"])


def slides(trajectory: Trajectory, size: tuple[int, int]) -> Motion:
    """Return the motion of windows of a size (H, W) that slide over their layers."""
    layers: list[LayerMotion] = [
        slide_motion(origins, size) for origins in (trajectory.transmission, trajectory.reflection)
    ]
    return Motion(*layers)
