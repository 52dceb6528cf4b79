"""Search the settings of a blend for the smallest distance, in trials that survive a stop.

Differential evolution (Storn and Price 1997, scipy's) suits it: the distance is made of steps, has
no gradient and several basins, and bounds are all that is known beforehand. It is the same every
time for one seed, so a journal of the distances is all that going on needs: the trials of an
earlier run are answered from it, and the search comes to where it was stopped.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize
from scipy.stats import qmc

from seqsynth.comparison.search_space import Point
from seqsynth.errors import OutputError
from seqsynth.files import json_line, parse_json, write_whole
from seqsynth.progress import Advance

log = logging.getLogger(__name__)

POPULATION = 24
"""Points of a generation: some two for each number of the largest space."""

FINALISTS = 12
"""Points that a search returns, to be held against each other once more."""

WRITTEN_EVERY = 8
"""Trials after which the journal is written: seconds of work."""

FORMAT = "seqsynth-fit"


@dataclass
class TrialJournal:
    """The distances of the trials so far, in order, in a file that is always whole.

    Attributes
    ----------
    path : of the file
    search : what is searched; a journal of another search is not gone on with
    trials : point and distance of each
    """

    path: Path
    search: Mapping[str, Any]
    trials: list[tuple[list[float], float]] = field(default_factory=list)

    def write(self) -> None:
        """Write the file anew, whole or not at all.

        Raises
        ------
        OutputError
            It cannot be written; what stood there still stands.
        """
        lines = [json_line({"format": FORMAT, "search": self.search})]
        lines += [json_line({"point": point, "distance": found}) for point, found in self.trials]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, "".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written ({error.strerror})") from error

    def remove(self) -> None:
        """Remove the file of a search that came to its end."""
        self.path.unlink(missing_ok=True)


def open_journal(path: Path, search: Mapping[str, Any], *, overwrite: bool = False) -> TrialJournal:
    """Return the journal of a search, with the trials of an earlier run of the same.

    Parameters
    ----------
    search : everything that determines the trials, in JSON types
    overwrite : begin anew where the file is another's

    Raises
    ------
    OutputError
        The file is of another search, or no journal.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return TrialJournal(path, search)
    except OSError as error:
        raise OutputError(f"{path} cannot be read ({error.strerror})") from error
    try:
        head, *documents = [parse_json(line) for line in lines]
        found = head["search"] if head["format"] == FORMAT else None
        trials = [(list(map(float, one["point"])), float(one["distance"])) for one in documents]
    except (ValueError, KeyError, TypeError):
        found, trials = None, []
    if found == search:
        return TrialJournal(path, search, trials)
    if overwrite:
        return TrialJournal(path, search)
    raise OutputError(
        f"{path} is of another search ({_difference(found, search)}); remove it, choose another "
        "--out, or --overwrite to begin anew"
    )


def search_settings(
    distance: Callable[[Point], float],
    start: Point,
    journal: TrialJournal,
    *,
    trials: int,
    seed: int,
    advance: Advance,
) -> list[Point]:
    """Return the points of the smallest distances, the smallest first, each once.

    Parameters
    ----------
    distance : of a point, 0 or more; the same for the same point
    start : the first point that is tried
    journal : of the trials; added to
    trials : points tried at most; whole generations are
    seed : of the search
    advance : called after each trial, those of the journal left out
    """
    rng = np.random.default_rng(seed)
    cube = qmc.LatinHypercube(start.size, seed=rng).random(POPULATION)
    cube[0] = start
    objective = _Objective(distance, journal, advance)
    with _written_at_the_end(journal):
        optimize.differential_evolution(
            objective,
            bounds=optimize.Bounds(np.zeros(start.size), np.ones(start.size)),
            init=cube,
            maxiter=max(1, trials // POPULATION - 1),
            tol=0,
            polish=False,
            seed=rng,
        )
    best = sorted(journal.trials, key=lambda trial: trial[1])
    points = dict.fromkeys(tuple(point) for point, _ in best)
    return [np.array(point) for point in list(points)[:FINALISTS]]


def trials_of(trials: int) -> int:
    """Return the number of trials that whole generations make."""
    return POPULATION * max(2, trials // POPULATION)


class _Objective:
    """Answer a trial from the journal as far as it goes, then by measuring."""

    def __init__(
        self, distance: Callable[[Point], float], journal: TrialJournal, advance: Advance
    ) -> None:
        self._distance = distance
        self._journal = journal
        self._advance = advance
        self._asked = 0

    def __call__(self, point: Point) -> float:
        """Return the distance of a point."""
        asked, self._asked = self._asked, self._asked + 1
        trials = self._journal.trials
        if asked < len(trials):
            if trials[asked][0] == point.tolist():
                return trials[asked][1]
            log.warning("%s: from trial %d on it is of another search", self._journal.path, asked)
            del trials[asked:]
        trials.append((point.tolist(), self._distance(point)))
        if len(trials) % WRITTEN_EVERY == 0:
            self._journal.write()
        self._advance()
        return trials[-1][1]


@contextlib.contextmanager
def _written_at_the_end(journal: TrialJournal) -> Iterator[None]:
    """Write the journal once more however the block ends."""
    try:
        yield
    finally:
        journal.write()


def _difference(found: Any, search: Mapping[str, Any]) -> str:
    """Name what tells a journal from the one wanted."""
    if not isinstance(found, Mapping):
        return "or is no journal"
    keys = [key for key in sorted({*found, *search}) if found.get(key) != search.get(key)]
    return ", ".join(f"{key} {found.get(key)!r} there, {search.get(key)!r} now" for key in keys)
