"""Say what a run would take before it begins: parameters, arithmetic, steps, memory, disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.data.corpus import Corpus, open_corpus
from trainer.machine import find_machine
from trainer.methods import find_method
from trainer.nets.config import NetConfig
from trainer.recipe import FitConfig
from trainer.training.cost import (
    Cost,
    discriminator_cost,
    distil_cost,
    method_cost,
    student_cost,
    teacher_cost,
    vgg19_cost,
)
from trainer.training.method_setup import describe_lacks
from trainer.training.preparation import check_recipe
from trainer.training.standing import look_ahead
from trainer.training.timetable import Phases, Timetable

ADAM = 4
"""Numbers kept a weight: itself, its gradient, two moments."""


@dataclass(frozen=True)
class Forecast:
    """What one stage takes.

    Attributes
    ----------
    stage : its name
    parameters : trained numbers
    flops : of one step
    steps : in all
    samples : of one epoch
    memory : bytes of weights, optimiser and activations in float32, without the libraries' own
    disk : bytes of its checkpoints
    """

    stage: str
    parameters: int
    flops: float
    steps: int
    samples: int
    memory: int
    disk: int


def forecast(config: FitConfig, corpus: Corpus, stage: str) -> Forecast:
    """Count what ``stage`` takes, all processes together."""
    plan = config.plan(stage)
    samples = corpus.mixture(stage).epoch_length
    steps = Timetable(phases_of(config, stage), plan.batch, samples).steps
    parts = _trained(config, stage)
    net = parts[0]
    parameters = sum(part.parameters for part in parts)
    macs = 3 * sum(part.macs for part in parts)
    saved = sum(part.saved_bytes for part in parts)
    fixed = 0
    if config.perceptual != "none" and _compares_features(config):
        vgg = vgg19_cost(plan.crop, plan.crop)
        # Prediction and truth forwards, and the gradient to the prediction alone.
        macs += 3 * vgg.macs
        saved += vgg.saved_bytes
    if stage == "student" and config.net.kt:
        told = teacher_cost if config.labels else distil_cost  # its pictures, or f_t alone
        teacher = told(config.net, plan.crop, plan.crop)
        macs += teacher.macs
        fixed += teacher.parameters
    average = net.parameters if plan.ema else 0
    return Forecast(
        stage=stage,
        parameters=parameters,
        flops=2.0 * macs * plan.batch,
        steps=min(steps, config.max_steps or steps),
        samples=samples,
        memory=4 * (ADAM * parameters + average + fixed) + saved * (plan.batch // plan.accumulate),
        disk=4 * (3 * parameters + average + 2 * net.parameters),
    )


def describe_run(config: FitConfig, folders: Sequence[Path], out: Path | None = None) -> str:
    """Return the forecast of every stage as text.

    Parameters
    ----------
    out : folder of the run; what stands there is looked at as `fit` does

    Raises
    ------
    ShardError, ConfigError, CheckpointError
        The run would not begin, or a stage of it.
    """
    corpus = open_corpus(folders, config)
    machine = find_machine(config.device, config.precision)
    check_recipe(config, machine)
    remarks = [] if out is None else look_ahead(config, corpus, out)
    lines = [f"device: {machine}"]
    for source in corpus.train:
        counts = ", ".join(f"{n} {split}" for split, n in source.index.counts().items())
        lines.append(
            f"{source.folder}: {source.kind}, {counts}; seen {source.weight:g} times an epoch"
        )
    if config.method is not None:
        lines += describe_lacks(find_method(config.method.name), corpus)
    stages = [forecast(config, corpus, stage) for stage in config.stages]
    for stage in stages:
        lines += _lines(stage, config)
    total = sum(stage.disk for stage in stages)
    lines.append(f"disk in all: {total / 2**30:.2f} GiB of checkpoints, and the logs")
    return "\n".join(line.replace("\n", "\\n") for line in (*lines, *remarks))  # those of names


def _trained(config: FitConfig, stage: str) -> list[Cost]:
    """Return the networks that a stage trains, the one that it is named after first."""
    if config.method is not None:
        return method_cost(config.method, config.method.crop)
    net: NetConfig = config.net
    if stage == "teacher":
        return [teacher_cost(net, config.teacher.crop, config.teacher.crop)]
    crop = config.student.crop
    judged = net.kt and config.student.weights.adversarial > 0
    judge = [discriminator_cost(net, crop, crop)] if judged else []
    return [student_cost(net, crop, crop), *judge]


def phases_of(config: FitConfig, stage: str) -> Phases:
    """Return the phases of a stage, in order."""
    if config.method is None:
        return {stage: config.teacher if stage == "teacher" else config.student}
    return find_method(config.method.name).phases(config.method)


def _compares_features(config: FitConfig) -> bool:
    """Say whether a loss of the run runs VGG."""
    return config.method is None or find_method(config.method.name).taps is not None


def _lines(stage: Forecast, config: FitConfig) -> list[str]:
    plan = config.plan(stage.stage)
    return [
        f"{stage.stage}: {stage.parameters / 1e6:.2f} M parameters",
        f"  {stage.steps} steps of {plan.batch} sequences at {plan.crop}x{plan.crop} px, "
        f"{stage.samples} sequences an epoch",
        f"  {_flops(stage.flops)} a step, {_flops(stage.flops * stage.steps)} in all",
        f"  {stage.memory / 2**30:.2f} GiB of memory in float32, activations included; about half "
        "of the activations in bfloat16",
        f"  {stage.disk / 2**30:.2f} GiB on disk",
    ]


def _flops(flops: float) -> str:
    """Return a number of operations with its unit."""
    for unit, size in (("PFLOP", 1e15), ("TFLOP", 1e12)):
        if flops >= size:
            return f"{flops / size:.3g} {unit}"
    return f"{flops / 1e9:.3g} GFLOP"
