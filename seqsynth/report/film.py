"""A film: the frames of a sequence side by side in one picture, embedded in the page once.

Style sheets move it behind a window of one frame, which is an animation that a reader can stop and
that stands still where reduced motion is asked for; an animated image file could do neither.
"""

import base64
from dataclasses import dataclass

import numpy as np

from seqsynth.pictures import encode, shrink
from seqsynth.sequence import Views

MOST_FRAMES = 5
SIDE_PX = 224
"""Larger side of a frame at most: the window of the paper's views in full."""

QUALITY = 72


@dataclass(frozen=True)
class Film:
    """Frames side by side as a data URI; ``width`` and ``height`` are one frame's, px."""

    uri: str
    frames: int
    width: int
    height: int


def make_film(frames: Views, *, side_px: int = SIDE_PX) -> Film:
    """Encode frames as one lossy WebP picture, each at most ``side_px`` wide and high."""
    scale = min(1.0, side_px / max(frames.shape[1:3]))
    small = [shrink(frame, scale) for frame in frames]
    height, width = small[0].shape[:2]
    content = encode(np.concatenate(small, axis=1), ".webp", quality=QUALITY, method=4)
    uri = "data:image/webp;base64," + base64.b64encode(content).decode()
    return Film(uri, len(small), width, height)


def choose_views(views: int) -> list[int]:
    """Choose at most `MOST_FRAMES` views: first, centre, last, and those halfway between."""
    if views <= MOST_FRAMES:
        return list(range(views))
    centre = views // 2
    return [0, centre // 2, centre, (centre + views - 1) // 2, views - 1]
