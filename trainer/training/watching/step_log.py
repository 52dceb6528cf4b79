"""The log of steps, metrics.csv: what each step measured, fetched from the device now and then."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, distributed

from trainer.errors import DivergenceError
from trainer.training.watching.csv_log import CsvLog

TIMINGS = ("images_per_s", "waiting")
"""Columns that differ from run to run: samples a second, share of the time waiting for data."""


Watch = Callable[[Mapping[str, float], int], None]


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
    watch : told the measures and the step of every row, once they are fetched
    """

    def __init__(
        self, rows: CsvLog | None, *, every: int, samples: int, watch: Watch | None = None
    ) -> None:
        self._rows = rows
        self._watch = watch
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

    @property
    def is_fetched(self) -> bool:
        """Whether every noted step was fetched, so that looking once more costs no waiting."""
        return not self._pending

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
            if self._watch is not None:
                self._watch(self.latest, step.step)
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
        raise DivergenceError(f"{blamed[0]} is {values[blamed[0]]} at step {step}")
