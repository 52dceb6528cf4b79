"""Captures: photos of static scenes through glass, read, grouped, judged and aligned (paper 4.1).

A scene is three views by a slowly moving camera and the transmission photo of the centre view.
This package needs numpy, OpenCV, Pillow and SciPy; HEIC and camera raw files need an extra each.
"""

from capture_tools.capture import (
    Capture,
    CaptureError,
    CaptureGroup,
    Exif,
    Finding,
    SceneNotes,
    Severity,
    Verdict,
)
from capture_tools.checks.duplicates import DuplicatePair, duplicate_groups
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.validation import JudgedScene, judge_duplicates, judge_photos, judge_scene
from capture_tools.measuring.measurement import SceneMeasurement
from capture_tools.photos.photo import Photo, read_capture, read_photo
from capture_tools.scenes.folders import MadeScene, Outcome, execute_plan
from capture_tools.scenes.framing import FramedScene, Framing, frame_scene
from capture_tools.scenes.grouping import GroupingPlan, parse_order, plan_grouping
from capture_tools.scenes.reading import (
    SceneFolder,
    ScenePhotos,
    find_scenes,
    read_scene,
    read_scene_photos,
)
from capture_tools.scenes.roles import Roles, default_roles, parse_roles

__all__ = [
    "Capture",
    "CaptureError",
    "CaptureGroup",
    "CheckLimits",
    "DuplicatePair",
    "Exif",
    "Finding",
    "FramedScene",
    "Framing",
    "GroupingPlan",
    "JudgedScene",
    "MadeScene",
    "Outcome",
    "Photo",
    "Roles",
    "SceneFolder",
    "SceneMeasurement",
    "SceneNotes",
    "ScenePhotos",
    "Severity",
    "Verdict",
    "default_roles",
    "duplicate_groups",
    "execute_plan",
    "find_scenes",
    "frame_scene",
    "judge_duplicates",
    "judge_photos",
    "judge_scene",
    "parse_order",
    "parse_roles",
    "plan_grouping",
    "read_capture",
    "read_photo",
    "read_scene",
    "read_scene_photos",
]
