"""Photos, VOC folders and shard sets, drawn small from a seed and shared by all tests.

They are made once a session and must not be written to; ``shards_copy`` is a test's own.
"""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFilter

# The networks of the tests are tiny: threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell has what it starts in the background ignore Ctrl-C, and so would all programs that the
# tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent

PHOTO_SHAPE = (48, 64, 3)

LONGEST = (
    "documentation/test_pages.py",
    "test_types.py",
    "trainer/test_processes.py",
    "trainer/training/test_fit.py",
    "trainer/methods/test_methods.py",
    "trainer/test_export.py",
    "seqsynth/cli/test_generate_identity.py",
    "trainer/training/test_standing.py",
    "capture_tools/checks/test_drawn_captures.py",
    "trainer/training/test_fit_method.py",
    "capture_tools/registration/test_alignment.py",
)
"""Files of tests that take twenty seconds and more, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files: each is for one process, and none is to run alone at last."""
    first = {ROOT / path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path, len(first)))


TINY_SETTINGS: dict[str, Any] = {
    "window": (16, 24),
    "transmission_step": (0, 2),
    "reflection_step": (2, 4),
    "val_fraction": 0.2,
    "sequences": 24,
    "shard_size": 40_000,
}
"""Settings that fit the drawn photos: 19 training sequences in three shards, 5 for validation."""


def draw_photo(seed: int, shape: tuple[int, ...] = PHOTO_SHAPE) -> NDArray[np.uint8]:
    """Draw uint8 (H, W, 3): soft coloured shapes with a little noise, from black to white."""
    rng = np.random.default_rng(seed)
    height, width = shape[:2]
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    scene = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    levels = np.asarray(scene.filter(ImageFilter.SHARPEN), np.float64)
    noisy = (levels - 128) * 1.4 + 128 + rng.normal(0, 6, (height, width, 3))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def tiny_settings() -> dict[str, Any]:
    """Keyword arguments of a `SynthesisConfig` that fits the drawn photos."""
    return dict(TINY_SETTINGS)


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain folder of 12 photos: JPEG and PNG, two shapes, one grey, one turned by EXIF."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "garden").mkdir()
    for number in range(12):
        shape = PHOTO_SHAPE if number % 3 else (64, 48, 3)
        picture = Image.fromarray(draw_photo(100 + number, shape))
        if number == 4:
            picture = picture.convert("L")
        exif = Image.Exif()
        if number == 5:
            exif[ExifTags.Base.Orientation] = 6
        parent = folder / "garden" if number % 4 == 0 else folder
        if number % 2:
            picture.save(parent / f"photo{number:02d}.jpg", quality=90, exif=exif)
        else:
            picture.save(parent / f"photo{number:02d}.png")
    return folder


@pytest.fixture(scope="session")
def tiny_voc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VOCdevkit: 30 JPEG photos, of which Main lists 20 for training and 8 for validation."""
    devkit = tmp_path_factory.mktemp("voc") / "VOCdevkit"
    voc = devkit / "VOC2012"
    (voc / "JPEGImages").mkdir(parents=True)
    lists = voc / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    ids = [f"{2007 + number % 5}_{number * 37 + 32:06d}" for number in range(30)]
    for number, photo_id in enumerate(ids):
        shape = PHOTO_SHAPE if number % 4 else (64, 48, 3)
        photo = Image.fromarray(draw_photo(number, shape))
        photo.save(voc / "JPEGImages" / f"{photo_id}.jpg", quality=92)
    for name, listed in (("train", ids[:20]), ("val", ids[20:28]), ("trainval", ids[:28])):
        (lists / f"{name}.txt").write_text("".join(f"{photo_id}\n" for photo_id in listed))
    return devkit


MakeShards = Callable[..., Path]


@pytest.fixture(scope="session")
def make_shards(tiny_voc: Path) -> MakeShards:
    """Generate a shard set: ``make_shards(folder, voc=..., blend="zhang", ...)``.

    Settings that are not given are the tiny ones; without ``voc`` the photos are `tiny_voc`'s.
    """

    def make(folder: Path, voc: Path = tiny_voc, **settings: Any) -> Path:
        from seqsynth.synthesis import RunConfig, SynthesisConfig, generate

        config = SynthesisConfig(**{**TINY_SETTINGS, **settings})
        generate(voc, folder, config, RunConfig(jobs=1))
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_shards(make_shards: MakeShards, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete set of 24 sequences of three 16x24 views, layout layers, in four shards."""
    return make_shards(tmp_path_factory.mktemp("shards") / "tiny")


@pytest.fixture
def shards_copy(tiny_shards: Path, tmp_path: Path) -> Path:
    """A copy of ``tiny_shards`` that a test may damage."""
    return Path(shutil.copytree(tiny_shards, tmp_path / "shards"))


@pytest.fixture(scope="session")
def camera_shards(
    make_shards: MakeShards, photo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Eight sequences of three 16x24 views by a camera, T at two depths: schema version 2."""
    return make_shards(
        tmp_path_factory.mktemp("shards") / "camera",
        photo_folder,
        motion="camera",
        camera={"second_plane": (1.3, 3.0)},
        sequences=8,
        image_set="",
    )
