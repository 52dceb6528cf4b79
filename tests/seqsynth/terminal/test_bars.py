"""Progress on a terminal, in a pipe, and with -q."""

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from seqsynth.terminal import progress
from tests.seqsynth.terminals import read_terminal

Play = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that a test winds on by hand."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_piped_progress_tells_rate_and_time_left(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("play", 40, "tunes") as advance:
        clock[0] += 10
        advance(20)
    # 20 in 10 s, 20 to go.
    assert capsys.readouterr().err == "play: 20 of 40 tunes, 2/s, 10 s left\n"


def test_piped_progress_is_a_line_every_few_seconds_and_one_at_the_end(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("play", 100, "tunes") as advance:
        for _ in range(100):
            clock[0] += 0.2
            advance()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4  # after 5, 10, 15 and 20 s
    assert lines[-1] == "play: 100 of 100 tunes, 5/s, 0 s left"


def test_what_was_done_before_counts_in_the_total_and_not_in_the_rate(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("play", 100, "tunes", done=80) as advance:
        clock[0] += 10
        advance(10)
    assert capsys.readouterr().err == "play: 90 of 100 tunes, 1/s, 10 s left\n"


def test_long_waits_are_told_in_minutes(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("play", 10_000, "tunes") as advance:
        clock[0] += 10
        advance(10)
    assert capsys.readouterr().err.endswith("1/s, 166 min left\n")


def test_more_steps_than_foretold_do_not_flood(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("play", 2, "tunes") as advance:
        for _ in range(50):
            advance()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_quiet_progress_prints_nothing(play: Play, clock: list[float]) -> None:
    def body() -> None:
        with progress("play", 1, "tunes") as advance:
            clock[0] += 60
            advance()

    assert play(body, "-q")[1:] == ("", "")


def show_on_terminal(code: str, until: str = "", **environment: str) -> str:
    """Run code whose standard error is a terminal; return what that shows.

    A line of standard input comes once the terminal has shown ``until``.
    """
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment}
    command = [sys.executable, "-c", code]
    shown = b""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=slave, env=environment) as running:
        assert running.stdin is not None
        os.close(slave)
        for part in read_terminal(master):
            shown += part
            if until.encode() in shown and not running.stdin.closed:
                running.stdin.write(b"go on\n")
                running.stdin.close()
    assert running.returncode == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())


BAR = """
from seqsynth.terminal import progress
with progress("play", 3, "tunes", done=1) as advance:
    {before}
    advance(2)
"""


def test_terminal_shows_a_bar_with_count_rate_and_time_left() -> None:
    shown = show_on_terminal(BAR.format(before="input()"), until="1/3")
    assert "━" in shown
    assert "1/3" in shown
    assert "3/3 tunes" in shown
    assert "/s, 0 s left" in shown


def test_terminal_that_cannot_move_its_cursor_shows_lines() -> None:
    shown = show_on_terminal(BAR.format(before="pass"), TERM="dumb")
    assert "━" not in shown
    assert shown.startswith("play: 3 of 3 tunes, ")
