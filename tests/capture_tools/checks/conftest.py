"""A drawn scene that keeps every rule, and a way to judge changed copies of it."""

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from capture_tools.capture import Capture, CaptureGroup, Exif
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.validation import JudgedScene, judge_photos
from capture_tools.measuring.measurement import SceneMeasurement
from capture_tools.photos.photo import DecodedPhoto
from capture_tools.scenes.reading import ScenePhotos
from seqsynth.pictures import PictureFormat
from tests.capture_tools.kinds import Draw, Judge, MakeGroup
from tests.drawing.captures import DrawnScene

NAMES = {
    4: ("before", "centre", "after", "transmission"),
    6: ("before_2", "before_1", "centre", "after_1", "after_2", "transmission"),
}

SETTINGS = Exif(
    make="NIKON CORPORATION",
    model="NIKON D810",
    time=datetime.datetime(2019, 5, 2, 14, 0, 0),
    iso=400,
    aperture=5.6,
    exposure_s=0.01,
    white_balance="manual",
    focal_length_mm=35.0,
    orientation=1,
)


@pytest.fixture(scope="session")
def limits() -> CheckLimits:
    """The default limits, but for the size of the drawn photos."""
    return CheckLimits(long_side_px=660, short_side_px=440)


@pytest.fixture(scope="session")
def settings() -> Exif:
    """The settings of a photo that keeps every rule."""
    return SETTINGS


@pytest.fixture(scope="session")
def make_group() -> MakeGroup:
    """Return a group known by headers alone: ``make_group(exifs=[...], sizes=[...])``."""

    def make(
        exifs: Sequence[Exif] = (),
        sizes: Sequence[tuple[int, int]] = ((440, 660),) * 4,
    ) -> CaptureGroup:
        exifs = exifs or (SETTINGS,) * len(sizes)
        captures = [
            Capture(Path(f"{name}.jpg"), PictureFormat.JPEG, size, exif)
            for name, size, exif in zip(NAMES[len(sizes)], sizes, exifs, strict=True)
        ]
        views, transmission = tuple(captures[:-1]), captures[-1]
        return CaptureGroup("stone", Path("stone"), views, transmission, len(views))

    return make


@pytest.fixture(scope="session")
def drawn(draw: Draw) -> DrawnScene:
    """A sharp, steady, well lit scene with a soft reflection: it keeps every rule."""
    return draw(
        1,
        size=(440, 660),
        texture="leaves",
        camera_step=(6, 10),
        misalignment=(0, 0),
        defocus=(0, 0),
        reflection_ratio=0.3,
        gain=(0.95, 0.95),
    )


@pytest.fixture(scope="session")
def judge(make_group: MakeGroup, limits: CheckLimits) -> Judge:
    """Judge pictures as if they had been read from files: ``judge(views, transmission)``."""

    def judge_pictures(views: Sequence[np.ndarray], transmission: np.ndarray) -> JudgedScene:
        pictures = (*views, transmission)
        photos = [
            DecodedPhoto(each, hashlib.sha256(each.tobytes()).hexdigest()) for each in pictures
        ]
        group = make_group(sizes=[each.shape[:2] for each in pictures])
        return judge_photos(group, ScenePhotos(tuple(photos[:-1]), photos[-1]), limits)

    return judge_pictures


@pytest.fixture(scope="session")
def sound(drawn: DrawnScene, judge: Judge) -> JudgedScene:
    return judge(drawn.views, drawn.transmission)


@pytest.fixture(scope="session")
def measured(sound: JudgedScene) -> SceneMeasurement:
    """The measurement of the sound scene, for tests that change one number of it."""
    assert sound.measurement is not None
    return sound.measurement
