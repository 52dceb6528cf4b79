"""What is measured of each sequence of a set, in the background, for sorting and histograms."""

import contextlib
import math
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import SeqsynthError
from seqsynth.report.levels import COVERED_LEVELS, covered_share, measure_levels
from seqsynth.sequence import ViewSequence
from seqsynth.shards import ShardSet
from seqsynth.shards.selection import Facts, facts_of

PAUSE_S = 0.05
"""The survey waits so long after each request: whoever looks comes first."""

BINS = 32

PLACES = frozenset({"height", "width", "views", "window_source"})
"""Numbers on record that nothing is told by the order of."""


@dataclass(frozen=True)
class Quantity:
    """A number that a sequence has: its key, what it is, its unit, and whether it was measured."""

    key: str
    label: str
    unit: str = ""
    measured: bool = True


MEASURED = (
    Quantity("psnr", "PSNR of I against T", "dB"),
    Quantity("coverage", f"pixels of I more than {COVERED_LEVELS} levels above T", "share"),
    Quantity("lift", "mean of I - T", "levels"),
    Quantity("saturation", "values of I at 255", "share"),
    Quantity("brightness", "mean of I", "levels"),
    Quantity("transmission_motion", "motion of T a view", "px"),
    Quantity("reflection_motion", "motion of R a view", "px"),
)
"""What is measured in every sequence that knows it."""


def measure_sequence(sequence: ViewSequence) -> dict[str, float]:
    """Measure the centre view of a sequence and its motion.

    What is unknown is left out, and the infinite PSNR of a photo without reflection.
    """
    levels = measure_levels(sequence)
    values = {"brightness": levels.blended, "saturation": levels.blended_saturated}
    truth = sequence.centre_transmission
    if truth is not None and levels.psnr_db is not None:
        difference = sequence.centre_blended.astype(np.int16) - truth
        values |= {"coverage": covered_share(difference), "lift": float(difference.mean())}
        if math.isfinite(levels.psnr_db):
            values["psnr"] = levels.psnr_db
    if sequence.motion is not None and sequence.views > 1:
        for name in ("transmission", "reflection"):
            steps = getattr(sequence.motion, name).middle_steps()
            values[f"{name}_motion"] = float(np.linalg.norm(steps, axis=1).mean())
    return values


def spread_order(total: int) -> Iterator[int]:
    """Yield 0 to total - 1 so that any first part of it is spread evenly over the whole."""
    if total == 0:
        return
    # A step near the golden section, without a common divisor: every number comes once.
    step = max(1, round(total * (math.sqrt(5) - 1) / 2))
    while math.gcd(step, total) != 1:
        step += 1
    place = 0
    for _ in range(total):
        yield place
        place = (place + step) % total


class Survey:
    """Numbers of all sequences of a set, found one by one by a thread of its own.

    Parameters
    ----------
    shards : the set
    """

    def __init__(self, shards: ShardSet) -> None:
        self.shards = shards
        self.done = 0
        self._values: dict[str, NDArray[np.float64]] = {}
        self._recorded: set[str] = set()
        self._asked = 0.0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name="survey")

    def start(self) -> None:
        """Begin to measure in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the background work after the sequence at hand."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def measure(self, number: int) -> tuple[dict[str, float], dict[str, float]]:
        """Measure one sequence here and now; return what is measured, and recorded as numbers."""
        measured = measure_sequence(self.shards[number])
        recorded = recorded_numbers(facts_of(self.shards, number))
        self._keep(number, measured, recorded)
        return measured, recorded

    def read_records(self) -> None:
        """Take over the numbers that datasets hold of all sequences, a shard at a time."""
        for numbers in self.shards.stretches():
            if self._is_to_stop():
                return
            with contextlib.suppress(SeqsynthError):  # as in _run
                for key in recorded_numbers(facts_of(self.shards, numbers[0])):
                    column = self.shards.column(key, numbers)
                    if column is not None:
                        self._keep_column(key, numbers, column.astype(np.float64).mean(axis=1))

    def make_way(self) -> None:
        """Say that somebody is looking, so that the survey waits a moment."""
        self._asked = time.monotonic()

    @property
    def total(self) -> int:
        """How many sequences there are to measure."""
        return len(self.shards)

    def quantities(self) -> list[Quantity]:
        """Return every quantity that a sequence seen so far has: measured, then recorded."""
        with self._lock:
            recorded = [Quantity(key, key, measured=False) for key in sorted(self._recorded)]
            return [one for one in MEASURED if one.key in self._values] + recorded

    def values(self, key: str) -> NDArray[np.float64]:
        """Return a quantity of every sequence, float64 (n,), NaN where unknown as yet or at all."""
        with self._lock:
            found = self._values.get(key)
            return np.full(self.total, np.nan) if found is None else found.copy()

    def of(self, number: int) -> dict[str, float]:
        """Return what is measured of one sequence so far."""
        with self._lock:
            found = {
                one.key: self._values[one.key][number]
                for one in MEASURED
                if one.key in self._values
            }
        return {key: float(value) for key, value in found.items() if math.isfinite(value)}

    def _run(self) -> None:
        self.read_records()
        for number in spread_order(self.total):
            if self._is_to_stop():
                return
            try:
                self.measure(number)
            except (SeqsynthError, ValueError):
                # A torn shard is verify's business; the others are still worth a look.
                self._keep(number, {}, {})

    def _is_to_stop(self) -> bool:
        """Wait while somebody is looking, and say whether the work is given up."""
        while time.monotonic() - self._asked < PAUSE_S and not self._stopped.is_set():
            time.sleep(PAUSE_S / 4)
        return self._stopped.is_set()

    def _keep_column(self, key: str, numbers: range, values: NDArray[np.float64]) -> None:
        with self._lock:
            self._recorded.add(key)
            if key not in self._values:
                self._values[key] = np.full(self.total, np.nan)
            self._values[key][numbers.start : numbers.stop] = values

    def _keep(
        self, number: int, measured: Mapping[str, float], recorded: Mapping[str, float]
    ) -> None:
        with self._lock:
            self._recorded |= recorded.keys()
            for key, value in {**recorded, **measured}.items():
                if key not in self._values:
                    self._values[key] = np.full(self.total, np.nan)
                self._values[key][number] = value
            self.done += 1


def recorded_numbers(facts: Facts) -> dict[str, float]:
    """Return the recorded facts that are numbers; of several (one a view), their mean."""
    numbers: dict[str, float] = {}
    for key, values in facts.items():
        plain = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if plain and len(plain) == len(values) and key not in PLACES:
            numbers[key] = float(np.mean(plain))
    return numbers


@dataclass(frozen=True)
class Histogram:
    """How often a quantity takes which values.

    Attributes
    ----------
    low, high : ends of the range of equal bins; a constant has one bin, and both are its value
    whole, chosen : sequences in each bin, of the whole set and of the selection
    """

    low: float
    high: float
    whole: tuple[int, ...]
    chosen: tuple[int, ...]


def histogram(values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Histogram | None:
    """Count the finite values in `BINS` equal bins, a constant in one; None of nothing."""
    known = np.isfinite(values)
    if not known.any():
        return None
    low, high = float(values[known].min()), float(values[known].max())
    if low == high:
        return Histogram(low, high, (int(known.sum()),), (int((known & chosen).sum()),))
    whole, _ = np.histogram(values[known], BINS, (low, high))
    part, _ = np.histogram(values[known & chosen], BINS, (low, high))
    return Histogram(low, high, tuple(whole.tolist()), tuple(part.tolist()))
