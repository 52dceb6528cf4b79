"""A run's session: its time, its figures, and trainings in processes of their own."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from trainer.recipe import merge

RESERVE_S = 40
"""Kept for scoring, the page and the weights."""

LONGEST_TRIAL_S = 240

SEQSYNTH = ("-c", "from seqsynth.cli import main; main()")

BASE: dict[str, Any] = {
    "perceptual": "random",
    "tensorboard": False,
    "save_steps": 0,
    "validation_crop": 64,
}
"""VGG-19's weights are nowhere on a bare machine; random ones cost the same."""


@dataclass
class Session:
    """One run: where things lie, what is left of the time, and what was found.

    Attributes
    ----------
    given : the command line
    figures : written to figures.json after every step, so that a cut-off run keeps them
    """

    given: argparse.Namespace
    started: float = field(default_factory=time.monotonic)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def left_s(self) -> float:
        """Seconds until everything must be over."""
        return float(self.given.minutes * 60 - (time.monotonic() - self.started))

    def note(self, key: str, value: Any) -> None:
        """Keep a figure, print it, and write all of them."""
        self.figures[key] = value
        print(f"[{time.monotonic() - self.started:6.1f} s] {key}: {json.dumps(value)}", flush=True)
        text = json.dumps(self.figures, indent=1, sort_keys=True)
        (self.given.out / "figures.json").write_text(text)

    @property
    def _base(self) -> dict[str, Any]:
        # On a CPU the script is only tried, and VGG-19 would take minutes a step.
        phi = {"perceptual": "none"} if is_small(self.given) else {}
        return {**BASE, **phi, "device": self.given.device}

    def trial(self, name: str, recipe: Mapping[str, Any], steps: int, warm: int) -> dict[str, Any]:
        """Train in a process of its own; return its figures, or how it failed."""
        folder = self.given.out / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        stage = recipe.get("stage", "teacher")
        asked = {stage: {"steps": steps, "validate_steps": steps + 1}}
        document = {
            "recipe": reduce(merge, (self._base, asked, recipe)),
            "shards": [str(self.given.out / "work" / "shards")],
            "out": str(folder / "run"),
            "steps": steps,
            "warm": warm,
        }
        (folder / "trial.json").write_text(json.dumps(document))
        return call_json(
            ["-m", "benchmarks.gpu.trial", str(folder / "trial.json")],
            min(LONGEST_TRIAL_S, self.left_s - RESERVE_S),
        )


def call_json(arguments: list[str], timeout_s: float) -> dict[str, Any]:
    """Run Python with arguments; return its last line as JSON, or "fault" with what it said."""
    if timeout_s <= 0:
        return {"fault": "no time was left"}
    command = [sys.executable, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return {"fault": f"took over {timeout_s:.0f} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return dict(json.loads(lines[-1]))
    said = done.stderr.strip().splitlines() or ["nothing was said"]
    return {"fault": said[-1][:500]}


def call(arguments: list[str]) -> str:
    """Run Python with arguments; return what went wrong, or ""."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or ["failed without a word"])[-1]


def is_small(given: argparse.Namespace) -> bool:
    """Say whether this only tries the script, on a CPU."""
    return bool(given.device == "cpu")


def timed_steps(given: argparse.Namespace) -> tuple[int, int]:
    """Return steps of a timed training, and those of them that are not timed."""
    return (6, 2) if is_small(given) else (60, 20)


def net_of(given: argparse.Namespace, **more: Any) -> dict[str, Any]:
    """Return the networks' settings; a crop below 96 px is too small for the paper's D."""
    layers = {} if given.crop >= 96 else {"d_layers": 2}
    return {"width": given.width, "residual": True, "res_scale": 0.1, **layers, **more}
