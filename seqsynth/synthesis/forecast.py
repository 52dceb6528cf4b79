"""Say what a generation would make, and how long it would take here."""

import time

from seqsynth.config import RunConfig
from seqsynth.engine import worker_count
from seqsynth.synthesis.generate import GenerationPlan
from seqsynth.synthesis.photos import PhotoSource
from seqsynth.synthesis.pipeline import Synthesiser

TRIALS = 8
"""Sequences made, and thrown away, to measure the time of one."""


def seconds_per_sequence(plan: GenerationPlan) -> float:
    """Time a few sequences of the plan on one core of this machine, writing left out.

    Raises
    ------
    SourceError
        A sequence finds no usable photos.
    """
    photos = PhotoSource(plan.photos, plan.config.scale, bits=plan.config.bits)
    synthesiser = Synthesiser(plan.config, plan.pools, photos)
    split = plan.tasks[0].split
    synthesiser.record(split, 0)  # the first call loads and warms what the others need
    started = time.perf_counter()
    for number in range(1, TRIALS + 1):
        synthesiser.record(split, number)
    return (time.perf_counter() - started) / TRIALS


def describe(plan: GenerationPlan, run: RunConfig) -> str:
    """Return the plan in lines for a reader: pools, sequences, shards, bytes, expected time."""
    pools = plan.pools
    each_s = seconds_per_sequence(plan)
    workers = _workers(run)
    total_s = each_s * plan.sequences / workers
    splits = {
        split: sum(task.count for task in plan.tasks if task.split == split)
        for split in ("train", "val")
    }
    rows = {
        "photos": f"{len(plan.photos.files)} in {plan.photos.folder} (list {plan.photos.name})"
        + (f"; {plan.photos.left_out}" if plan.photos.left_out else ""),
        **({"list": plan.photos.remark} if plan.photos.remark else {}),
        "transmission pool": f"{len(pools.transmission_train)} train, "
        f"{len(pools.transmission_val)} val",
        "reflection pool": f"{len(pools.reflection_train)} train, {len(pools.reflection_val)} val",
        "unused photos": str(len(pools.unused)),
        "sequences": f"{splits['train']} train, {splits['val']} val",
        "layout": f"{plan.index.layout}, compression {plan.config.compression}",
        "shards": f"{len(plan.tasks)} of at most {plan.config.shard_size / 2**20:.0f} MiB",
        "size": f"{plan.nbytes / 2**20:.0f} MiB before compression",
        "expected time": f"{_duration(total_s)} ({each_s * 1000:.1f} ms a sequence on one core "
        f"here, {workers} worker{'s' if workers > 1 else ''}, writing left out)",
    }
    lines = (f"{name + ':':<19} {text}" for name, text in rows.items())
    return "\n".join(line.replace("\n", "\\n") for line in lines)  # those of names


def _workers(run: RunConfig) -> int:
    """Return the workers known beforehand; how many a cluster has is its own business."""
    return worker_count(run) if run.backend in ("loky", "threading") else max(1, run.jobs)


def _duration(total_s: float) -> str:
    if total_s < 120:
        return f"{total_s:.0f} s"
    minutes = total_s / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
