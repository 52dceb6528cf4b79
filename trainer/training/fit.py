"""Train teacher, then student (paper 5.1); the loop is `_train`, visible from top to bottom."""

import logging
import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from seqsynth.errors import ConfigError
from trainer.data.corpus import Corpus, open_corpus
from trainer.data.prefetch import Portion, read_ahead
from trainer.errors import ResourceError
from trainer.machine import Machine, open_machine
from trainer.nets import Discriminator, TeacherNet
from trainer.nets.config import STRIDE
from trainer.recipe import FitConfig, StageConfig
from trainer.training.losses import Perceptual
from trainer.training.perceptual import Progress, load_vgg19, random_vgg19, vgg19_file
from trainer.training.run_folder import RunFolder
from trainer.training.schedule import epoch_of, learning_rate, stage_steps
from trainer.training.stages import Stage, StudentStage, TeacherStage
from trainer.training.standing import (
    anew_sentence,
    begins_anew,
    look_ahead,
    read_teacher,
    set_aside,
)
from trainer.training.watching.flow_watch import warnings_of
from trainer.training.watching.observer import Observer
from trainer.training.watching.step_log import Pending, StepLog

log = logging.getLogger(__name__)

GPU_LOG_STEPS = 20
"""Steps between two looks at a GPU's losses: each look makes it wait."""


@dataclass(frozen=True)
class Report:
    """What happened in one step.

    Attributes
    ----------
    stage : "teacher" or "student"
    step, steps : taken, and in the whole schedule
    stop : the step this run ends at, earlier than the schedule with ``max_steps``
    epoch : from 0
    measures : terms and timings as last fetched from the device
    scores : of a validation after this step, empty without one
    warnings : signs of trouble seen now
    """

    stage: str
    step: int
    steps: int
    stop: int
    epoch: int
    measures: Mapping[str, float]
    scores: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def fit(
    config: FitConfig, folders: Sequence[Path], out: Path, download: Progress | None = None
) -> Generator[Report, None, None]:
    """Train what ``config.stage`` names on shard folders, yielding after every step.

    The same call again goes on where the last one stopped. Closing the generator writes a
    checkpoint first.

    Parameters
    ----------
    out : folder of the run; ``teacher`` and ``student`` lie in it
    download : told of the progress of fetching VGG-19's weights

    Raises
    ------
    ShardError, ConfigError, CheckpointError, WeightsError
        Something needed is missing or does not fit, found before the first step.
    DivergenceError, ResourceError, OutputError
        A step failed; the last checkpoint is good.
    """
    with open_machine(config.device, config.precision) as machine:
        corpus = open_corpus(folders, config)
        check_recipe(config, machine)
        for remark in look_ahead(config, corpus, out):
            if machine.leads:
                log.warning("%s", remark)
        perceptual = _load_perceptual(config, machine, download)
        for name in config.stages:
            torch.manual_seed(config.seed)
            stage: Stage
            if name == "teacher":
                stage = TeacherStage(config, machine, perceptual)
            else:
                teacher = find_teacher(config, out, machine)
                _make_way(config, out / name, teacher, machine)
                stage = StudentStage(config, machine, perceptual, teacher)
            yield from _train(stage, config, corpus, out / name, machine)
            machine.wait()


def _train(
    stage: Stage, config: FitConfig, corpus: Corpus, folder: Path, machine: Machine
) -> Generator[Report, None, None]:
    """Train one stage from where it stands to its end."""
    mixture = corpus.mixture(stage.name)
    plan, length = stage.config, mixture.epoch_length
    kept = RunFolder(stage, config, corpus.marks, folder)
    step = kept.resume()
    steps = stage_steps(plan, length)
    todo = range(step, min(steps, config.max_steps or steps))
    observer = _observer(stage, corpus, folder, step=step, machine=machine)
    step_log = _step_log(observer, plan, machine)
    portion = Portion(plan.batch, machine.rank, machine.processes)
    batches = read_ahead(mixture, portion, todo, ahead=config.prefetch, pin=machine.is_gpu)
    try:
        for number in todo:
            with step_log.waiting():
                batch = next(batches)
            epoch = epoch_of(number, plan, length)
            rate = learning_rate(number, plan, length)
            measures = stage.step(batch.to(machine.device, non_blocking=True), rate, epoch)
            step = number + 1
            step_log.add(Pending(step, epoch, rate, measures))
            report = Report(stage.name, step, steps, todo.stop, epoch, step_log.latest)
            if observer is not None:
                validates = step == todo.stop or validation_due(step, plan, length)
                saves = bool(config.save_steps) and step % config.save_steps == 0
                report = replace(report, warnings=observer.look(report.measures, step))
                if validates or saves:
                    report = _keep(report, step_log, observer, kept, validates=validates)
            yield report
    except GeneratorExit:
        # The caller stopped between two steps, where everything is consistent.
        step_log.flush()
        if observer is not None and not sys.is_finalizing():
            kept.keep(step, {})
        raise
    except torch.OutOfMemoryError as error:
        raise ResourceError(_what_to_lower(stage.name, plan, machine)) from error


def _make_way(
    config: FitConfig, folder: Path, teacher: TeacherNet | None, machine: Machine
) -> None:
    """Set a student aside that its own teacher, better by now, did not teach."""
    step = begins_anew(config, folder, teacher)
    # Every process has looked before one changes what is there, and none goes on before that.
    machine.wait()
    if step and machine.leads:
        log.warning("%s", anew_sentence(step, set_aside(folder).name))
    machine.wait()


def _observer(
    stage: Stage, corpus: Corpus, folder: Path, *, step: int, machine: Machine
) -> Observer | None:
    """Return who watches the stage: the leading process alone."""
    if not machine.leads:
        return None
    return Observer(
        stage.network, corpus, folder, teacher=stage.teacher, step=step, machine=machine
    )


def _step_log(observer: Observer | None, plan: StageConfig, machine: Machine) -> StepLog:
    """Return the log of steps, which only the leading process writes to disk."""
    every = GPU_LOG_STEPS if machine.is_gpu else 1
    return StepLog(None if observer is None else observer.metrics, every=every, samples=plan.batch)


def _keep(
    report: Report, step_log: StepLog, observer: Observer, kept: RunFolder, *, validates: bool
) -> Report:
    """Write a checkpoint, after a validation if one is due; return the report with its scores."""
    step_log.flush()
    with step_log.paused():
        scores = observer.validate(report.step) if validates else {}
        # Before the pictures: whatever they come to, the checkpoint is there.
        kept.keep(report.step, scores)
        if validates:
            observer.draw(scores, report.step)
    return replace(report, scores=scores, warnings=(*report.warnings, *warnings_of(scores)))


def validation_due(step: int, plan: StageConfig, epoch_length: int) -> bool:
    """Say whether the network is validated after ``step`` steps."""
    if plan.validate_steps:
        return step % plan.validate_steps == 0
    return epoch_of(step, plan, epoch_length) > epoch_of(step - 1, plan, epoch_length)


def check_recipe(config: FitConfig, machine: Machine) -> None:
    """Refuse what would only fail when its stage begins.

    Raises
    ------
    ConfigError
        A batch cannot be shared out, or the student's crop is too small for the discriminator.
    """
    for name in config.stages:
        plan = config.teacher if name == "teacher" else config.student
        if plan.batch % machine.processes:
            raise ConfigError(
                f"{name}.batch = {plan.batch} cannot be shared by {machine.processes} processes: "
                f"set a multiple of {machine.processes}, or train this stage in one process"
            )
    if "student" in config.stages and config.net.kt and config.student.weights.adversarial > 0:
        cells = -(-config.student.crop // STRIDE)
        with torch.device("meta"):
            Discriminator(config.net)(torch.empty(1, config.net.knowledge_channels, cells, cells))


def find_teacher(config: FitConfig, out: Path, machine: Machine) -> TeacherNet | None:
    """Return the teacher that the student is to learn from, or None without knowledge transfer.

    Raises
    ------
    CheckpointError
        It is missing, torn, or its representation is of another shape than the student's.
    """
    return machine.host(read_teacher(config, out)) if config.net.kt else None


def _load_perceptual(
    config: FitConfig, machine: Machine, download: Progress | None
) -> Perceptual | None:
    """Return phi of equation 5, or None without the perceptual loss."""
    if config.perceptual == "none":
        return None
    if config.perceptual == "random":
        net = random_vgg19(config.net.width, config.seed)
    else:
        if not machine.leads:
            # One process fetches for all.
            machine.wait()
        file = vgg19_file(config.vgg_weights, download)
        if machine.leads:
            machine.wait()
        net = load_vgg19(file)
    return machine.host(net)


def _what_to_lower(name: str, plan: StageConfig, machine: Machine) -> str:
    return (
        f"{machine.device} has too little memory for the {name} at batch {plan.batch}, crop "
        f"{plan.crop} px, {str(machine.precision).removeprefix('torch.')}: lower {name}.batch or "
        f"{name}.crop, or set recompute or precision = bfloat16; the last checkpoint is good"
    )
