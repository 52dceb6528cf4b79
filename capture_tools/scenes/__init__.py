"""Scenes: folders of photos found, made from a camera roll, read in their roles, and framed."""

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
    "FramedScene",
    "Framing",
    "GroupingPlan",
    "MadeScene",
    "Outcome",
    "Roles",
    "SceneFolder",
    "ScenePhotos",
    "default_roles",
    "execute_plan",
    "find_scenes",
    "frame_scene",
    "parse_order",
    "parse_roles",
    "plan_grouping",
    "read_scene",
    "read_scene_photos",
]
