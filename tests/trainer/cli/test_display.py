"""What a person sees of a run."""

from types import SimpleNamespace

import pytest

from trainer.cli import display
from trainer.training.fit import Report


def test_time_left_ends_where_the_run_stops(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(display, "time", SimpleNamespace(monotonic=lambda: clock.now))
    with display.Display(quiet=False) as shown:
        for step in (1, 2, 5):  # a minute a step
            clock.now = 60.0 * step
            shown.show(Report("teacher", step, 1550, 5, 0, {}))
    told = [line.rpartition(", ")[2] for line in capsys.readouterr().err.splitlines()]
    assert told == ["time left unknown yet", "3 min left", "0 min left"]
