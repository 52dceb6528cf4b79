"""What the peers' loaders take from a folder, written down from their rules (docs/export.md).

Only names, orders and pairing: nothing is resized, cropped or blended.
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

IMAGE_ENDINGS = (".jpg", ".JPG", ".jpeg", ".JPEG", ".png", ".PNG", ".ppm", ".PPM", ".bmp", ".BMP")

Pixels = NDArray[np.uint8]


def look(path: Path) -> Pixels:
    """Open a picture as every one of these loaders does: by Pillow, as RGB."""
    return np.asarray(Image.open(path).convert("RGB"))


def names_in(folder: Path) -> list[str]:
    """Return what os.listdir gives them: every name, hidden or not, in any order."""
    return [path.name for path in folder.iterdir()]


def halves_of_pool(folder: Path, listing: Path) -> tuple[list[Path], list[Path]]:
    """ERRNet's CEILDataset, DSRNet's and XReflection's DSRDataset: lines of the list that end like
    a picture, in the folder, sorted by base name; the first half gives T, the second R."""
    names = [line.strip() for line in listing.read_text().splitlines()]
    paths = sorted(
        (folder / name for name in names if name.endswith(IMAGE_ENDINGS)), key=lambda p: p.name
    )
    half = len(paths) // 2
    return paths[:half], paths[half : 2 * half]


def blended_with_transmission(folder: Path) -> dict[str, tuple[Pixels, Pixels]]:
    """CEILTestDataset, DSRTestDataset: every name in blended/ is one in transmission_layer/."""
    return {
        name: (look(folder / "blended" / name), look(folder / "transmission_layer" / name))
        for name in names_in(folder / "blended")
    }


def three_layers(folder: Path) -> dict[str, tuple[Pixels, Pixels, Pixels]]:
    """SIRTestDataset: likewise, with reflection_layer/."""
    return {
        name: (*pair, look(folder / "reflection_layer" / name))
        for name, pair in blended_with_transmission(folder).items()
    }


def layers_to_blend(folder: Path) -> dict[str, tuple[Pixels, Pixels]]:
    """ERRNet's PairedCEILDataset: every name in reflection_layer/ is one in transmission_layer/."""
    return {
        name: (look(folder / "transmission_layer" / name), look(folder / "reflection_layer" / name))
        for name in names_in(folder / "reflection_layer")
    }


def sorted_pictures(folder: Path) -> list[Path]:
    """IBCLN's make_dataset and sorted(): a folder that must exist, walked, by whole path."""
    assert folder.is_dir()
    found = [f"{root}/{name}" for root, _, names in os.walk(folder) for name in names]
    return [Path(path) for path in sorted(found) if path.endswith(IMAGE_ENDINGS)]


def ibcln_natural(root: Path) -> list[tuple[Pixels, Pixels]]:
    """Training: the n-th of natural_I with the n-th of natural_T."""
    photos, truths = (sorted_pictures(root / name) for name in ("natural_I", "natural_T"))
    assert len(photos) == len(truths)
    return [(look(photo), look(truth)) for photo, truth in zip(photos, truths, strict=True)]


def ibcln_test(root: Path) -> list[tuple[Pixels, Pixels]]:
    """Testing: the n-th of testB with the n-th of testA1; as many as the largest folder has."""
    folders = {name: sorted_pictures(root / f"test{name}") for name in ("A1", "A2", "B")}
    length = max(map(len, folders.values()))
    return [(look(folders["B"][n]), look(folders["A1"][n])) for n in range(length)]


def ceilnet_inputs(folder: Path) -> list[Path]:
    """evaluation_reflection.lua: whatever has -input.png in its name."""
    return sorted(folder / name for name in names_in(folder) if "-input.png" in name)


def bdn(root: Path) -> list[list[Pixels]]:
    """dataset.py: the sorted names of I, each also in B and R."""
    names = sorted(names_in(root / "I"))
    return [[look(root / layer / name) for layer in "IBR"] for name in names]
