"""The logs of a stage: metrics.csv with a row a step, validation.csv with a row a validation."""

import csv
import io
import logging
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, distributed

from seqsynth.errors import OutputError
from trainer.errors import DivergenceError
from trainer.files import write_file

log = logging.getLogger(__name__)

TIMINGS = ("images_per_s", "waiting")
"""Columns that differ from run to run: samples a second, share of the time waiting for data."""


Columns = dict[str, float]
"""Column of a log -> value; columns without a value stay empty."""


class CsvLog:
    """A CSV file that grows by rows and forgets those of steps that are to be run again.

    Parameters
    ----------
    file : made if absent
    columns : in order; the first is ``step``
    step : rows of later steps are dropped, they are of a run that was killed

    Raises
    ------
    OutputError
        The file cannot be written.
    """

    def __init__(self, file: Path, columns: Sequence[str], step: int) -> None:
        self.file = file
        self.columns = list(columns)
        self._is_lame = False
        kept = [row for row in _whole_rows(file) if int(row["step"]) <= step]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(kept)
        write_file(file, text.getvalue())

    def add(self, *rows: Mapping[str, float]) -> None:
        """Append rows, whole or not at all.

        Raises
        ------
        OutputError
            There is no room, or the file is gone.
        """
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns)
        writer.writerows({k: _shown(v) for k, v in row.items()} for row in rows)
        try:
            _append(self.file, text.getvalue().encode())
        except OSError as error:
            raise OutputError(
                f"{self.file} cannot be written ({error.strerror}): make room, then run the same "
                "command again"
            ) from error

    def note(self, row: Mapping[str, float]) -> None:
        """Append a row; where that fails, warn once and go on: a log is not worth a training."""
        try:
            self.add(row)
        except OutputError as error:
            if not self._is_lame:
                log.warning("%s; training goes on, rows are missing", error)
            self._is_lame = True


def read_column(file: Path, name: str) -> tuple[list[int], list[float]]:
    """Return steps and values of a column of a log, where it has any."""
    rows = [row for row in _whole_rows(file) if row.get(name)]
    return [int(row["step"]) for row in rows], [float(row[name]) for row in rows]


@dataclass
class Pending:
    """One step whose measures are still on the device."""

    step: int
    epoch: int
    learning_rate: float
    measures: dict[str, Tensor]


class StepLog:
    """metrics.csv: rows are fetched from the device a few at a time, so that it need not wait.

    Parameters
    ----------
    rows : where they go; None keeps them to itself
    every : steps between two fetches
    samples : of a step, for the rate
    """

    def __init__(self, rows: CsvLog | None, *, every: int, samples: int) -> None:
        self._rows = rows
        self._every = every
        self._samples = samples
        self._pending: list[Pending] = []
        self._since = time.perf_counter()
        self._waited = 0.0
        self.latest: dict[str, float] = {}

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time inside as spent waiting for data."""
        asked = time.perf_counter()
        yield
        self._waited += time.perf_counter() - asked

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out the time inside, which is spent on something else than training."""
        asked = time.perf_counter()
        yield
        self._since = min(self._since + time.perf_counter() - asked, time.perf_counter())

    def add(self, step: Pending) -> None:
        """Note a step, its measures averaged over all processes."""
        self._pending.append(replace(step, measures=share_measures(step.measures)))
        if len(self._pending) >= self._every:
            self.flush()

    def flush(self) -> None:
        """Fetch and write all noted steps.

        Raises
        ------
        DivergenceError
            A term is not finite; its name and step.
        """
        if not self._pending:
            return
        now = time.perf_counter()
        seconds = max(now - self._since, 1e-9)
        timings = {
            "images_per_s": len(self._pending) * self._samples / seconds,
            "waiting": self._waited / seconds,
        }
        pending, self._pending = self._pending, []
        self._since, self._waited = now, 0.0
        for step in pending:
            values = fetch(step.measures)
            self.latest = values | timings
            if self._rows is not None:
                head = {"step": step.step, "epoch": step.epoch, "learning_rate": step.learning_rate}
                self._rows.note(head | values | timings)
            _check_finite(values, step.step)


def share_measures(measures: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the mean of all processes' measures.

    Each term is divided by the mean of all processes' counts, so that the mean of the terms is the
    term over all samples.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return measures
    values = torch.stack([value.float().reshape(()) for value in measures.values()])
    distributed.all_reduce(values)
    shared = values / distributed.get_world_size()
    return dict(zip(measures, shared.unbind(), strict=True))


def fetch(measures: Mapping[str, Tensor]) -> dict[str, float]:
    """Bring scalars from the device in one transfer."""
    values = torch.stack([value.detach().float().reshape(()) for value in measures.values()])
    return dict(zip(measures, values.tolist(), strict=True))


def _check_finite(values: Mapping[str, float], step: int) -> None:
    """Refuse to go on with a term that is no number."""
    bad = [name for name, value in values.items() if not math.isfinite(value)]
    # The objective is the sum of the others: name the one to blame.
    blamed = [name for name in bad if name != "objective"] or bad
    if blamed:
        raise DivergenceError(
            f"{blamed[0]} is {values[blamed[0]]} at step {step}: lower learning_rate or the "
            "term's weight, then go on from the last checkpoint, which is good"
        )


def _append(file: Path, content: bytes) -> None:
    """Append to a file; on an error, what was there is left as it was."""
    before = file.stat().st_size
    try:
        with file.open("ab") as sink:
            sink.write(content)
    except OSError:
        # A row cut short would run into the next one.
        with suppress(OSError):
            os.truncate(file, before)
        raise


def _whole_rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a log as text, without a last one that was cut short."""
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as source:
        return [row for row in csv.DictReader(source) if None not in row.values()]


def _shown(value: float) -> str:
    """Return a number with all digits of a float32, whole numbers without a point."""
    return str(value) if isinstance(value, int) else f"{value:.9g}"
