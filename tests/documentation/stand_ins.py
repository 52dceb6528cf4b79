"""What pages take for granted, drawn small: photos, benchmarks, captures, shards, checkpoints.

Each function makes one thing in the folder it is given; `STAND_INS` says by what name
pages call it.
"""

import datetime
import os
import shutil
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner
from fsspec.implementations.local import LocalFileSystem
from numpy.typing import NDArray
from PIL import ExifTags, Image

from tests.drawing.captures import SceneRecipe, draw_scene

Photo = NDArray[np.uint8]


def draw_photo(seed: int, height: int, width: int) -> Photo:
    """Draw soft coloured shapes with a little noise, uint8 (H, W, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 24 + 2, width // 24 + 2, 3), dtype=np.uint8)
    scene = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    noisy = np.asarray(scene, np.float64) + rng.normal(0, 5, (height, width, 3))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def draw_voc(folder: Path) -> None:
    """A VOCdevkit of 40 photos that a window of 224 px fits into, also halved one of 112."""
    voc = folder / "VOC2012"
    lists = voc / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    draw_photos(voc / "JPEGImages")
    ids = sorted(path.stem for path in (voc / "JPEGImages").iterdir())
    for name, listed in (("train", ids[:30]), ("val", ids[30:]), ("trainval", ids)):
        (lists / f"{name}.txt").write_text("".join(f"{photo}\n" for photo in listed))


def draw_photos(folder: Path) -> None:
    """A plain folder of 40 JPEGs."""
    folder.mkdir(parents=True)
    for number in range(40):
        photo = Image.fromarray(draw_photo(number, 320, 340))
        photo.save(folder / f"{2007 + number % 5}_{number:06d}.jpg", quality=90)


def draw_snapshots(folder: Path) -> None:
    """A few small photos to restore."""
    folder.mkdir(parents=True)
    for number in range(3):
        Image.fromarray(draw_photo(60 + number, 72, 96)).save(folder / f"beach{number}.jpg")


def draw_pairs(blended: Path, transmission: Path, names: Iterable[str]) -> None:
    """Photos of which each is its truth with another picture added."""
    for name in names:
        seed = zlib.crc32(name.encode())
        truth = draw_photo(seed, 64, 96)
        photo = np.clip(truth.astype(int) + draw_photo(seed + 1, 64, 96) // 4, 0, 255)
        for folder, picture in ((blended, photo), (transmission, truth)):
            path = folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture.astype(np.uint8)).save(path)


def draw_real20(folder: Path) -> None:
    """Zhang et al.'s folders: five published test photos, one for training."""
    names = ("1", "3", "4", "9", "12", "15")
    draw_pairs(folder / "blended", folder / "transmission_layer", names)


def draw_sir2(folder: Path) -> None:
    """A flattened copy of SIR2, two pairs a subset."""
    for place, subset in enumerate(("PostcardDataset", "SolidObjectDataset", "WildSceneDataset")):
        part = folder / subset
        names = [f"{place}{number}" for number in range(2)]
        draw_pairs(part / "blended", part / "transmission_layer", names)


def draw_many_pairs(folder: Path) -> None:
    """Twenty-four pairs in the folders of Real20, enough to fit a blend to."""
    names = [str(number) for number in range(24)]
    draw_pairs(folder / "blended", folder / "transmission_layer", names)


def draw_selection(folder: Path) -> None:
    """Scenes with a photo m.png and its truth g.png each, two a folder."""
    for subset in ("objects", "postcard", "wild", "real20"):
        for number in range(2):
            scene = folder / subset / str(number)
            draw_pairs(scene, folder / "truth", ("m",))
            (folder / "truth/m.png").rename(scene / "g.png")
    (folder / "truth").rmdir()


def draw_own_pairs(folder: Path) -> None:
    """Photos and truths in two folders."""
    draw_pairs(folder / "photos", folder / "truth", ("desk", "door", "shelf"))


def draw_camera_roll(folder: Path) -> None:
    """Two scenes of four photos, 5 s apart within a scene and minutes between scenes."""
    folder.mkdir(parents=True)
    for scene, seed in enumerate((3, 5)):
        drawn = draw_scene(seed, SceneRecipe(size=(232, 352)))
        # The transmission photo is taken third, before the camera moves on.
        photos = [*drawn.views[:2], drawn.transmission, drawn.views[2]]
        for number, photo in enumerate(photos):
            exif = Image.Exif()
            taken = datetime.datetime(2026, 5, 1, 12, 5 * scene, 5 * number)
            details = exif.get_ifd(ExifTags.IFD.Exif)
            details[ExifTags.Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
            path = folder / f"IMG_{4 * scene + number:04d}.JPG"
            Image.fromarray(photo).save(path, quality=95, exif=exif)


def draw_scenes(folder: Path) -> None:
    """A scene of four photos, each named by its role."""
    drawn = draw_scene(3, SceneRecipe(size=(232, 352)))
    scene = folder / "stone2"
    scene.mkdir(parents=True)
    for role, photo in zip(("before", "centre", "after"), drawn.views, strict=True):
        Image.fromarray(photo).save(scene / f"{role}.png")
    Image.fromarray(drawn.transmission).save(scene / "transmission.png")


def make_shards(folder: Path, **settings: Any) -> None:
    """Synthetic sequences of the drawn photos."""
    from seqsynth.synthesis import RunConfig, SynthesisConfig, generate

    photos = folder.parent / f"photos-of-{folder.name}"
    draw_photos(photos)
    config = SynthesisConfig.model_validate(settings)
    generate(photos, folder, config, RunConfig(jobs=1))
    shutil.rmtree(photos)


def store_pairs(folder: Path, layout: str, draw: Callable[[Path], None]) -> None:
    """A benchmark, drawn and stored as shards."""
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import ingest_pairs

    source = folder.parent / f"source-of-{folder.name}"
    draw(source)
    ingest_pairs(find_pairs(layout, source, {}), folder)
    shutil.rmtree(source)


def predict(folder: Path) -> None:
    """What a method that returns its input makes of both benchmarks."""
    for draw, name in ((draw_real20, "Real20"), (draw_sir2, "SIR2")):
        source = folder.parent / f"source-of-{folder.name}"
        draw(source)
        for path in source.rglob("blended/*.png"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            path.rename(folder / name / path.name)
        shutil.rmtree(source)


def train_run(folder: Path) -> None:
    """A run whose student has seen one step."""
    from trainer.cli import group

    shards = folder.parent / f"shards-of-{folder.name}"
    make_shards(shards, window=64, sequences=12, blend="linear", val_fraction=0.2)
    words = ["fit", shards, "--preset", "photo", "--max-steps", 1, "--out", folder]
    words += ["--set", "net.width=0.03125", "--set", "net.context_blocks=1"]
    CliRunner().invoke(group, [str(word) for word in words], catch_exceptions=False)
    shutil.rmtree(shards)


STAND_INS: dict[str, Callable[[Path], None]] = {
    "VOCdevkit": draw_voc,
    "photos": draw_photos,
    "holiday": draw_snapshots,
    "data/real20": draw_real20,
    "data/SIR2_500": draw_sir2,
    "mine": draw_own_pairs,
    "real_selection": draw_selection,
    "DCIM": draw_camera_roll,
    "scenes": draw_scenes,
    "shards": make_shards,
    "sets/voc": make_shards,
    "shards/synthetic": make_shards,
    "linear": lambda folder: make_shards(folder, blend="linear"),
    "zhang": lambda folder: make_shards(folder, blend="zhang"),
    "shards/linear": lambda folder: make_shards(folder, blend="linear"),
    "shards/real20": lambda folder: store_pairs(folder, "real20", draw_real20),
    "real20": lambda folder: store_pairs(folder, "real20", draw_real20),
    "shards/real": lambda folder: store_pairs(folder, "real20", draw_many_pairs),
    "shards/sir2": lambda folder: store_pairs(folder, "sir2", draw_sir2),
    "out/mine": predict,
    "out/errnet": predict,
    "out/ibcln": predict,
    "runs/mine": train_run,
}
"""Name by which pages call a thing -> how it is made."""


class HostFiles(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    """What pages call ``https://host``: the folder that the process is in."""

    protocol = ("https", "local")

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        stripped = super()._strip_protocol(path.replace("https://host/", f"{Path.cwd()}/"))
        return str(stripped)

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        """Open a file as a local one, which knows no sizes of blocks."""
        return super().open(path, mode)


class Stage:
    """Lay stand-ins into a page's folder; each is made once.

    Parameters
    ----------
    store : folder that keeps what was made
    """

    def __init__(self, store: Path) -> None:
        self._store = store

    def lay(self, name: str, folder: Path) -> None:
        """Put a copy of a stand-in into ``folder``, under its name."""
        maker = STAND_INS[name]
        kept = self._store / str(list(STAND_INS).index(name)) / Path(name).name
        if not kept.exists():
            maker(kept)
        # Files are replaced, never written into, so that links are as good as copies.
        shutil.copytree(kept, folder / name, copy_function=os.link)
