"""Measuring: light, focus, movers and motion of a scene, each number with the doubt it deserves."""

from capture_tools.measuring.focus import SharpnessRatios
from capture_tools.measuring.light import Gain, LightComparison
from capture_tools.measuring.measurement import (
    AlignedScene,
    SceneMeasurement,
    align_views,
    measure_scene,
)
from capture_tools.measuring.movers import Movers
from capture_tools.measuring.reflection import ReflectionMotion

__all__ = [
    "AlignedScene",
    "Gain",
    "LightComparison",
    "Movers",
    "ReflectionMotion",
    "SceneMeasurement",
    "SharpnessRatios",
    "align_views",
    "measure_scene",
]
