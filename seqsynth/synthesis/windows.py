"""Cut layers out of photos, and windows out of layers."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.sequence import Image, Trajectory
from seqsynth.synthesis.camera.views import CameraScene
from seqsynth.synthesis.layers import MARGIN, LayerPair


def cut_layers(
    transmission: Image,
    reflection: Image,
    places: list[tuple[int, ...]],
    trajectory: Trajectory,
    config: SynthesisConfig,
) -> LayerPair:
    """Cut from two photos the crops that cover every window; R with its surroundings.

    Parameters
    ----------
    transmission, reflection : uint8 (H, W, 3), whole photos
    places : row and column of the T and of the R crop in its photo
    """
    (row, column), (height, width) = places[0], config.transmission_layer
    return LayerPair(
        transmission=transmission[row : row + height, column : column + width],
        reflection=_with_margin(reflection, places[1], config.reflection_layer),
        transmission_origin=trajectory.transmission,
        reflection_origin=trajectory.reflection,
        window=config.window,
    )


def cut_scene(
    transmission: Image, reflection: Image, places: list[tuple[int, ...]], scene: CameraScene
) -> LayerPair:
    """Cut from two photos what a camera sees of them in all views; R with its surroundings.

    Parameters
    ----------
    transmission, reflection : uint8 (H, W, 3), whole photos
    places : row and column of the T and of the R crop in its photo
    """
    extents = (scene.views.transmission_extent, scene.views.reflection_extent)
    (row, column), (seen, mirrored) = places[0], extents
    views = len(scene.views.transmission)
    frames = [
        np.tile(np.array([-extent.top, -extent.left], np.int16), (views, 1)) for extent in extents
    ]
    return LayerPair(
        transmission=transmission[row : row + seen.height, column : column + seen.width],
        reflection=_with_margin(reflection, places[1], (mirrored.height, mirrored.width)),
        transmission_origin=frames[0],
        reflection_origin=frames[1],
        window=scene.views.window,
        camera=scene,
    )


def cut_windows(
    layer: NDArray[Any], origins: NDArray[np.int16], window: tuple[int, int]
) -> list[NDArray[Any]]:
    """Return the views (H, W, 3) of a layer that the windows show, without copying."""
    height, width = window
    return [layer[row : row + height, column : column + width] for row, column in origins.tolist()]


def _with_margin(photo: Image, place: tuple[int, ...], size: tuple[int, int]) -> Image:
    """Cut a crop with MARGIN px of scene around it, mirrored where the photo ends."""
    spans = []
    missing = []
    for start, length, side in zip(place, size, photo.shape, strict=False):
        first, last = start - MARGIN, start + length + MARGIN
        spans.append(slice(max(first, 0), min(last, side)))
        missing.append((max(-first, 0), max(last - side, 0)))
    crop = photo[spans[0], spans[1]]
    (top, bottom), (left, right) = missing
    if not any((top, bottom, left, right)):
        return crop
    return cv2.copyMakeBorder(  # type: ignore[return-value]  # uint8 in, uint8 out
        crop, top, bottom, left, right, cv2.BORDER_REFLECT_101
    )
