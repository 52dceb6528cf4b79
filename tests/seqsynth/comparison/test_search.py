"""The search: it finds, it goes on where it was stopped, and it takes up no other's trials."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqsynth.comparison.search import (
    FINALISTS,
    TrialJournal,
    open_journal,
    search_settings,
    trials_of,
)
from seqsynth.comparison.search_space import Point
from seqsynth.errors import OutputError

SEARCH = {"seed": 5, "real": "abc"}
START = np.array([0.9, 0.9, 0.9])
AIM = np.array([0.2, 0.7, 0.5])

Distance = Callable[[Point], float]


class Measure:
    """A distance in steps, as samples have it, that counts how often it is asked."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.asked = 0
        self.stop_at = stop_at

    def __call__(self, point: Point) -> float:
        """Return the distance, or stop as Ctrl-C does."""
        if self.asked == self.stop_at:
            raise KeyboardInterrupt
        self.asked += 1
        return float(np.round(np.abs(point - AIM).mean(), 2))


def search(distance: Distance, journal: TrialJournal, trials: int = 240) -> list[Point]:
    return search_settings(
        distance, START, journal, trials=trials, seed=5, advance=lambda steps=1: None
    )


def plain_distance(point: Point) -> float:
    return float(np.abs(point - AIM).mean())


def test_the_nearest_point_is_found(tmp_path: Path) -> None:
    point, *others = search(Measure(), open_journal(tmp_path / "journal", SEARCH), trials=720)
    assert plain_distance(point) < 0.05
    assert np.abs(point - AIM).max() < 0.15
    assert others


def test_the_best_points_come_in_order_and_each_once(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal", SEARCH)
    points = search(plain_distance, journal)
    distances = [plain_distance(point) for point in points]
    assert len({tuple(point) for point in points}) == FINALISTS
    assert distances == sorted(distances)
    tried = sorted({tuple(point): found for point, found in journal.trials}.values())
    assert distances == tried[:FINALISTS]


def test_the_start_is_the_first_trial(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal", SEARCH)
    search(Measure(), journal, trials=48)
    assert journal.trials[0] == (START.tolist(), float(np.round(np.abs(START - AIM).mean(), 2)))


@pytest.mark.parametrize(("wanted", "made"), [(1, 48), (48, 48), (71, 48), (72, 72), (600, 600)])
def test_trials_are_whole_generations(wanted: int, made: int, tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal", SEARCH)
    search(plain_distance, journal, trials=wanted)
    assert trials_of(wanted) == len(journal.trials) == made


@pytest.mark.parametrize("stop_at", [0, 1, 7, 25, 100, 239])
def test_a_search_that_is_stopped_comes_to_the_same_end(tmp_path: Path, stop_at: int) -> None:
    undisturbed = search(Measure(), open_journal(tmp_path / "whole", SEARCH))
    path = tmp_path / "journal"
    with pytest.raises(KeyboardInterrupt):
        search(Measure(stop_at), open_journal(path, SEARCH))
    rest = Measure()
    again = search(rest, open_journal(path, SEARCH))
    assert rest.asked == 240 - stop_at
    np.testing.assert_array_equal(again, undisturbed)
    assert (tmp_path / "whole").read_bytes() == path.read_bytes()


def test_what_a_kill_takes_is_a_few_trials(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal", SEARCH)
    kept = []

    class Watched(Measure):
        def __call__(self, point: Point) -> float:
            if (tmp_path / "journal").exists():
                kept.append(len(open_journal(tmp_path / "journal", SEARCH).trials))
            return super().__call__(point)

    search(Watched(), journal, trials=48)
    lost = [asked - stored for asked, stored in enumerate(kept, start=8)]
    assert len(kept) == 40
    assert max(lost) == 7


def test_a_finished_search_is_answered_from_its_journal(tmp_path: Path) -> None:
    first = search(Measure(), open_journal(tmp_path / "journal", SEARCH))
    measure = Measure()
    second = search(measure, open_journal(tmp_path / "journal", SEARCH))
    assert measure.asked == 0
    np.testing.assert_array_equal(first, second)


def test_another_search_is_not_gone_on_with(tmp_path: Path) -> None:
    search(Measure(), open_journal(tmp_path / "journal", SEARCH), trials=48)
    with pytest.raises(OutputError) as caught:
        open_journal(tmp_path / "journal", {**SEARCH, "seed": 6})
    assert str(caught.value) == (
        f"{tmp_path / 'journal'} is of another search (seed 5 there, 6 now); remove it, choose "
        "another --out, or --overwrite to begin anew"
    )
    anew = open_journal(tmp_path / "journal", {**SEARCH, "seed": 6}, overwrite=True)
    assert anew.trials == []


@pytest.mark.parametrize("content", [b"", b"not JSON", b"{}\n", b'{"format": "seqsynth-fit"}\n'])
def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").write_bytes(content)
    with pytest.raises(OutputError, match="of another search \\(or is no journal\\)"):
        open_journal(tmp_path / "journal", SEARCH)
    assert (tmp_path / "journal").read_bytes() == content


def test_trials_that_do_not_fit_the_search_are_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal"
    undisturbed = search(Measure(), open_journal(path, SEARCH), trials=48)
    lines = path.read_text().splitlines()
    other = {**json.loads(lines[11]), "point": [0.5, 0.5, 0.5], "distance": 0.0}
    path.write_text("\n".join([*lines[:11], json.dumps(other), *lines[12:]]) + "\n")
    measure = Measure()
    again = search(measure, open_journal(path, SEARCH), trials=48)
    np.testing.assert_array_equal(again, undisturbed)
    assert measure.asked == 38
    assert "from trial 10 on it is of another search" in caplog.text
