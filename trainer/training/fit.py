"""Train teacher, then student (paper 5.1); the loop is `_train`, visible from top to bottom."""

import logging
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from seqsynth.errors import ConfigError
from trainer.checkpoint import load_checkpoint, load_teacher
from trainer.data.corpus import Corpus, open_corpus
from trainer.data.mixture import Mixture
from trainer.data.prefetch import Portion, read_ahead
from trainer.errors import CheckpointError, CollapseError, DivergenceError, ResourceError
from trainer.machine import Machine, open_machine
from trainer.methods import find_method
from trainer.methods.settings import MethodConfig
from trainer.nets import Discriminator, TeacherNet
from trainer.nets.config import STRIDE
from trainer.recipe import FitConfig, StageConfig
from trainer.training.losses import Perceptual
from trainer.training.method_setup import check_features, describe_lacks, open_method
from trainer.training.perceptual import Progress, load_vgg19, random_vgg19, vgg19_file
from trainer.training.run_folder import RunFolder
from trainer.training.stages import Stage, StudentStage, TeacherStage
from trainer.training.timetable import Timetable
from trainer.training.watching.flow_watch import warnings_of
from trainer.training.watching.life_watch import is_dead, obituary
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
    stage : "teacher", "student", or a method's name
    step, steps : taken, and in the whole schedule
    stop : the step this run ends at, earlier than the schedule with ``max_steps``
    epoch : from 0
    measures : terms and timings as last fetched from the device
    scores : of a validation after this step, empty without one
    further : likewise on each set of ``validate_on``, by name
    warnings : signs of trouble seen now
    stopping : every process has agreed to stop after this step
    is_last : the stage ends with this step, perhaps before its schedule does (patience)
    """

    stage: str
    step: int
    steps: int
    stop: int
    epoch: int
    measures: Mapping[str, float]
    scores: Mapping[str, float] = field(default_factory=dict)
    further: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    stopping: bool = False
    is_last: bool = False


def fit(
    config: FitConfig,
    folders: Sequence[Path],
    out: Path,
    download: Progress | None = None,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[Report, None, None]:
    """Train what ``config.stage`` names on shard folders, yielding after every step.

    The same call again goes on where the last one stopped. Closing the generator writes a
    checkpoint first. Of several processes all must close it after the same step: ``stop`` says in
    any of them that it is time, and a report's ``stopping`` in all of them that it is agreed.

    Parameters
    ----------
    out : folder of the run; ``teacher`` and ``student`` lie in it, or the method
    download : told of the progress of fetching VGG-19's weights
    stop : asked after every step, or every few on a GPU, whether to stop

    Raises
    ------
    ShardError, ConfigError, CheckpointError, WeightsError
        Something needed is missing or does not fit, found before the first step.
    DivergenceError, ResourceError, OutputError
        A step failed; the last checkpoint is good.
    CollapseError
        A validation finds a network dead: its steps from here on would be wasted.
    """
    with open_machine(config.device, config.precision) as machine:
        corpus = open_corpus(folders, config)
        check_recipe(config, machine)
        perceptual = None if config.method else _load_perceptual(config, machine, download)
        for name in config.stages:
            torch.manual_seed(config.seed)
            stage: Stage
            if config.method is not None:
                stage = open_method(config, machine, lambda: _find_vgg(config, machine, download))
                _warn_of_lacks(config, corpus)
            elif name == "teacher":
                stage = TeacherStage(config, machine, perceptual)
            else:
                teacher = find_teacher(config, out, machine)
                stage = StudentStage(config, machine, perceptual, teacher)
            yield from _train(stage, config, corpus, out / name, _Ask(machine, stop))
            machine.wait()


@dataclass(frozen=True)
class _Ask:
    """Where a run computes, and whom it asks whether to stop."""

    machine: Machine
    stop: Callable[[], bool]


def _train(
    stage: Stage, config: FitConfig, corpus: Corpus, folder: Path, ask: _Ask
) -> Generator[Report, None, None]:
    """Train one stage from where it stands to its end."""
    run = _take_up(stage, config, corpus, folder, ask)
    machine, step, steps = ask.machine, run.todo.start, run.timetable.steps
    portion = Portion(stage.config.batch, machine.rank, machine.processes)
    batches = read_ahead(run.mixture, portion, run.todo, ahead=config.prefetch, pin=machine.is_gpu)
    with _explaining(stage, run.kept, machine):
        try:
            for number in run.todo:
                with run.step_log.waiting():
                    batch = next(batches)
                moment, epoch = run.timetable.at(number), run.timetable.epoch(number)
                measures = stage.step(batch.to(machine.device, non_blocking=True), moment)
                step = number + 1
                run.step_log.add(Pending(step, epoch, moment.learning_rate, measures))
                latest = run.step_log.latest
                report = run.settle(Report(stage.name, step, steps, run.todo.stop, epoch, latest))
                yield report
                if report.is_last:
                    break
        except GeneratorExit:
            # The caller stopped between two steps, where everything is consistent.
            run.step_log.flush()
            if run.observer is not None and not sys.is_finalizing():
                run.kept.keep(step, {})
            raise


@dataclass(frozen=True, eq=False)
class _Run:
    """A stage in training: when what is due, and where it is kept and shown."""

    config: FitConfig
    plan: StageConfig | MethodConfig
    mixture: Mixture
    timetable: Timetable
    todo: range
    kept: RunFolder
    observer: Observer | None
    step_log: StepLog
    ask: _Ask

    def settle(self, report: Report) -> Report:
        """Keep, validate and agree on what comes next, after a step."""
        step, every = report.step, self.config.save_steps
        validates = step == report.stop or validation_due(step, self.plan, self.timetable)
        if self.observer is not None:
            if validates or (every and step % every == 0):
                report = _keep(report, self.step_log, self.observer, self.kept, validates=validates)
            report = replace(report, warnings=(*self.observer.warnings(), *report.warnings))
        if not (validates or self.step_log.is_fetched):
            return report
        agree = self.ask.machine.agree
        # The leading process alone validates; the others go by what it found.
        if validates and agree(is_dead(report.scores)):
            raise CollapseError(obituary(report.stage, report.step, report.scores))
        is_last = step == report.stop or (validates and agree(self.kept.is_stale))
        return replace(report, stopping=agree(self.ask.stop()), is_last=is_last)


def _take_up(stage: Stage, config: FitConfig, corpus: Corpus, folder: Path, ask: _Ask) -> _Run:
    """Make ready a stage's training, from the start or from where it stopped."""
    mixture = corpus.mixture(stage.name)
    timetable = Timetable(stage.phases, stage.config.batch, mixture.epoch_length)
    kept = RunFolder(stage, config, corpus.marks, folder)
    step = kept.resume()
    if not step:
        _begin(stage, config)
    stop = step if kept.is_stale else min(timetable.steps, config.max_steps or timetable.steps)
    observer = _observer(stage, corpus, folder, step=step, machine=ask.machine)
    return _Run(
        config=config,
        plan=stage.config,
        mixture=mixture,
        timetable=timetable,
        todo=range(step, stop),
        kept=kept,
        observer=observer,
        step_log=_step_log(observer, stage.config, ask.machine),
        ask=ask,
    )


@contextmanager
def _explaining(stage: Stage, kept: RunFolder, machine: Machine) -> Iterator[None]:
    """Say what to do about a step that failed."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ResourceError(_what_to_lower(stage.name, stage.config, machine)) from error
    except DivergenceError as error:
        raise DivergenceError(f"{error}: {_what_to_calm(stage.name, kept)}") from error


def _begin(stage: Stage, config: FitConfig) -> None:
    """Give a stage that begins the weights of ``init_from``, if they are its own kind.

    Raises
    ------
    CheckpointError
        The file is of no stage of this run, or of a network of another shape.
    """
    file = config.init_from
    if file is None:
        return
    found = load_checkpoint(file)
    if found.stage not in config.stages:
        raise CheckpointError(
            f"{file} holds a {found.stage}, this run trains {', '.join(config.stages)}: name "
            "another with --init-from, or choose --stage"
        )
    if found.stage != stage.name:
        return
    learner = stage.learners[stage.name]
    wanted = {name: tuple(w.shape) for name, w in learner.net.state_dict().items()}
    there = {name: tuple(w.shape) for name, w in found.weights.items()}
    for name in [*wanted, *there]:
        if wanted.get(name) != there.get(name):
            shape = found.net.model_dump(exclude_defaults=True) or "the paper's shape"
            raise CheckpointError(
                f"{file} does not fit: {name} is {there.get(name)}, wanted {wanted.get(name)}; "
                f"its network has {shape}: give the same preset, or --set net.*"
            )
    learner.begin_with(found.weights)


def _observer(
    stage: Stage, corpus: Corpus, folder: Path, *, step: int, machine: Machine
) -> Observer | None:
    """Return who watches the stage: the leading process alone."""
    if not machine.leads:
        return None
    return Observer(stage, corpus, folder, step=step, machine=machine)


def _step_log(
    observer: Observer | None, plan: StageConfig | MethodConfig, machine: Machine
) -> StepLog:
    """Return the log of steps, which only the leading process writes to disk."""
    every = GPU_LOG_STEPS if machine.is_gpu else 1
    if observer is None:
        return StepLog(None, every=every, samples=plan.batch)
    return StepLog(observer.metrics, every=every, samples=plan.batch, watch=observer.look)


def _keep(
    report: Report, step_log: StepLog, observer: Observer, kept: RunFolder, *, validates: bool
) -> Report:
    """Write a checkpoint, after a validation if one is due; return the report with its scores."""
    step_log.flush()
    with step_log.paused():
        scores = observer.validate(report.step) if validates else {}
        further = observer.validate_further(report.step) if validates else {}
        # Before the pictures: whatever they come to, the checkpoint is there.
        kept.keep(report.step, scores)
        if validates:
            observer.draw(scores, report.step)
    warnings = (*report.warnings, *warnings_of(scores))
    return replace(report, scores=scores, further=further, warnings=warnings)


def validation_due(step: int, plan: StageConfig | MethodConfig, timetable: Timetable) -> bool:
    """Say whether the network is validated after ``step`` steps."""
    if plan.validate_steps:
        return step % plan.validate_steps == 0
    return timetable.epoch(step) > timetable.epoch(step - 1)


def check_recipe(config: FitConfig, machine: Machine) -> None:
    """Refuse what would only fail when its stage begins.

    Raises
    ------
    ConfigError
        A batch cannot be shared out, or the student's crop is too small for the discriminator.
    """
    for name in config.stages:
        plan = config.plan(name)
        parts = machine.processes * (plan.accumulate if isinstance(plan, StageConfig) else 1)
        if plan.batch % machine.processes:
            raise ConfigError(
                f"{name}.batch = {plan.batch} cannot be shared by {machine.processes} processes: "
                f"set a multiple of {machine.processes}, or train this stage in one process"
            )
        if plan.batch % parts:
            raise ConfigError(
                f"{name}.batch = {plan.batch} does not fall into {parts} parts "
                f"({machine.processes} processes, accumulate = {parts // machine.processes}): "
                f"lower accumulate, or set a multiple of {parts}"
            )
    if config.method is not None:
        check_features(config, config.method)
    elif "student" in config.stages and config.net.kt and config.student.weights.adversarial > 0:
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
    if not config.net.kt:
        return None
    file = config.teacher_from or out / "teacher" / f"{config.teach_with}.pt"
    if not file.exists():
        raise CheckpointError(
            f"{file}: no teacher yet; train one with --stage both, name one with --teacher-from, "
            "or do without (--ablate kt)"
        )
    teacher, checkpoint = load_teacher(file)
    for name in ("knowledge_channels", "views", "encoder_strides"):
        found, wanted = getattr(checkpoint.net, name), getattr(config.net, name)
        if found != wanted:
            raise CheckpointError(
                f"{file}: the teacher's {name} is {found}, the student's {wanted}"
            )
    return machine.host(teacher)


def _load_perceptual(
    config: FitConfig, machine: Machine, download: Progress | None
) -> Perceptual | None:
    """Return phi of equation 5, or None without the perceptual loss."""
    if config.perceptual == "none":
        return None
    if config.perceptual == "random":
        net = random_vgg19(config.net.width, config.seed)
    else:
        net = load_vgg19(_find_vgg(config, machine, download))
    hosted = machine.host(net)
    if config.compile_mode is not None:
        hosted.compile(mode=config.compile_mode)
    return hosted


def _find_vgg(config: FitConfig, machine: Machine, download: Progress | None) -> Path:
    """Return the file of VGG-19's weights; one process fetches it for all."""
    if not machine.leads:
        machine.wait()
    file = vgg19_file(config.vgg_weights, download)
    if machine.leads:
        machine.wait()
    return file


def _warn_of_lacks(config: FitConfig, corpus: Corpus) -> None:
    """Say what the method of a run cannot learn from its shards."""
    if config.method is not None:
        for sentence in describe_lacks(find_method(config.method.name), corpus):
            log.warning("%s", sentence)


def _what_to_calm(name: str, kept: RunFolder) -> str:
    """Say what to do about a loss that is no number."""
    lower = f"lower {name}.learning_rate, {name}.clip or the term's weight"
    if not kept.last.exists():
        return f"{lower} and start again; there is no checkpoint yet"
    return (
        f"lower {name}.learning_rate or {name}.clip and run the same command again: it goes on "
        f"from {kept.last}, which is good"
    )


def _what_to_lower(name: str, plan: StageConfig | MethodConfig, machine: Machine) -> str:
    return (
        f"{machine.device} has too little memory for the {name} at batch {plan.batch}, crop "
        f"{plan.crop} px, {str(machine.precision).removeprefix('torch.')}: lower {name}.batch or "
        f"{name}.crop, or set recompute or precision = bfloat16; the last checkpoint is good"
    )
