"""Registration: where a pixel of one photo lies in another, and how far to trust it."""

from capture_tools.registration.alignment import Motion, SceneAlignment, align_scene, register
from capture_tools.registration.warp import Registration, warp_to

__all__ = [
    "Motion",
    "Registration",
    "SceneAlignment",
    "align_scene",
    "register",
    "warp_to",
]
