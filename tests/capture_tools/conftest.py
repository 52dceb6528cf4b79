"""Drawn captures: scenes of which every warp, gain and motion is known."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from benchmarks.drawn_captures import DrawnScene, Recipe, draw_scene
from capture_tools.aligned_view import AlignedView, bring_onto
from capture_tools.alignment import SceneAlignment, align_scene
from capture_tools.working_view import WorkingView, reduce_view

Draw = Callable[..., DrawnScene]


@pytest.fixture(scope="session")
def draw() -> Draw:
    """draw(seed, **recipe) -> DrawnScene, drawn once per session for the same arguments."""

    @lru_cache(maxsize=64)
    def drawn(seed: int, recipe: Recipe) -> DrawnScene:
        return draw_scene(seed, recipe)

    def drawing(seed: int, **recipe: Any) -> DrawnScene:
        return drawn(seed, Recipe(**recipe))

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
    return Measured
