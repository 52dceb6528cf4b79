"""What both command lines share: lazy commands, one-line errors, options of settings, progress."""

import os
import pty
import re
import signal
import subprocess
import sys
from typing import Annotated, Literal

import click
import pytest
from pydantic import Field

from seqsynth import terminal
from seqsynth.errors import ConfigError, OutputError, SourceError
from seqsynth.settings import Settings
from seqsynth.terminal import (
    command_line,
    given,
    is_quiet,
    progress,
    run,
    say,
    settings_options,
)


@pytest.fixture(autouse=True)
def _own_signals():
    """Give pytest its handlers of signals back, which `run` replaces."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def play(monkeypatch, capsys):
    """Run a program of one command, ``play``, whose body is given; return code, out and err."""

    def call(body, *flags):
        command = click.Command("play", callback=body, params=[])
        group = command_line("band", "Play.", {"play": ("stage", "Play a tune.")})
        monkeypatch.setattr(group, "get_command", lambda *_: command)
        monkeypatch.setattr(sys, "argv", ["band", *flags, "play"])
        with pytest.raises(SystemExit) as stop:
            run(group)
        return (int(stop.value.code or 0), *capsys.readouterr())

    return call


def raising(error):
    def body():
        raise error

    return body


# Errors


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
def test_error_is_one_line_and_a_code(play, error, code):
    returned, out, err = play(raising(error))
    assert (returned, out) == (code, "")
    assert [line for line in err.splitlines() if line.startswith("Error: ")] == [
        line for line in err.splitlines() if line and not line.startswith(("Usage", "Try"))
    ]
    assert err.count("Error: ") == 1


def test_every_line_of_an_error_is_marked(play):
    assert play(raising(ConfigError("one\ntwo")))[2] == "Error: one\nError: two\n"


def test_system_error_names_the_file(play):
    err = play(raising(OSError(28, "No space left on device", "/dev/tape")))[2]
    assert err == "Error: /dev/tape: No space left on device\n"


def test_missing_extra_is_named(play):
    error = ModuleNotFoundError("No module named 'torch'", name="torch")
    assert play(raising(error)) == (1, "", "Error: this needs torch; install seqsynth[train]\n")


def test_bug_is_not_dressed_up_as_a_user_error(play):
    with pytest.raises(ZeroDivisionError):
        play(raising(ZeroDivisionError()))


def test_interrupt_may_carry_a_sentence(play):
    code, _, err = play(raising(KeyboardInterrupt("stopped in bar 12")))
    assert (code, err.strip()) == (130, "Error: stopped in bar 12")


def test_interrupt_without_a_sentence(play):
    code, _, err = play(raising(KeyboardInterrupt()))
    assert (code, err.strip()) == (130, "Error: interrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_a_command_alike(play, number):
    code, _, err = play(lambda: os.kill(os.getpid(), number))
    assert (code, err.strip()) == (130, "Error: interrupted")


def test_ignored_interrupt_stays_ignored(play):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code, _, _ = play(lambda: os.kill(os.getpid(), signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 0


def test_reader_that_left_is_no_error(play):
    assert play(raising(BrokenPipeError()))[2] == ""


# Commands


def test_commands_are_imported_only_when_used(capsys):
    group = command_line("band", "Play.", {"play": ("no.such.module", "Play a tune.")})
    group(["--help"], standalone_mode=False)
    assert "play  Play a tune." in capsys.readouterr().out
    with pytest.raises(ModuleNotFoundError):
        group(["play"], standalone_mode=False)


def test_program_has_its_own_name_however_it_is_started(monkeypatch, capsys):
    group = command_line("band", "Play.", {"play": ("stage", "Play a tune.")})
    monkeypatch.setattr(sys, "argv", ["/usr/lib/python/__main__.py", "--help"])
    with pytest.raises(SystemExit):
        run(group)
    assert capsys.readouterr().out.startswith("Usage: band [OPTIONS]")


# Saying


def test_say_prints_unless_quiet(play):
    assert play(lambda: say("la"))[1] == "la\n"
    assert play(lambda: say("la"), "-q")[1] == ""


def test_quiet_is_known_everywhere(play):
    seen = []
    play(lambda: seen.append(is_quiet()), "-q")
    play(lambda: seen.append(is_quiet()))
    assert seen == [True, False]


def test_nobody_is_quiet_outside_a_command():
    assert not is_quiet()


# Progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test winds on by hand."""
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def test_piped_progress_tells_rate_and_time_left(clock, capsys):
    with progress("play", 40, "tunes") as advance:
        clock[0] += 10
        advance(20)
    # 20 in 10 s, 20 to go.
    assert capsys.readouterr().err == "play: 20 of 40 tunes, 2/s, 10 s left\n"


def test_piped_progress_is_a_line_every_few_seconds_and_one_at_the_end(clock, capsys):
    with progress("play", 100, "tunes") as advance:
        for _ in range(100):
            clock[0] += 0.2
            advance()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4  # after 5, 10, 15 and 20 s
    assert lines[-1] == "play: 100 of 100 tunes, 5/s, 0 s left"


def test_what_was_done_before_counts_in_the_total_and_not_in_the_rate(clock, capsys):
    with progress("play", 100, "tunes", done=80) as advance:
        clock[0] += 10
        advance(10)
    assert capsys.readouterr().err == "play: 90 of 100 tunes, 1/s, 10 s left\n"


def test_long_waits_are_told_in_minutes(clock, capsys):
    with progress("play", 10_000, "tunes") as advance:
        clock[0] += 10
        advance(10)
    assert capsys.readouterr().err.endswith("1/s, 166 min left\n")


def test_more_steps_than_foretold_do_not_flood(clock, capsys):
    with progress("play", 2, "tunes") as advance:
        for _ in range(50):
            advance()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_quiet_progress_prints_nothing(play, clock):
    def body():
        with progress("play", 1, "tunes") as advance:
            clock[0] += 60
            advance()

    assert play(body, "-q")[1:] == ("", "")


def show_on_terminal(code: str, **environment: str) -> str:
    """Run code whose standard error is a terminal; return what that shows."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment}
    subprocess.run([sys.executable, "-c", code], stderr=slave, env=environment, check=True)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)


BAR = """
import time
from seqsynth.terminal import progress
with progress("play", 3, "tunes", done=1) as advance:
    time.sleep(0.2)
    advance(2)
"""


def test_terminal_shows_a_bar_with_count_rate_and_time_left():
    shown = show_on_terminal(BAR)
    assert "━" in shown
    assert "1/3" in shown
    assert "3/3 tunes" in shown
    assert "/s, 0 s left" in shown


def test_terminal_that_cannot_move_its_cursor_shows_lines():
    shown = show_on_terminal(BAR, TERM="dumb")
    assert "━" not in shown
    assert shown.startswith("play: 3 of 3 tunes, ")


# Options


class Amplifier(Settings):
    volume: int = Field(3, ge=0, description="How loud.")
    tone: Literal["bass", "treble"] = Field("bass", description="Which end.")
    fade: tuple[float, float] = Field(
        (0.5, 2.0), json_schema_extra={"metavar": "IN OUT"}, description="Seconds."
    )
    valves: bool = Field(True, description="Warmth.")
    inputs: tuple[Literal["mic", "line"], ...] = Field((), description="Sockets.")
    gain: Annotated[float | None, Field(ge=0)] = Field(None, description="Or automatic.")
    room_size: int = Field(
        10,
        json_schema_extra={"metavar": "SIZE", "as_text": True, "shown_default": "a hall"},
        description="Room.",
    )


@pytest.fixture
def options():
    """Parse flags into the options that were given, and show their help."""

    @click.command()
    @settings_options(Amplifier)
    def command(**values):
        return given(values)

    def parse(*flags):
        return command(list(flags), standalone_mode=False)

    parse.command = command
    return parse


def test_options_not_given_are_left_out(options):
    assert options() == {}


@pytest.mark.parametrize(
    ("flags", "values"),
    [
        (["--volume", "7"], {"volume": 7}),
        (["--volume", "0"], {"volume": 0}),
        (["--tone", "treble"], {"tone": "treble"}),
        (["--fade", "1", "2.5"], {"fade": (1.0, 2.5)}),
        (["--valves"], {"valves": True}),
        (["--no-valves"], {"valves": False}),
        (["--inputs", "mic", "--inputs", "line"], {"inputs": ("mic", "line")}),
        (["--gain", "0.5"], {"gain": 0.5}),
        (["--room-size", "hall"], {"room_size": "hall"}),
    ],
)
def test_every_kind_of_setting_has_an_option(options, flags, values):
    assert options(*flags) == values


@pytest.mark.parametrize(
    "flags", [["--volume", "loud"], ["--tone", "middle"], ["--fade", "1"], ["--inputs", "tape"]]
)
def test_value_of_another_type_is_a_usage_error(options, flags):
    with pytest.raises(click.UsageError):
        options(*flags)


def test_help_shows_texts_and_defaults(options):
    text = " ".join(options.command.get_help(click.Context(options.command)).split())
    assert "--volume INTEGER How loud. [default: 3]" in text
    assert "--tone [bass|treble] Which end. [default: bass]" in text
    assert "--fade IN OUT Seconds. [default: 0.5 2]" in text
    assert "--room-size SIZE Room. [default: a hall]" in text
    assert "Or automatic. [default" not in text
