"""Hashes that stay close while a picture is re-saved, cropped, or shot again from about its place.

They are taken of the transmission photo, which no reflection changes. A mirrored picture or the
same place from another angle is not found.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from capture_tools.photos.working_view import Plane, WorkingView

CropHashes = NDArray[np.uint8]
"""uint8 (19, 32): 255 bits of the whole picture, then of nine crops of .9 and nine of .8."""

CROP_SHARES = (0.9, 0.8)
SIDE, KEPT = 64, 16
ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.int16)


def picture_hashes(view: WorkingView) -> CropHashes:
    """Hash a picture and 18 crops of it by the signs of its slowest cosines (pHash)."""
    rows, columns = view.grey.shape
    crops = [(0, 0, rows, columns)]
    for share in CROP_SHARES:
        height, width = round(share * rows), round(share * columns)
        crops += [
            ((rows - height) * i // 2, (columns - width) * j // 2, height, width)
            for i in range(3)
            for j in range(3)
        ]
    return np.stack([_hash(view.grey[y : y + h, x : x + w]) for y, x, h, w in crops])


def near_pairs(hashes: Sequence[CropHashes], limit: int) -> list[tuple[int, int, int]]:
    """Return (i, j, distance), i < j, of every pair at most ``limit`` bits apart, in order."""
    if len(hashes) < 2:
        return []
    stacked = np.stack(hashes)
    pairs = []
    for i in range(len(stacked) - 1):
        later = stacked[i + 1 :]
        by_whole = _bits(stacked[i, 0] ^ later).min(axis=1)
        by_crop = _bits(stacked[i] ^ later[:, :1]).min(axis=1)
        distances = np.minimum(by_whole, by_crop)
        pairs += [
            (i, i + 1 + int(j), int(distances[j])) for j in np.flatnonzero(distances <= limit)
        ]
    return pairs


def _bits(differences: CropHashes) -> NDArray[np.int64]:
    """Count the bits set along the last axis."""
    return np.asarray(ONES[differences].sum(axis=-1), np.int64)


def _hash(grey: Plane) -> NDArray[np.uint8]:
    small = np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float64)
    slowest = fft.dctn(small, norm="ortho")[:KEPT, :KEPT].ravel()[1:]
    return np.packbits(slowest > np.median(slowest))
