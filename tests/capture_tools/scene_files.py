"""A scene that keeps every rule, as files: its recipe, its EXIF, and a short way to judge it."""

from pathlib import Path

from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.validation import (
    JudgedScene,
    judge_scene,
)
from capture_tools.scenes.reading import SceneFolder, read_scene
from capture_tools.scenes.roles import default_roles

LIMITS = CheckLimits(long_side_px=660, short_side_px=440)


NAMES = ("before", "centre", "after", "transmission")


SOUND = {
    "size": (440, 660),
    "texture": "leaves",
    "camera_step": (6, 10),
    "misalignment": (0, 0),
    "defocus": (0, 0),
    "reflection_ratio": 0.3,
    "gain": (0.95, 0.95),
    "quality": 0,
}


TAGS = {
    "camera": "NIKON D810",
    "iso": 400,
    "aperture": 5.6,
    "exposure_s": 0.01,
    "white_balance": 1,
    "focal_length_mm": 35.0,
}


def judge(folder: Path, limits: CheckLimits = LIMITS) -> JudgedScene:
    return judge_scene(read_scene(SceneFolder(folder.name, folder), default_roles()), limits)


def codes(judged: JudgedScene) -> list[str]:
    return [finding.code for finding in judged.verdict.findings]
