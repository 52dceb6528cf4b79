"""Drawn captures: scenes of which every warp, gain and motion is known."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as PillowImage

from capture_tools.photos.working_view import WorkingView, reduce_view
from capture_tools.registration.aligned_view import AlignedView, bring_onto
from capture_tools.registration.alignment import SceneAlignment, align_scene
from tests.capture_tools.scene_files import NAMES, SOUND, TAGS
from tests.drawing.captures import DrawnScene, SceneRecipe, draw_scene

Draw = Callable[..., DrawnScene]

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


class Measured:
    """A drawn scene reduced and aligned, as most measurements want it."""

    def __init__(self, scene: DrawnScene) -> None:
        self.scene = scene
        self.transmission: WorkingView = reduce_view(scene.transmission)
        self.views: Sequence[WorkingView] = [reduce_view(view) for view in scene.views]
        self.alignment: SceneAlignment = align_scene(self.views, self.transmission)
        self.aligned: Sequence[AlignedView] = [
            bring_onto(view, registration, self.transmission)
            for view, registration in zip(self.views, self.alignment.views, strict=True)
        ]


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
def write_scene(draw, save_photo):
    """Write a drawn scene's photos with EXIF: ``write_scene(folder, seed=1, suffix=".jpg")``."""

    def write(folder, seed=1, suffix=".jpg", size=(440, 660)):
        scene = draw(seed, **{**SOUND, "size": size})
        pictures = zip(NAMES, (*scene.views, scene.transmission), strict=True)
        for second, (name, picture) in enumerate(pictures):
            clock = f"2019:05:02 14:00:{second:02d}"
            save_photo(folder / f"{name}{suffix}", picture, time=clock, **TAGS)
        return folder

    return write
