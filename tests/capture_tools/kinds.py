"""What fixtures of captures tests are: drawn scenes, measured ones, functions that make them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from capture_tools.capture import CaptureGroup
from capture_tools.checks.validation import JudgedScene
from capture_tools.photos.working_view import Image, WorkingView, reduce_view
from capture_tools.registration.aligned_view import AlignedView, bring_onto
from capture_tools.registration.alignment import SceneAlignment, align_scene
from tests.drawing.captures import DrawnScene


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


Draw = Callable[..., DrawnScene]
Measure = Callable[[DrawnScene], Measured]
Flat = Callable[..., Image]
SavePhoto = Callable[..., Path]
WriteScene = Callable[..., Path]
Judge = Callable[..., JudgedScene]
MakeGroup = Callable[..., CaptureGroup]
