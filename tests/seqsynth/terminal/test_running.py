"""Errors of a program as one line and a code, and signals that stop it."""

import os
import signal
import sys
from collections.abc import Callable

import click
import pytest

from seqsynth.errors import ConfigError, OutputError, SourceError
from seqsynth.terminal import run

Play = Callable[..., tuple[int, str, str]]


def raising(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("loudness = 11: at most 10"), 2),
        (SourceError("no music"), 1),
        (OutputError("the hall is full"), 1),
        (click.UsageError("no such tune"), 2),
        (click.ClickException("a string broke"), 1),
        (OSError(28, "No space left on device", "/dev/tape"), 1),
        (MemoryError("Unable to allocate 9 TiB"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_error_is_one_line_and_a_code(play: Play, error: BaseException, code: int) -> None:
    returned, out, err = play(raising(error))
    assert (returned, out) == (code, "")
    assert [line for line in err.splitlines() if line.startswith("Error: ")] == [
        line for line in err.splitlines() if line and not line.startswith(("Usage", "Try"))
    ]
    assert err.count("Error: ") == 1


def test_empty_argument_is_not_the_folder_one_stands_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["orchestra", "play", "--voc", ""])
    with pytest.raises(SystemExit) as stopped:
        run(click.Group("orchestra"))
    assert stopped.value.code == 2
    assert "an argument is empty, as an unset variable of the shell is" in capsys.readouterr().err


def test_every_line_of_an_error_is_marked(play: Play) -> None:
    assert play(raising(ConfigError("one", "two")))[2] == "Error: one\nError: two\n"


def test_system_error_names_the_file(play: Play) -> None:
    err = play(raising(OSError(28, "No space left on device", "/dev/tape")))[2]
    assert err == "Error: /dev/tape: No space left on device\n"


def test_missing_extra_is_named(play: Play) -> None:
    error = ModuleNotFoundError("No module named 'torch'", name="torch")
    assert play(raising(error)) == (1, "", "Error: this needs torch; install seqsynth[train]\n")


def test_bug_is_not_dressed_up_as_a_user_error(play: Play) -> None:
    with pytest.raises(ZeroDivisionError):
        play(raising(ZeroDivisionError()))


def test_interrupt_may_carry_a_sentence(play: Play) -> None:
    code, _, err = play(raising(KeyboardInterrupt("stopped in bar 12")))
    assert (code, err.strip()) == (130, "Error: stopped in bar 12")


def test_interrupt_without_a_sentence(play: Play) -> None:
    code, _, err = play(raising(KeyboardInterrupt()))
    assert (code, err.strip()) == (130, "Error: interrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_a_command_alike(play: Play, number: signal.Signals) -> None:
    code, _, err = play(lambda: os.kill(os.getpid(), number))
    assert (code, err.strip()) == (130, "Error: interrupted")


def test_ignored_interrupt_stays_ignored(play: Play) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code, _, _ = play(lambda: os.kill(os.getpid(), signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 0


def test_reader_that_left_is_no_error(play: Play) -> None:
    assert play(raising(BrokenPipeError()))[2] == ""


# Commands
