"""Watch a stage: its two logs, its validations and its pictures, by the leading process alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from trainer.data.batch import Batch
from trainer.data.corpus import Corpus
from trainer.data.reading import BatchLayout
from trainer.machine import Machine
from trainer.training.watching.curves import draw_curves
from trainer.training.watching.flow_watch import LAYERS, JudgeWatch
from trainer.training.watching.journal import Journal
from trainer.training.watching.panels import RGB, save_png
from trainer.training.watching.step_log import TERMS, TIMINGS
from trainer.training.watching.validation import SCORES, HeldOut, Scores

WATCHED = (
    "knowledge_mean",
    "transfer",
    "transfer_ratio",
    "dead_channels",
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

METRICS = ("step", "epoch", "learning_rate", *TERMS, *TIMINGS)
VALIDATION = (
    "step",
    *(
        f"{score}{of}"
        for of in ("", "_identity", "_stretch", "_linear", "_repeated")
        for score in SCORES
    ),
    *WATCHED,
)


class Observed(Protocol):
    """A stage as its witness sees it."""

    name: str

    def validate(self, held_out: HeldOut) -> Scores:
        """Score the network as it is now."""

    def panel(self, batch: Batch) -> RGB:
        """Draw what it does with a batch."""


class Witness:
    """What one stage leaves for the eye: logs, scores, pictures.

    Parameters
    ----------
    stage : observed
    corpus : of the run
    folder : of the stage
    step : rows of later steps are dropped from the logs
    machine : where held-out sequences go

    Attributes
    ----------
    metrics : the log of steps
    """

    def __init__(
        self, stage: Observed, corpus: Corpus, folder: Path, *, step: int, machine: Machine
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.metrics = Journal(folder / "metrics.csv", METRICS, step)
        self._validation = Journal(folder / "validation.csv", VALIDATION, step)
        self._stage = stage
        self._folder = folder
        self._judge = JudgeWatch()
        config = corpus.config
        layout = BatchLayout(config.net.views, config.validation_crop)
        teaching = stage.name == "teacher"
        sources = corpus.for_teacher(corpus.held_out) if teaching else corpus.held_out
        self._held_out: HeldOut | None = None
        if sources:
            self._held_out = HeldOut(sources, layout, corpus.colour_map, machine)
        self._board = _tensorboard(folder) if config.tensorboard else None

    def look(self, measures: Mapping[str, float], step: int) -> tuple[str, ...]:
        """Look at the measures of one step; return warnings."""
        if self._board is not None:
            _post(self._board, measures, step)
        warning = self._judge.add(measures)
        return () if warning is None else (warning,)

    def validate(self, step: int) -> Scores:
        """Score the network, log that, and draw its panel and all curves."""
        scores: Scores = {}
        if self._held_out is not None:
            scores = self._stage.validate(self._held_out)
            self._validation.add({"step": step} | scores)
            first = next(self._held_out.batches())
            save_png(self._stage.panel(first), self._folder / "panels" / f"step-{step:07d}.png")
            if self._board is not None:
                _post(self._board, scores, step)
                self._board.flush()
        draw_curves(self._folder)
        return scores


def _tensorboard(folder: Path) -> Any:
    """Return a writer, or None where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  # an optional extra
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))


def _post(board: Any, values: Mapping[str, float], step: int) -> None:
    for name, value in values.items():
        board.add_scalar(name, value, step)
