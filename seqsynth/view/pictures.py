"""Pictures for the browser: film strips for the grid, every pixel for the stage; each made once."""

import threading
from collections import OrderedDict
from collections.abc import Callable

import cv2
import numpy as np

from seqsynth.pictures import encode
from seqsynth.sequence import Image, Views, ViewSequence

THUMB_PX = 192
"""Larger side of a frame of a film strip, px."""

MOST_FRAMES = 5
QUALITY = 78
KEPT_BYTES = 192 * 2**20
"""Encoded pictures kept at most; a strip takes about twenty thousand bytes."""

KINDS = ("blended", "transmission", "reflection")


class PictureCache:
    """Encoded pictures by key, the least lately used dropped first; each key is made by one thread.

    Parameters
    ----------
    most_bytes : of all pictures together
    """

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self.made = 0
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[object, bytes] = OrderedDict()
        self._under_way: dict[object, threading.Event] = {}
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], bytes]) -> bytes:
        """Return the picture of a key, made now unless it is kept or somebody is making it."""
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                ready = self._under_way.get(key)
                if ready is None:
                    self._under_way[key] = threading.Event()
                    break
            ready.wait()
        try:
            content = make()
            self._keep(key, content)
            return content
        finally:
            with self._lock:
                self._under_way.pop(key).set()

    def _keep(self, key: object, content: bytes) -> None:
        with self._lock:
            self.made += 1
            self._kept[key] = content
            self._bytes += len(content)
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped)


def film_strip(frames: Views) -> bytes:
    """Lay small frames side by side, the centre one in the middle, as JPEG: quickest to make."""
    small = [thumbnail(frame) for frame in frames[shown_views(len(frames))]]
    return encode(np.concatenate(small, axis=1), ".jpg", quality=QUALITY)


def shown_views(views: int) -> list[int]:
    """Choose at most `MOST_FRAMES` views about the centre."""
    reach = min(views // 2, MOST_FRAMES // 2)
    centre = views // 2
    return list(range(centre - reach, min(views, centre + reach + 1)))


def thumbnail(image: Image, side_px: int = THUMB_PX) -> Image:
    """Shrink a picture by area averaging so that its larger side is ``side_px`` at most."""
    scale = side_px / max(image.shape[:2])
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def small_picture(image: Image, side_px: int) -> bytes:
    """Return a picture shrunk to ``side_px`` as WebP."""
    return encode(thumbnail(image, side_px), ".webp", quality=QUALITY, method=2)


def exact_picture(image: Image) -> bytes:
    """Return a picture as PNG: every value as it is."""
    return encode(image, ".png", compress_level=1)


def frame_of(sequence: ViewSequence, kind: str, view: int) -> Image | None:
    """Return one frame of a sequence, None where it is unknown.

    Parameters
    ----------
    kind : one of `KINDS`
    view : its number; a transmission that is known of the centre alone has that one
    """
    frames: Views | None = getattr(sequence, kind) if kind in KINDS else None
    if frames is None or not 0 <= view < sequence.views:
        return None
    if len(frames) == 1 and sequence.views > 1:
        return np.asarray(frames[0]) if view == sequence.centre else None
    return np.asarray(frames[view])
