"""What is timed: the teacher at batch 10, the student at 1, 8 and 32; eager and compiled."""

import argparse
from typing import Any

from benchmarks.gpu.session import is_small, net_of


def speed_recipes(given: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return what is timed: the teacher at 10, the student at 1, 8 and 32; eager and compiled.

    The student learns with what it is taught by: a teacher is in every step of it.
    """
    recipes: dict[str, dict[str, Any]] = {}
    teacher = given.out / "work" / "check-float32-teacher" / "run" / "teacher" / "best.pt"
    for compiled in (False, True):
        word = "compiled" if compiled else "eager"
        common = {"net": net_of(given), "compile": compiled}
        batch = 2 if is_small(given) else 10
        shape = {"batch": batch, "crop": given.crop}
        recipes[f"teacher-{batch}-{word}"] = {**common, "stage": "teacher", "teacher": shape}
        for size in (1, 2) if is_small(given) else (1, 8, 32):
            recipes[f"student-{size}-{word}"] = {
                **common,
                "stage": "student",
                "teacher_from": str(teacher),
                "student": {"batch": size, "crop": given.crop},
            }
    return recipes
