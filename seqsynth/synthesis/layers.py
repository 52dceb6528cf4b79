"""The two photo crops a sequence is cut from, and what a blend model makes of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.sequence import Image, Views
from seqsynth.shards.vignette import Vignette
from seqsynth.synthesis.camera.views import CameraScene

MARGIN = 40
"""Pixels of real scene kept around the reflection layer, so that a blur of up to this radius, or a
ghost shifted this far, sees the scene and not a border."""


@dataclass(frozen=True)
class LayerPair:
    """One transmission and one reflection crop, each covering every view of its layer.

    Attributes
    ----------
    transmission : uint8 (h, w, 3); of a slide, h = H + (V - 1) * largest step
    reflection : uint8 (h' + 2 MARGIN, w' + 2 MARGIN, 3), with MARGIN pixels of scene on every side,
        mirrored (reflect-101) only where the photo ends
    transmission_origin, reflection_origin : int16 (V, 2), row and column of each window; the
        reflection's are counted without the margin. Of a camera, the centre view's, for every view
    window : (H, W)
    camera : what its views show of the layers; None where windows slide
    """

    transmission: Image
    reflection: Image
    transmission_origin: NDArray[np.int16]
    reflection_origin: NDArray[np.int16]
    window: tuple[int, int]
    camera: CameraScene | None = None


@dataclass(frozen=True)
class KeptReflection:
    """R once, from which every view of it can be made again, where windows slide over it.

    Attributes
    ----------
    levels : uint8 (h, w, 3), the layer without its margin
    attenuation : levels taken off it in every view
    vignette : what darkens it in every view; None where nothing does
    """

    levels: Image
    attenuation: int = 0
    vignette: Vignette | None = None


@dataclass(frozen=True)
class BlendedViews:
    """What a blend model returns: views whose T and R make I by the model's formula.

    Attributes
    ----------
    blended, transmission, reflection : uint8 (V, H, W, 3)
    parameters : the numbers drawn for this sequence, by name (all that I = f(T, R) needs)
    kept : R once, for layout layers; None where the views cannot be made of it
    """

    blended: Views
    transmission: Views
    reflection: Views
    parameters: dict[str, float]
    kept: KeptReflection | None = None
