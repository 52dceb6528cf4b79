"""Folders of drawn capture scenes, and their ingestion by the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from seqsynth.cli import group
from tests.drawing.captures import SceneRecipe, draw_scene

ROLES = ("before", "centre", "after", "transmission")

MakeScene = Callable[..., Path]


@pytest.fixture(scope="session")
def drawn() -> Callable[[int], list[np.ndarray]]:
    """The photos of a seed's scene, drawn once: views, then the transmission."""
    known: dict[int, list[np.ndarray]] = {}

    def draw(seed: int) -> list[np.ndarray]:
        if seed not in known:
            scene = draw_scene(seed, SceneRecipe(size=(232, 352)))
            known[seed] = [*scene.views, scene.transmission]
        return known[seed]

    return draw


@pytest.fixture
def make_scene(tmp_path: Path, drawn: Callable[[int], list[np.ndarray]]) -> MakeScene:
    """Write a drawn scene as PNGs below scenes/ and return its folder."""

    def make(name: str, seed: int, *, suffix: str = ".png") -> Path:
        folder = tmp_path / "scenes" / name
        folder.mkdir(parents=True)
        for role, photo in zip(ROLES, drawn(seed), strict=True):
            Image.fromarray(photo).save(folder / f"{role}{suffix}")
        return folder

    return make


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the command line; errors on purpose come out as exceptions."""

    def runner(*arguments: object, **options: Any) -> Result:
        call = [str(argument) for argument in arguments]
        return CliRunner().invoke(group, call, standalone_mode=False, **options)

    return runner


@pytest.fixture
def ingest(run: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Ingest scenes/ into out/ with one worker."""

    def call(*options: object, out: str = "out") -> Result:
        return run(
            "ingest-captures", tmp_path / "scenes", "--out", tmp_path / out, "--jobs", 1, *options
        )

    return call
