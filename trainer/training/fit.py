"""Train teacher, then student (paper 5.1); the loop is `_train`, visible from top to bottom."""

import logging
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from seqsynth.output.lock import FolderLock
from trainer.data.corpus import Corpus, open_corpus
from trainer.data.mixture import Mixture
from trainer.data.prefetch import Portion, read_ahead
from trainer.errors import CollapseError, DivergenceError, ResourceError
from trainer.machine import Machine, open_machine
from trainer.methods.settings import MethodConfig
from trainer.nets import TeacherNet
from trainer.recipe import FitConfig, StageConfig, table_of
from trainer.training.keeper import Keeper
from trainer.training.method_setup import open_method
from trainer.training.perceptual import Progress
from trainer.training.preparation import (
    begin_stage,
    check_recipe,
    find_teacher,
    find_vgg,
    load_perceptual,
    warn_of_lacks,
)
from trainer.training.run_folder import RunFolder
from trainer.training.stages import Stage, StudentStage, TeacherStage
from trainer.training.standing import (
    anew_sentence,
    begins_anew,
    look_ahead,
    set_aside,
)
from trainer.training.timetable import Timetable
from trainer.training.watching.csv_log import Columns
from trainer.training.watching.flow_watch import warnings_of
from trainer.training.watching.life_watch import is_dead, obituary
from trainer.training.watching.observer import Observer, Validation
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
    validations : those scored to the end by now, of this step or of earlier ones
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
    validations: tuple[Validation, ...] = ()
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
        for remark in look_ahead(config, corpus, out):
            if machine.leads:
                log.warning("%s", remark)
        perceptual = None if config.method else load_perceptual(config, machine, download)
        for name in config.stages:
            torch.manual_seed(config.seed)
            stage: Stage
            if config.method is not None:
                stage = open_method(config, machine, lambda: find_vgg(config, machine, download))
                warn_of_lacks(config, corpus)
            elif name == "teacher":
                stage = TeacherStage(config, machine, perceptual)
            else:
                teacher = find_teacher(config, out, machine)
                _make_way(config, out / name, teacher, machine)
                stage = StudentStage(config, machine, perceptual, teacher)
            with _alone(out / name, machine):
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
            if run.keeper is not None and not sys.is_finalizing():
                run.keeper.keep(step)
            raise
        except (DivergenceError, torch.OutOfMemoryError):
            # What was validated before is known all the same.
            if run.keeper is not None:
                run.keeper.settle()
            raise
        finally:
            if run.keeper is not None:
                run.keeper.observer.close()


@dataclass(frozen=True, eq=False)
class _Run:
    """A stage in training: when what is due, and where it is kept and shown."""

    config: FitConfig
    plan: StageConfig | MethodConfig
    mixture: Mixture
    timetable: Timetable
    todo: range
    kept: RunFolder
    keeper: Keeper | None
    step_log: StepLog
    ask: _Ask

    def settle(self, report: Report) -> Report:
        """Keep, validate and agree on what comes next, after a step."""
        step, every = report.step, self.config.save_steps
        validates = step == report.stop or validation_due(step, self.plan, self.timetable)
        keeps = validates or (bool(every) and step % every == 0)
        if keeps:
            # In every process, so that all of them agree at the same steps.
            self.step_log.flush()
        found: Columns = {}
        if self.keeper is not None:
            if validates:
                # Whether a stage with patience ends is a matter of its scores.
                at_once = step == report.stop or bool(self.plan.patience)
                found = self.keeper.validate(step, at_once=at_once)
            elif keeps:
                self.keeper.keep(step)
            warnings = (*self.keeper.observer.warnings(), *warnings_of(found))
            report = replace(report, validations=self.keeper.found(), warnings=warnings)
        if self.ask.machine.processes > 1 and not self.step_log.is_fetched:
            return report
        agree = self.ask.machine.agree
        # The leading process alone validates; the others go by what it found.
        if validates and agree(is_dead(found)):
            raise CollapseError(obituary(report.stage, report.step, found))
        is_last = step == report.stop or (validates and agree(self.kept.is_stale))
        return replace(report, stopping=agree(self.ask.stop()), is_last=is_last)


def _take_up(stage: Stage, config: FitConfig, corpus: Corpus, folder: Path, ask: _Ask) -> _Run:
    """Make ready a stage's training, from the start or from where it stopped."""
    mixture = corpus.mixture(stage.name)
    timetable = Timetable(stage.phases, stage.config.batch, mixture.epoch_length)
    kept = RunFolder(stage, config, corpus.marks, folder)
    step = kept.resume(leads=ask.machine.leads)
    if not step:
        begin_stage(stage, config)
    stop = step if kept.is_stale else min(timetable.steps, config.max_steps or timetable.steps)
    if step >= stop and kept.is_dead:
        # Whoever came after it would learn from a dead network.
        raise CollapseError(obituary(stage.name, step, {}))
    step_log, keeper = _watch(stage, corpus, kept, step=step, machine=ask.machine)
    if keeper is not None:
        keeper.resume(step)
        if step >= stop and (unscored := keeper.observer.unscored):
            log.warning("%s", _unscored_sentence(stage.name, kept, unscored))
    return _Run(
        config=config,
        plan=stage.config,
        mixture=mixture,
        timetable=timetable,
        todo=range(step, stop),
        kept=kept,
        keeper=keeper,
        step_log=step_log,
        ask=ask,
    )


@contextmanager
def _alone(folder: Path, machine: Machine) -> Iterator[None]:
    """Keep other runs out of a stage's folder while this one writes there."""
    lock = FolderLock(folder) if machine.leads else None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
            # Where nothing came of it, nothing is left.
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _explaining(stage: Stage, kept: RunFolder, machine: Machine) -> Iterator[None]:
    """Say what to do about a step that failed."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ResourceError(_what_to_lower(stage.name, stage.config, machine)) from error
    except DivergenceError as error:
        raise DivergenceError(f"{error}: {_what_to_calm(stage.name, kept)}") from error


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


def _watch(
    stage: Stage, corpus: Corpus, kept: RunFolder, *, step: int, machine: Machine
) -> tuple[StepLog, Keeper | None]:
    """Return the log of steps, and who keeps the stage: the leading process alone."""
    every, samples = GPU_LOG_STEPS if machine.is_gpu else 1, stage.config.batch
    if not machine.leads:
        return StepLog(None, every=every, samples=samples), None
    observer = Observer(
        stage, corpus, kept.folder, step=step, machine=machine, again=kept.is_unscored
    )
    step_log = StepLog(observer.metrics, every=every, samples=samples, watch=observer.look)
    return step_log, Keeper(kept, observer, step_log)


def validation_due(step: int, plan: StageConfig | MethodConfig, timetable: Timetable) -> bool:
    """Say whether the network is validated after ``step`` steps."""
    if plan.validate_steps:
        return step % plan.validate_steps == 0
    return timetable.epoch(step) > timetable.epoch(step - 1)


def _unscored_sentence(name: str, kept: RunFolder, sets: Sequence[str]) -> str:
    """Say of sets that a finished stage was asked to score that it does not, and what does."""
    way_out = f"trainer evaluate scores {kept.folder / 'best.pt'} on a set"
    if name == "teacher":
        way_out = "with more teacher.steps (or epochs) it goes on, and scores it"
    return (
        f"{kept.folder} is trained to its end, so {', '.join(sets)} of validate_on is not scored: "
        f"{way_out}"
    )


def _what_to_calm(name: str, kept: RunFolder) -> str:
    """Say what to do about a loss that is no number."""
    name = table_of(name)
    lower = f"lower {name}.learning_rate, {name}.clip or the term's weight"
    if not kept.last.exists():
        return f"{lower} and start again; there is no checkpoint yet"
    return (
        f"lower {name}.learning_rate or {name}.clip and run the same command again: it goes on "
        f"from {kept.last}, which is good"
    )


def _what_to_lower(name: str, plan: StageConfig | MethodConfig, machine: Machine) -> str:
    table = table_of(name)
    precision = str(machine.precision).removeprefix("torch.")
    return (
        f"{machine.device} has too little memory for the {name} at batch {plan.batch}, crop "
        f"{plan.crop} px, {precision}: raise {table}.accumulate, lower {table}.batch or "
        f"{table}.crop, or set recompute or precision = bfloat16; the last checkpoint is good"
    )
