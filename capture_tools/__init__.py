"""Captures: photos of static scenes through glass, read, grouped, judged and aligned (paper 4.1).

A scene is three views by a slowly moving camera and the transmission photo of the centre view.
This package needs numpy, OpenCV, Pillow and SciPy; HEIC and camera raw files need an extra each.

These names are the way from a camera roll to pictures that lie on each other. The data they hand
on are in `capture_tools.capture`, everything else in the five wings: `photos`, `scenes`,
`registration`, `measuring` and `checks`.
"""

from capture_tools.capture import CaptureError
from capture_tools.checks import CheckLimits, judge_duplicates, judge_scene
from capture_tools.photos import read_photo
from capture_tools.scenes import (
    default_roles,
    execute_plan,
    find_scenes,
    frame_scene,
    plan_grouping,
    read_scene,
    read_scene_photos,
)

__all__ = [
    "CaptureError",
    "CheckLimits",
    "default_roles",
    "execute_plan",
    "find_scenes",
    "frame_scene",
    "judge_duplicates",
    "judge_scene",
    "plan_grouping",
    "read_photo",
    "read_scene",
    "read_scene_photos",
]
