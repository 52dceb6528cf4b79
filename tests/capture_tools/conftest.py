"""Drawn captures: scenes of which every warp, gain and motion is known."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from tests.capture_tools.kinds import Draw, Measured, SavePhoto, WriteScene
from tests.capture_tools.scene_files import NAMES, SOUND, TAGS
from tests.drawing.captures import DrawnScene, SceneRecipe, draw_scene

KEPT = 8
"""Measured scenes of 40 MB kept at once."""


@pytest.fixture(scope="session")
def draw() -> Draw:
    """draw(seed, **recipe) -> DrawnScene, drawn once per session for the same arguments."""

    @cache
    def drawn(seed: int, recipe: SceneRecipe) -> DrawnScene:
        return draw_scene(seed, recipe)

    def drawing(seed: int, **recipe: Any) -> DrawnScene:
        return drawn(seed, SceneRecipe(**recipe))

    return drawing


@pytest.fixture(scope="session")
def flat() -> Callable[..., np.ndarray]:
    """flat(level) -> a uint8 picture without any texture."""

    def filled(level: int, size: tuple[int, int] = (290, 440)) -> np.ndarray:
        return np.full((*size, 3), level, np.uint8)

    return filled


@pytest.fixture(scope="session")
def measure() -> Callable[[DrawnScene], Measured]:
    """measure(scene) -> the scene's working views, alignment and aligned views."""
    known: dict[int, Measured] = {}

    def measured(scene: DrawnScene) -> Measured:
        # By identity: a scene is kept as long as its measurement, so its id stays its own.
        if id(scene) not in known:
            if len(known) == KEPT:
                del known[next(iter(known))]
            known[id(scene)] = Measured(scene)
        return known[id(scene)]

    return measured


BASIC_TAGS = {"camera": ExifTags.Base.Model, "orientation": ExifTags.Base.Orientation}
DETAIL_TAGS = {
    "time": ExifTags.Base.DateTimeOriginal,
    "subsecond": ExifTags.Base.SubsecTimeOriginal,
    "iso": ExifTags.Base.ISOSpeedRatings,
    "aperture": ExifTags.Base.FNumber,
    "exposure_s": ExifTags.Base.ExposureTime,
    "white_balance": ExifTags.Base.WhiteBalance,
    "focal_length_mm": ExifTags.Base.FocalLength,
}


@pytest.fixture(scope="session")
def save_photo() -> Callable[..., Path]:
    """save_photo(path, pixels, time="2019:05:02 14:15:30", iso=400, ...) -> the path.

    Without pixels it is a small noise picture that differs from path to path.
    """

    def save(path: Path, pixels: np.ndarray | None = None, **tags: Any) -> Path:
        if pixels is None:
            seed = sum(path.as_posix().encode())
            pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        exif = PillowImage.Exif()
        for name, value in tags.items():
            if name in BASIC_TAGS:
                exif[BASIC_TAGS[name]] = value
            else:
                exif.get_ifd(ExifTags.IFD.Exif)[DETAIL_TAGS[name]] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        quality = {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg") else {}
        PillowImage.fromarray(pixels).save(path, exif=exif, **quality)
        return path

    return save


@pytest.fixture
def write_scene(draw: Draw, save_photo: SavePhoto) -> WriteScene:
    """Write a drawn scene's photos with EXIF: ``write_scene(folder, seed=1, suffix=".jpg")``."""

    def write(
        folder: Path, seed: int = 1, suffix: str = ".jpg", size: tuple[int, int] = (440, 660)
    ) -> Path:
        scene = draw(seed, **{**SOUND, "size": size})
        pictures = zip(NAMES, (*scene.views, scene.transmission), strict=True)
        for second, (name, picture) in enumerate(pictures):
            clock = f"2019:05:02 14:00:{second:02d}"
            save_photo(folder / f"{name}{suffix}", picture, time=clock, **TAGS)
        return folder

    return write
