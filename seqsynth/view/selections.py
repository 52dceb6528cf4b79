"""Which sequences of a set are wanted, in which order: found in the background, a part at a time.

A selection is told by what is recorded (the conditions of ``seqsynth subset --where``), by what is
measured (``measured.psnr<20``), by split, and by the quantity it is sorted by.
"""

import math
import shlex
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ConfigError, SeqsynthError
from seqsynth.shards import ShardSet
from seqsynth.shards.schema import SPLITS
from seqsynth.shards.selection import Condition, parse_condition, scan
from seqsynth.view.measurements import MEASURED, Survey

PREFIX = "measured."
"""Of the keys of conditions on what is measured."""

_TESTS: Mapping[str, Callable[[Any, float], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "!=": np.not_equal,
}
"""What can be asked of a measured number."""

STEADY_S = 1.0
"""An order is kept so long while the survey goes on: pages of one order fit together."""

MOST_KEPT = 32
"""Selections of a set that are remembered."""


@dataclass(frozen=True)
class Query:
    """What is asked of a set; see `parse_query`.

    Attributes
    ----------
    split : "train", "val" or "test"; "" for all
    where : conditions on what is recorded
    measured : conditions on what is measured
    sort : key of a quantity, "" for the set's own order
    descending : largest first
    """

    split: str = ""
    where: tuple[Condition, ...] = ()
    measured: tuple[Condition, ...] = ()
    sort: str = ""
    descending: bool = False


def parse_query(
    *, split: str = "", where: Sequence[str] = (), sort: str = "", descending: bool = False
) -> Query:
    """Turn texts into a query.

    Raises
    ------
    ConfigError
        A condition cannot be read, or the split is unknown.
    """
    if split and split not in SPLITS:
        raise ConfigError(f"split {split!r} is unknown; there are {', '.join(SPLITS)}")
    conditions = [parse_condition(text) for text in where]
    measured = tuple(one for one in conditions if one.key.startswith(PREFIX))
    keys = [one.key for one in MEASURED]
    for one in measured:
        if one.key.removeprefix(PREFIX) not in keys:
            raise ConfigError(
                f"nothing called {one.key!r} is measured; there are {', '.join(keys)}"
            )
        if one.operator not in _TESTS or not _is_number(one.value):
            raise ConfigError(
                f"condition {str(one)!r}: a measured number is compared by < <= > >= = !="
            )
    recorded = tuple(one for one in conditions if one not in measured)
    return Query(split, recorded, measured, sort, descending)


def subset_command(path: str, query: Query) -> str:
    """Return the command that makes a set of a selection.

    What is measured is recorded nowhere, so such a selection is handed over by its names.
    """
    words = ["seqsynth", "subset", path]
    if query.measured:
        words += ["--names-from", "names.txt"]
    else:
        words += ["--split", query.split] if query.split else []
        for one in query.where:
            words += ["--where", str(one)]
    return " ".join(map(shlex.quote, [*words, "--out", "chosen"]))


@dataclass(frozen=True)
class _Ordered:
    """Numbers in their order, from so many parts found and so much measured, at a time."""

    numbers: NDArray[np.int64]
    parts: int
    measured: int
    at: float

    def is_stale(self, measured: int, total: int) -> bool:
        """Say whether more was measured, and all was or the order was shown for a while."""
        is_old = measured >= total or time.monotonic() - self.at > STEADY_S
        return measured != self.measured and is_old


class Selection:
    """The sequences of a set that a query wants, as far as they are found.

    Parameters
    ----------
    shards : the set
    survey : what is measured of it
    query : what is wanted
    """

    def __init__(self, shards: ShardSet, survey: Survey, query: Query) -> None:
        self.query = query
        self.fault = ""
        self.left_out = ""
        self._shards = shards
        self._survey = survey
        self._scanned = 0
        self._found: list[NDArray[np.int64]] = []
        self._stopped = threading.Event()
        self._candidates = _of_split(shards, query.split)
        if not query.where:
            self._found, self._scanned = [self._candidates], len(self._candidates)
        self._ordered: _Ordered | None = None
        self._thread = threading.Thread(target=self._scan, daemon=True, name="selection")

    def start(self) -> None:
        """Begin to look, where something must be looked at."""
        if not self.is_done:
            self._thread.start()

    def stop(self) -> None:
        """Give up looking."""
        self._stopped.set()

    def finish(self) -> None:
        """Look at all, here and now."""
        if not self.is_done and not self._thread.is_alive():
            self._scan()

    @property
    def is_done(self) -> bool:
        """True where every sequence was looked at, or the query makes no sense."""
        return bool(self.fault) or self._scanned >= len(self._candidates)

    @property
    def scanned(self) -> tuple[int, int]:
        """How many sequences were looked at, of how many."""
        return self._scanned, len(self._candidates)

    def numbers(self) -> NDArray[np.int64]:
        """Return the numbers found so far, in the order asked for; unknown values come last."""
        parts, done = len(self._found), self._survey.done if self._needs_survey else 0
        kept = self._ordered
        if kept is None or kept.parts != parts or kept.is_stale(done, self._survey.total):
            kept = self._ordered = _Ordered(self._order(parts), parts, done, time.monotonic())
        return kept.numbers

    @property
    def _needs_survey(self) -> bool:
        return bool(self.query.sort or self.query.measured)

    def _order(self, parts: int) -> NDArray[np.int64]:
        found = np.concatenate([*self._found[:parts], np.empty(0, np.int64)])
        found = found[self._meets_measured(found)]
        if not self.query.sort:
            return found
        values = self._survey.values(self.query.sort)[found]
        # NaN sorts last both ways, and equal values keep the set's order.
        return found[np.argsort(-values if self.query.descending else values, kind="stable")]

    def mask(self) -> NDArray[np.bool_]:
        """Return for every sequence of the set whether it is chosen, bool (n,)."""
        chosen = np.zeros(len(self._shards), bool)
        chosen[self.numbers()] = True
        return chosen

    def _meets_measured(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        kept = np.ones(len(numbers), bool)
        for one in self.query.measured:
            values = self._survey.values(one.key.removeprefix(PREFIX))[numbers]
            kept &= np.isfinite(values) & _TESTS[one.operator](values, float(one.value))
        return kept

    def _scan(self) -> None:
        try:
            shards = self._shards.split(self.query.split) if self.query.split else self._shards
            for numbers, found in scan(shards, self.query.where, self._skip):
                if self._stopped.is_set():
                    return
                self._found.append(self._candidates[found])
                self._scanned = numbers.stop
        except SeqsynthError as error:
            self.fault = str(error)

    def _skip(self, error: SeqsynthError) -> None:
        """Take notice of a shard that cannot be read; the others are looked at."""
        self.left_out = f"{error}; its sequences are left out"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _of_split(shards: ShardSet, split: str) -> NDArray[np.int64]:
    if not split:
        return np.arange(len(shards))
    return np.flatnonzero(shards.splits() == split)


class Selections:
    """The selections of one set, each looked for once."""

    def __init__(self, shards: ShardSet, survey: Survey) -> None:
        self._shards = shards
        self._survey = survey
        self._kept: dict[Query, Selection] = {}
        self._lock = threading.Lock()

    def of(self, query: Query) -> Selection:
        """Return the selection of a query, begun if it is new."""
        with self._lock:
            selection = self._kept.pop(query, None)
            if selection is None:
                selection = Selection(self._shards, self._survey, query)
                selection.start()
            self._kept[query] = selection
            for oldest in list(self._kept)[:-MOST_KEPT]:
                self._kept.pop(oldest).stop()
            return selection

    def stop(self) -> None:
        """Give up everything that is looked for."""
        with self._lock:
            for selection in self._kept.values():
                selection.stop()
