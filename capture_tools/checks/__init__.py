"""Checks: one function a rule, each from what is known of a scene and the limits to findings.

`settings` and `size` judge what the files' headers say, the other modules what was measured on the
pixels. No check raises and none stops another; each can answer "cannot tell".
"""

from capture_tools.checks.duplicates import DuplicatePair, duplicate_groups
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.validation import (
    JudgedScene,
    judge_duplicates,
    judge_photos,
    judge_scene,
    judge_views,
    lacks_only_transmission,
)

__all__ = [
    "CheckLimits",
    "DuplicatePair",
    "JudgedScene",
    "duplicate_groups",
    "judge_duplicates",
    "judge_photos",
    "judge_scene",
    "judge_views",
    "lacks_only_transmission",
]
