"""Textures for drawn captures: dead leaves, and the public-domain photos inside scikit-image."""

from functools import lru_cache

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

Texture = NDArray[np.float32]
"""float32 (H, W, 3), RGB."""

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "stereo_motorcycle")


def blurred(picture: Texture, sigma: float) -> Texture:
    """Return the picture under a Gaussian blur of ``sigma`` pixels; too small a one is none."""
    if sigma <= 0.1:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def draw_photo_name(rng: np.random.Generator, avoid: str | None) -> str:
    """Draw the name of a bundled photo other than ``avoid``."""
    number = int(rng.integers(len(PHOTOS)))
    return PHOTOS[(number + 1) % len(PHOTOS) if PHOTOS[number] == avoid else number]


def photo_texture(name: str, size: tuple[int, int], rng: np.random.Generator) -> Texture:
    """Return a bundled photo enlarged to fill ``size``, float32 (H, W, 3) in sRGB 0 to 1."""
    photo = _photo(name)
    if rng.random() < 0.5:
        photo = photo[:, ::-1]
    zoom = max(size[0] / photo.shape[0], size[1] / photo.shape[1]) * rng.uniform(1.0, 1.2)
    width, height = round(photo.shape[1] * zoom) + 1, round(photo.shape[0] * zoom) + 1
    large = cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)
    top, left = rng.integers(height - size[0] + 1), rng.integers(width - size[1] + 1)
    # The bundled photos are small: enlarged they lack the finest detail that a camera records.
    cropped = large[top : top + size[0], left : left + size[1]]
    return np.asarray(cropped + 0.06 * _grain(size, rng, 2), np.float32)


@lru_cache(maxsize=len(PHOTOS))
def _photo(name: str) -> Texture:
    loaded = getattr(skimage.data, name)()
    picture = loaded[0] if isinstance(loaded, tuple) else loaded
    return np.asarray(picture / np.float32(255), np.float32)


def leaves(size: tuple[int, int], rng: np.random.Generator) -> Texture:
    """Return a dead-leaves picture: shapes of all sizes lying over each other, as in nature."""
    canvas = np.full((*size, 3), 0.4, np.float32)
    largest = size[1] / 6
    smallest = max(size[1] / 300, 3.0)
    for _ in range(1200):
        # Many small and few large ones: uniform in the inverse of the radius.
        radius = 1 / rng.uniform(1 / largest, 1 / smallest)
        _lay_leaf(canvas, radius, rng)
    canvas *= 1 + 0.3 * _grain(size, rng, 5)
    return blurred(canvas, 0.6)


def _lay_leaf(canvas: Texture, radius: float, rng: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    corners = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = radius * rng.uniform(0.6, 1.4, corners)
    centre = np.array([rng.uniform(0, width), rng.uniform(0, height)])
    outline = centre + np.stack([reach * np.cos(angles), reach * np.sin(angles)], axis=1)
    grey = rng.uniform(0.08, 0.9)
    colour = np.clip(grey + rng.normal(0, 0.12, 3), 0.03, 0.97)
    cv2.fillPoly(canvas, [np.rint(outline * 16).astype(np.int32)], colour.tolist(), cv2.LINE_8, 4)


def _grain(size: tuple[int, int], rng: np.random.Generator, octaves: int) -> Texture:
    """Return fractal noise (h, w, 1) of about unit range, finest octave at 2 px."""
    total = np.zeros(size)
    for octave in range(octaves):
        cell = 2 ** (octave + 1)
        small = rng.normal(0, 2.0 ** (octave - octaves), (size[0] // cell + 2, size[1] // cell + 2))
        total += cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(total[..., None] / 1.5, np.float32)
