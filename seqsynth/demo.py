"""The main job on a small VOC folder made of the public-domain photos that scikit-image ships."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage.data

from seqsynth.config import SynthesisConfig
from seqsynth.errors import OutputError, ShardError
from seqsynth.files import write_whole
from seqsynth.pictures import encode
from seqsynth.report import write_report
from seqsynth.sequence import Image
from seqsynth.shards import Fault, verify_shards
from seqsynth.synthesis import generate

GRIDS = {
    "astronaut": (3, 3),
    "chelsea": (2, 3),
    "coffee": (2, 4),
    "motorcycle": (3, 5),
    "rocket": (3, 4),
}
"""Photos in the public domain or CC0, part of scikit-image's wheel, and the rows and columns of
tiles that each is cut into: fifty, of 142 px a side or more. The motorcycle is the left photo of a
stereo pair (Scharstein et al. 2014)."""

SETTINGS = {"window": 96, "sequences": 400, "val_fraction": 0.2, "direction": "random", "seed": 1}
"""What the demonstration generates; the rest is the paper's."""


@dataclass(frozen=True)
class Step:
    """One thing that the demonstration did: what it made or looked at, and what came of it."""

    subject: str
    outcome: str


def demonstrate(out: Path) -> Iterator[Step]:
    """Make, check and show a small shard set below a folder; yield each step when it is done.

    Raises
    ------
    ShardError
        The shards have a fault.
    OutputError
        ``out`` cannot be written to.
    """
    voc, shards = out / "VOC2012", out / "shards"
    yield Step("photos", f"{write_voc_folder(voc)} in {voc}")
    index = generate(voc, shards, SynthesisConfig.model_validate(SETTINGS))
    yield Step("shards", f"{index.sequences} sequences in {shards}")
    faults = [str(result) for result in verify_shards(shards) if isinstance(result, Fault)]
    if faults:
        raise ShardError("; ".join(faults))
    yield Step("verify", "no fault")
    yield Step("report", f"{write_report(shards)}  <- open this in a browser")


def write_voc_folder(folder: Path) -> int:
    """Write the photos' tiles as JPEGs in VOC's layout, with a list, and return their number.

    Parameters
    ----------
    folder : becomes a VOC2012 folder: JPEGImages/ and ImageSets/Main/train.txt
    """
    images, lists = folder / "JPEGImages", folder / "ImageSets" / "Main"
    for path in (images, lists):
        path.mkdir(parents=True, exist_ok=True)
    tiles = demo_tiles()
    for name, tile in tiles.items():
        _write_anew(images / f"{name}.jpg", encode(tile, ".jpg", quality=95))
    _write_anew(lists / "train.txt", "".join(f"{name}\n" for name in tiles).encode())
    return len(tiles)


def _write_anew(path: Path, content: bytes) -> None:
    """Write a file, unless something else stands there."""
    if path.is_symlink() or (path.exists() and path.read_bytes() != content):
        raise OutputError(f"{path} is not the demonstration's; choose another --out")
    write_whole(path, content)


def demo_tiles() -> dict[str, Image]:
    """Cut five photos into fifty tiles without common pixels, so that both pools have many.

    Returns
    -------
    name -> uint8 RGB (H, W, 3), at least 142 px a side
    """
    tiles = {}
    for name, (rows, columns) in GRIDS.items():
        photo = _photo(name)
        height, width = photo.shape[0] // rows, photo.shape[1] // columns
        for row in range(rows):
            for column in range(columns):
                top, left = row * height, column * width
                tile = photo[top : top + height, left : left + width]
                tiles[f"{name}_{row}{column}"] = np.ascontiguousarray(tile)
    return tiles


def _photo(name: str) -> Image:
    """Return one of scikit-image's photos, uint8 RGB (H, W, 3)."""
    if name == "motorcycle":
        pair = skimage.data.stereo_motorcycle()  # type: ignore[no-untyped-call]  # it has no types
        left: Image = pair[0]
        return left
    photo: Image = getattr(skimage.data, name)()
    return photo
