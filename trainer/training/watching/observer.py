"""Watch a stage: its two logs, its validations and its pictures, by the leading process alone."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from trainer.training.watching.validation import SCORES, HeldOut, Network, Scoring, validate

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


@dataclass(frozen=True)
class Validation:
    """What a validation found.

    Attributes
    ----------
    step : after which the network was as it was scored
    scores : by the columns of validation.csv; empty where nothing is held out
    further : likewise on each set of ``validate_on``, by name
    """

    step: int
    scores: Columns = field(default_factory=dict)
    further: Mapping[str, Columns] = field(default_factory=dict)


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
    again : that step is to be validated again, so that what is known of it is dropped, too
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
        self,
        stage: Watched,
        corpus: Corpus,
        folder: Path,
        *,
        step: int,
        machine: Machine,
        again: bool = False,
    ) -> None:
        self.metrics = CsvLog(folder / "metrics.csv", (*HEAD, *stage.terms, *TIMINGS), step)
        scored_step = step - again
        self._validation = CsvLog(folder / "validation.csv", VALIDATION, scored_step)
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
            name: (held_out, CsvLog(folder / f"validation-{name}.csv", VALIDATION, scored_step))
            for name, source in corpus.further.items()
            if (held_out := scored([source])) is not None
        }
        self._scorings: dict[str, Scoring] = {}
        self._validated_step = 0
        self._held: list[tuple[Mapping[str, float], int]] | None = None
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

    @property
    def unscored(self) -> list[str]:
        """The sets of ``validate_on`` that no validation has scored yet, by name."""
        return [name for name, (_, log) in self._further.items() if not log.curve.names]

    @property
    def holds_out(self) -> bool:
        """Whether there is anything to choose the best network by."""
        return self._held_out is not None

    def validate(self, step: int) -> Columns:
        """Let the network restore what is held out, and return what is known of it at once.

        Where nothing is held out, that is seen on the first further set. Threads go on to score the
        pictures: `collect` returns the whole.
        """
        sets = {"": self._held_out, **{name: one for name, (one, _) in self._further.items()}}
        self._scorings = {
            name: validate(self._stage.network, self._stage.teacher, held_out)
            for name, held_out in sets.items()
            if held_out is not None
        }
        self._validated_step = step
        # Trackers want steps in order: what is measured meanwhile waits for the scores.
        self._held = []
        return next((scoring.inner for scoring in self._scorings.values()), {})

    @property
    def is_scored(self) -> bool:
        """Whether `collect` need not wait."""
        return all(scoring.is_done for scoring in self._scorings.values())

    def collect(self) -> Validation:
        """Return what the last validation found, and log it under its own step."""
        found = {name: scoring.columns() for name, scoring in self._scorings.items()}
        self._scorings = {}
        step = {"step": self._validated_step}
        scores = found.pop("", {})
        if scores:
            self._validation.note(step | scores)
        for name, columns in found.items():
            self._further[name][1].note(step | columns)
        return Validation(self._validated_step, scores, found)

    def draw_panel(self, step: int) -> None:
        """Draw what the network makes of held-out sequences."""
        if self._held_out is None:
            return
        sheet = panel(self._stage.network, next(self._held_out.batches()))
        with self._forgiving("the panel"):
            save_png(sheet, self._panel_file(step))

    def draw_missing(self, step: int) -> None:
        """Draw the pictures of a step that was validated by a run which was killed before them."""
        validated, _ = self._validation.curve.points(SCORES[0])
        if validated[-1:] == [step] and not self._panel_file(step).exists():
            self._draw_curves()
            self.draw_panel(step)

    def _panel_file(self, step: int) -> Path:
        return self._folder / "panels" / f"step-{step:07d}.png"

    def show(self, validation: Validation) -> None:
        """Show what was collected: to the trackers, before what was measured since, and as curves.

        Curves show what was logged so far.
        """
        held, self._held = self._held or [], None
        for name, columns in validation.further.items():
            further = {f"{name}/{key}": value for key, value in columns.items()}
            self._post(further, validation.step)
        self._post(validation.scores, validation.step, flush=True)
        for values, step in held:
            self._post(values, step)
        self._draw_curves()

    def _draw_curves(self) -> None:
        with self._forgiving("curves.png"):
            draw_curves(self._folder, self.metrics.curve, self._validation.curve)

    def close(self) -> None:
        """Let the scoring threads end."""
        for held_out in (self._held_out, *(one for one, _ in self._further.values())):
            if held_out is not None:
                held_out.close()

    def _post(self, values: Mapping[str, float], step: int, *, flush: bool = False) -> None:
        """Hand values to every tracker that works; one that fails is left alone."""
        if self._held is not None:
            self._held.append((values, step))
            return
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
