"""Watch a stage: its two logs, its validations and its pictures, by the leading process alone."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from seqsynth.errors import OutputError
from trainer.data.corpus import Corpus
from trainer.data.reading import BatchLayout
from trainer.data.sources import Source
from trainer.machine import Machine
from trainer.nets import TeacherNet
from trainer.training.watching.csv_log import Columns, CsvLog
from trainer.training.watching.curves import draw_curves
from trainer.training.watching.flow_watch import LAYERS, JudgeWatch
from trainer.training.watching.panels import panel, save_png
from trainer.training.watching.step_log import TIMINGS
from trainer.training.watching.trackers import Tracker, open_trackers
from trainer.training.watching.validation import SCORES, HeldOut, Network, validate

log = logging.getLogger(__name__)

WATCHED = (
    "knowledge_mean",
    "transfer",
    "transfer_ratio",
    "dead_channels",
    "dead_everywhere",
    "dead_before_colours",
    "residual_std",
    "residual_std_true",
    "output_std",
    *(
        f"{name}_{layer}"
        for layer in LAYERS
        for name in (
            "epe",
            "epe_zero",
            "epe_constant",
            "flow_px",
            "flow_outside",
            "semantic_std",
            "synthesis_predicted",
            "synthesis_zero",
            "synthesis_true",
        )
    ),
)

HEAD = ("step", "epoch", "learning_rate")
"""First columns of the log of steps."""

VALIDATION = (
    "step",
    *(
        f"{score}{of}"
        for of in ("", "_identity", "_stretch", "_linear", "_repeated")
        for score in SCORES
    ),
    *WATCHED,
)


class Watched(Protocol):
    """A stage as its observer sees it."""

    @property
    def teacher(self) -> TeacherNet | None:
        """Who teaches a student; None without knowledge transfer."""

    @property
    def terms(self) -> tuple[str, ...]:
        """What a step measures, columns of the log."""

    @property
    def network(self) -> Network:
        """The network as it is to be used; it learns elsewhere."""


class Observer:
    """What one stage leaves for the eye: logs, scores, pictures.

    A picture or a row that cannot be written is warned of once, and training goes on.

    Parameters
    ----------
    stage : watched
    corpus : of the run
    folder : of the stage
    step : rows of later steps are dropped from the logs
    machine : where held-out sequences go

    Attributes
    ----------
    metrics : the log of steps

    Raises
    ------
    OutputError
        The logs cannot be begun.
    """

    def __init__(
        self, stage: Watched, corpus: Corpus, folder: Path, *, step: int, machine: Machine
    ) -> None:
        self.metrics = CsvLog(folder / "metrics.csv", (*HEAD, *stage.terms, *TIMINGS), step)
        self._validation = CsvLog(folder / "validation.csv", VALIDATION, step)
        self._stage = stage
        self._folder = folder
        self._judge = JudgeWatch()
        self._failed: set[str] = set()
        config = corpus.config
        layout = BatchLayout(config.net.views, config.validation_crop)
        teaching = isinstance(stage.network, TeacherNet)

        def scored(sources: Sequence[Source]) -> HeldOut | None:
            usable = corpus.for_teacher(sources) if teaching else sources
            found = [source for source in usable if len(source.sequences)]
            return HeldOut(found, layout, corpus.colour_map, machine) if found else None

        self._held_out = scored(corpus.held_out)
        self._further = {
            name: (held_out, CsvLog(folder / f"validation-{name}.csv", VALIDATION, step))
            for name, source in corpus.further.items()
            if (held_out := scored([source])) is not None
        }
        self._warnings: list[str] = []
        self._trackers: list[Tracker] = []
        with self._forgiving("TensorBoard's log"):
            self._trackers = open_trackers(config, folder, step)

    def look(self, measures: Mapping[str, float], step: int) -> None:
        """Look at the measures of one step, once they have come from the device."""
        self._post(measures, step)
        if (warning := self._judge.add(measures)) is not None:
            self._warnings.append(warning)

    def warnings(self) -> tuple[str, ...]:
        """Return what was noticed since this was last asked."""
        found, self._warnings = tuple(self._warnings), []
        return found

    def validate(self, step: int) -> Columns:
        """Score the network and log that; nothing where nothing is held out."""
        if self._held_out is None:
            return {}
        scores = validate(self._stage.network, self._stage.teacher, self._held_out)
        self._validation.note({"step": step} | scores)
        return scores

    def validate_further(self, step: int) -> dict[str, Columns]:
        """Score the network on the further sets, and log that, each in a file of its own."""
        found = {}
        for name, (held_out, log_file) in self._further.items():
            scores = validate(self._stage.network, self._stage.teacher, held_out)
            log_file.note({"step": step} | scores)
            self._post({f"{name}/{key}": value for key, value in scores.items()}, step)
            found[name] = scores
        return found

    def draw(self, scores: Mapping[str, float], step: int) -> None:
        """Show a validation: trackers, a panel of pictures, all curves."""
        if self._held_out is not None:
            self._post(scores, step, flush=True)
            sheet = panel(self._stage.network, next(self._held_out.batches()))
            with self._forgiving("the panel"):
                save_png(sheet, self._folder / "panels" / f"step-{step:07d}.png")
        with self._forgiving("curves.png"):
            draw_curves(self._folder, self.metrics.curve, self._validation.curve)

    def _post(self, values: Mapping[str, float], step: int, *, flush: bool = False) -> None:
        """Hand values to every tracker that works; one that fails is left alone."""
        for tracker in tuple(self._trackers):
            try:
                tracker.post(values, step)
                if flush:
                    tracker.flush()
            except OSError as error:
                self._warn(tracker.name, error)
                self._trackers.remove(tracker)

    @contextmanager
    def _forgiving(self, what: str) -> Iterator[None]:
        """Go on where something for the eye alone cannot be written."""
        try:
            yield
        except OSError as error:
            self._warn(what, error)

    def _warn(self, what: str, error: OSError) -> None:
        """Say once that something cannot be written, however often it is tried."""
        if what not in self._failed:
            reason = str(error) if isinstance(error, OutputError) else f"{what} failed ({error})"
            log.warning("%s; training goes on without it", reason)
        self._failed.add(what)
