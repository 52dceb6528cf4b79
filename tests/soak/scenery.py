"""Inputs of the writers: a captured scene and a benchmark of pairs, drawn small."""

from pathlib import Path

from PIL import Image

from tests.conftest import draw_photo
from tests.drawing.captures import SceneRecipe, draw_scene

ROLES = ("before", "centre", "after", "transmission")


def draw_scenes(folder: Path) -> Path:
    """Write a scene of four photos; return the folder."""
    for seed in range(1):
        scene = draw_scene(seed, SceneRecipe(size=(232, 352)))
        (folder / f"scene{seed}").mkdir(parents=True)
        for role, photo in zip(ROLES, [*scene.views, scene.transmission], strict=True):
            Image.fromarray(photo).save(folder / f"scene{seed}" / f"{role}.png")
    return folder


def draw_pairs(folder: Path) -> Path:
    """Write four pairs as Real20 has them; return the folder."""
    for number in range(4):
        for role, seed in (("blended", number), ("transmission_layer", 100 + number)):
            (folder / role).mkdir(parents=True, exist_ok=True)
            photo = Image.fromarray(draw_photo(seed, (40 + number, 60, 3)))
            photo.save(folder / role / f"{number}.png")
    return folder
