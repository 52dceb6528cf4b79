"""One training, timed, in a process of its own: a fault on the device ends it and nothing else.

``python -m benchmarks.gpu.trial TRIAL.json`` prints one line of JSON.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from trainer.nets.config import NetConfig
from trainer.recipe import load_recipe
from trainer.training.cost import (
    discriminator_cost,
    distil_cost,
    student_cost,
    teacher_cost,
    vgg19_cost,
)
from trainer.training.fit import fit

PEAK_TFLOPS = {"H100": 989.0, "H200": 989.0, "A100": 312.0}
"""Dense bfloat16 peak by a part of the card's name, as its maker states it."""

BACKWARD = 3
"""A training step of a network costs about three forward passes."""


def run_trial(trial: dict[str, Any]) -> dict[str, Any]:
    """Train and return figures.

    Parameters
    ----------
    trial : "recipe" (overrides of the paper's), "shards", "out", "steps", "warm" (steps not timed)
    """
    config = load_recipe("paper", overrides=trial["recipe"])
    cuda = config.device == "cuda"
    moments: list[float] = []
    objective: list[float] = []
    waiting: list[float] = []
    for report in fit(config, [Path(folder) for folder in trial["shards"]], Path(trial["out"])):
        if cuda:
            torch.cuda.synchronize()
        moments.append(time.perf_counter())
        if "objective" in report.measures:
            objective.append(report.measures["objective"])
            waiting.append(report.measures.get("waiting", 0.0))
    figures: dict[str, Any] = {"objective": objective[-1:], "steps": len(moments)}
    seconds = step_seconds(moments, trial["warm"])
    if seconds is not None:
        plan = config.teacher if config.stage == "teacher" else config.student
        flops = 2 * step_macs(config.stage, config.net, plan.crop, perceptual=config.perceptual)
        figures |= {
            "step_ms": seconds * 1e3,
            "samples_s": plan.batch / seconds,
            "tflops": flops * plan.batch / seconds / 1e12,
            "waiting": waiting[-1] if waiting else None,
        }
        figures["mfu"] = utilisation(figures["tflops"], cuda=cuda)
    if cuda:
        figures["memory_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return figures


def step_seconds(moments: Sequence[float], warm: int) -> float | None:
    """Return the seconds of a step, None where too few were taken.

    Parameters
    ----------
    moments : when each step was over; with the last one a stage is validated, which is no step's
    warm : steps that are not timed
    """
    timed = moments[warm:-1]
    return (timed[-1] - timed[0]) / (len(timed) - 1) if len(timed) > 1 else None


def step_macs(stage: str, net: NetConfig, crop: int, *, perceptual: str) -> int:
    """Return the multiply-accumulates of a training step on one sample."""
    phi = 0 if perceptual == "none" else (1 + BACKWARD) * vgg19_cost(crop, crop).macs
    if stage == "teacher":
        return BACKWARD * teacher_cost(net, crop, crop).macs + phi
    student = BACKWARD * student_cost(net, crop, crop).macs + phi
    if not net.kt:
        return student
    judged = 3 * BACKWARD * discriminator_cost(net, crop, crop).macs
    return student + distil_cost(net, crop, crop).macs + judged


def utilisation(tflops: float, *, cuda: bool) -> float | None:
    """Return the share of the card's peak, None where it is not known."""
    name = torch.cuda.get_device_name() if cuda else ""
    peak = next((value for part, value in PEAK_TFLOPS.items() if part in name), None)
    return None if peak is None else tflops / peak


if __name__ == "__main__":
    print(json.dumps(run_trial(json.loads(Path(sys.argv[1]).read_text()))))
