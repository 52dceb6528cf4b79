"""Show how training goes: a bar with losses, rate and time left, and a line a validation."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from seqsynth.terminal import on_one_line, tell
from trainer.training.fit import Report
from trainer.training.watching.observer import Validation

PLAIN_INTERVAL_S = 30.0
"""Seconds between progress lines where there is no terminal."""

BRIEF = {
    "reconstruction": "R",
    "perceptual": "P",
    "decoupling": "FD",
    "view_synthesis": "VS",
    "transfer": "T",
    "labels": "labels",
    "adversarial": "G",
    "discriminator": "D",
}
"""The paper's short names, for the bar."""


class Display:
    """What a person sees of a run; nothing with ``quiet`` but the warnings."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._live = not quiet and self._console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._live,
        )
        self._task: TaskID | None = None
        self._stage = ""
        self._started = (0.0, 0)
        self._spoke = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def download(self, done: int, total: int) -> None:
        """Show how far the download of VGG-19's weights is."""
        if self._stage != "download":
            self._begin("download", "VGG-19's weights", 0, total or None)
        if self._task is not None:
            note = f"{done / 2**20:.0f} MiB"
            self._bar.update(self._task, completed=done, note=note)

    def show(self, report: Report) -> None:
        """Show one step."""
        if self._stage != report.stage:
            self._begin(report.stage, report.stage, report.step - 1, report.stop)
        note = _losses(report)
        if self._task is not None:
            self._bar.update(self._task, completed=report.step, note=note)
        for warning in report.warnings:
            tell(f"WARNING: {warning}", err=True)
        if self._quiet:
            return
        for validation in report.validations:
            self._tell_of(validation, report)
        now = time.monotonic()
        if not self._live and (now - self._spoke > PLAIN_INTERVAL_S or report.step == report.stop):
            self._spoke = now
            self._say(
                f"{report.stage} {report.step} of {report.steps}: {note}, {self._left(report)}"
            )

    def _tell_of(self, validation: Validation, report: Report) -> None:
        """Say what a validation found."""
        if validation.scores:
            self._say(_scores(report, validation))
        for name, scores in validation.further.items():
            self._say(f"  on {name}: {_gains(scores)}")

    def _begin(self, stage: str, text: str, done: int, total: int | None) -> None:
        """Start the bar of a stage."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(text, total=total, completed=done, note="")
        self._stage = stage
        self._started = (time.monotonic(), done + 1)

    def _left(self, report: Report) -> str:
        """Estimate the time that this run's part of the stage still takes."""
        since, first = self._started
        if report.step == first:
            return "time left unknown yet"
        seconds = (time.monotonic() - since) / (report.step - first)
        return f"{seconds * (report.stop - report.step) / 60:.0f} min left"

    def _say(self, text: str) -> None:
        """Print a line above the bar, or to stderr where there is none."""
        if self._live:
            self._console.print(on_one_line(text), highlight=False, markup=False)
        else:
            tell(text, err=True)


def _losses(report: Report) -> str:
    """Return the terms of a step in the paper's short names, and the rate."""
    terms = [
        f"{brief} {report.measures[name]:.3f}"
        for name, brief in BRIEF.items()
        if name in report.measures
    ]
    if "reconstruction" not in report.measures and "objective" in report.measures:
        terms.insert(0, f"loss {report.measures['objective']:.4g}")
    rate = f"{report.measures['images_per_s']:.3g} seq/s" if report.measures else ""
    return " ".join([*terms, rate])


def _scores(report: Report, validation: Validation) -> str:
    """Return the scores of a validation beside what they must beat."""
    scores = validation.scores
    beside, best = "linear map", scores.get("ssim_linear")
    if best is None:
        # No training sequence has a truth that a map could be fitted to.
        beside, best = "identity", scores["ssim_identity"]
    line = (
        f"{report.stage} {validation.step} of {report.steps}: held-out {_gains(scores)}, SSIM "
        f"{scores['ssim']:.3f} ({beside} {best:.3f}), LMSE {scores['lmse']:.4f} "
        f"(identity {scores['lmse_identity']:.4f})"
    )
    if "epe_reflection" in scores:
        epe, zero, constant = (scores[f"epe{of}_reflection"] for of in ("", "_zero", "_constant"))
        line += f", R flow error {epe:.1f} px (zero {zero:.1f}, constant {constant:.1f})"
    if "transfer_ratio" in scores:
        line += f", L_T / mean|f_t| {scores['transfer_ratio']:.2f}"
    return line


def _gains(scores: Mapping[str, float]) -> str:
    """Return the PSNR beside what it must beat, and what is left of it when tone is taken out."""
    beside = [
        f"{name} {scores[f'psnr_pooled_{column}']:.2f}"
        for name, column in (
            ("identity", "identity"),
            ("black-level stretch", "stretch"),
            ("linear map", "linear"),
            ("views repeated", "repeated"),
        )
        if f"psnr_pooled_{column}" in scores
    ]
    return (
        f"PSNR {scores['psnr_pooled']:.2f} dB ({', '.join(beside)}), structure "
        f"{scores['structure_psnr']:.2f} (identity {scores['structure_psnr_identity']:.2f})"
    )
