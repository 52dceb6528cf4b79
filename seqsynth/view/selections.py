"""Which sequences of a set are wanted, in which order: found in the background, a part at a time.

A selection is told by what is recorded (the conditions of ``seqsynth subset --where``), by what is
measured (``measured.psnr<20``), by split, and by the quantity it is sorted by.
"""

import math
import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ConfigError, SeqsynthError
from seqsynth.shards import ShardSet
from seqsynth.shards.schema import SPLITS
from seqsynth.shards.selection import Condition, check_key, facts_of, parse_condition, values_of
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

    @property
    def is_plain(self) -> bool:
        """True where nothing has to be read of a sequence."""
        return not (self.where or self.measured)


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
        self._shards = shards
        self._survey = survey
        self._scanned = 0
        self._found: list[int] = []
        self._known: set[str] = set()
        self._stopped = threading.Event()
        self._candidates = _of_split(shards, query.split)
        if query.is_plain:
            self._found, self._scanned = self._candidates.tolist(), len(self._candidates)
        self._ordered: tuple[tuple[int, int], NDArray[np.int64]] | None = None
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
        state = (len(self._found), self._survey.done if self._needs_survey else 0)
        if self._ordered is None or self._ordered[0] != state:
            self._ordered = (state, self._order())
        return self._ordered[1]

    @property
    def _needs_survey(self) -> bool:
        return bool(self.query.sort or self.query.measured)

    def _order(self) -> NDArray[np.int64]:
        found = np.array(self._found, np.int64)
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
            for number in self._candidates.tolist():
                if self._stopped.is_set():
                    return
                self._look_at(number)
                self._scanned += 1
            for one in self.query.where if self._known else ():
                check_key(one.key, self._known)
        except SeqsynthError as error:
            self.fault = str(error)

    def _look_at(self, number: int) -> None:
        facts = facts_of(self._shards, number)
        self._known |= facts.keys()
        if all(one.holds(values_of(facts, one.key)) for one in self.query.where):
            self._found.append(number)


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
