"""Folders of drawn capture scenes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.drawing.captures import SceneRecipe, draw_scene

ROLES = ("before", "centre", "after", "transmission")

MakeScene = Callable[..., Path]


@pytest.fixture(scope="session")
def drawn():
    """The photos of a seed's scene, drawn once: views, then the transmission."""
    known: dict[int, list[np.ndarray]] = {}

    def draw(seed: int) -> list[np.ndarray]:
        if seed not in known:
            scene = draw_scene(seed, SceneRecipe(size=(232, 352)))
            known[seed] = [*scene.views, scene.transmission]
        return known[seed]

    return draw


@pytest.fixture
def make_scene(tmp_path: Path, drawn) -> MakeScene:
    """Write a drawn scene as PNGs below scenes/ and return its folder."""

    def make(name: str, seed: int, *, suffix: str = ".png") -> Path:
        folder = tmp_path / "scenes" / name
        folder.mkdir(parents=True)
        for role, photo in zip(ROLES, drawn(seed), strict=True):
            Image.fromarray(photo).save(folder / f"{role}{suffix}")
        return folder

    return make
