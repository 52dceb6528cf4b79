"""A bar begins with the first call, which knows how much there is, and moves one unit a call."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from seqsynth.progress import Advance
from trainer.cli import bar as module


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the progress behind the bar is told, in order."""
    said: list[str] = []

    @contextmanager
    def progress(label: str, total: int, unit: str) -> Iterator[Advance]:
        said.append(f"{label}: {total} {unit}")

        def advance(steps: int = 1) -> None:
            said.append(f"+{steps}")

        yield advance
        said.append("end")

    monkeypatch.setattr(module, "progress", progress)
    return said


def test_a_bar_begins_at_the_first_call_and_ends_with_the_work(told: list[str]) -> None:
    with module.bar("score", "photos") as show:
        assert told == []
        show(0, 2)
        assert told == ["score: 2 photos"]
        show(1, 2)
        show(2, 2)
    assert told == ["score: 2 photos", "+1", "+1", "end"]


def test_work_that_never_calls_has_no_bar(told: list[str]) -> None:
    with module.bar("score", "photos"):
        pass
    assert told == []
