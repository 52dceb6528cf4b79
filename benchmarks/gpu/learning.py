"""A training in the time that is left, scored beside the rows that learn nothing."""

import argparse
import subprocess
import sys
from typing import Any

from benchmarks.gpu.parts import split_weights
from benchmarks.gpu.session import RESERVE_S, Session, is_small, net_of, timed_steps


def train(session: Session) -> dict[str, Any]:
    """Train in the time left, score beside the rows that learn nothing, keep the weights."""
    given = session.given
    net = net_of(given, width=given.train_width, kt=False)
    stage = {"batch": 2 if is_small(given) else 16, "crop": given.crop, "warmup_steps": 30}
    recipe = {"stage": "student", "net": net, "perceptual": "none", "flip_vertical": True}
    probe = session.trial("training-probe", {**recipe, "student": stage}, *timed_steps(given))
    if "step_ms" not in probe:
        return {"probe": probe}
    seconds = min(session.left_s - RESERVE_S - 60, 3600)
    steps = max(4, int(seconds * 0.85 / (probe["step_ms"] / 1e3)))
    steps = min(steps, 20) if is_small(given) else steps
    plan = {**stage, "schedule": "cosine", "ema": 0.999, "learning_rate": 7e-4}
    figures = session.trial("training", {**recipe, "student": plan}, steps, 1)
    checkpoint = given.out / "work" / "training" / "run" / "student" / "last.pt"
    if not checkpoint.exists():
        return {"probe": probe, "fault": figures.get("fault", "no checkpoint was written")}
    weights = split_weights(checkpoint, given.out)
    return {**figures, "planned_steps": steps, "weights": weights, "scores": _score(session)}


def _score(session: Session) -> dict[str, str]:
    """Score the student on held-out sequences and on the pairs, beside what learns nothing."""
    tables = {}
    for name in ("shards", "pairs"):
        if not (session.given.out / "work" / name / "index.json").exists():
            continue
        command = [sys.executable, "-m", "trainer", *score_command(session.given, name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        tables[name] = done.stdout if done.returncode == 0 else done.stderr[-500:]
    return tables


def score_command(given: argparse.Namespace, name: str) -> list[str]:
    """Return what `trainer` is asked, to score the student on a set in the work folder."""
    work = given.out / "work"
    checkpoint = work / "training" / "run" / "student" / "last.pt"
    command = ["-q", "evaluate", f"student={checkpoint}", f"{name}={work / name}"]
    return [*command, "--device", given.device, "--out", str(work / f"scores-{name}")]
