"""What commands say, and keep to themselves with -q."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

import click

from seqsynth.errors import ConfigError, ShardError
from seqsynth.terminal import is_quiet, say, tell, tell_text
from seqsynth.terminal.speech import PrintableFormatter

Play = Callable[..., tuple[int, str, str]]


def test_say_prints_unless_quiet(play: Play) -> None:
    assert play(lambda: say("la"))[1] == "la\n"
    assert play(lambda: say("la"), "-q")[1] == ""


def test_quiet_is_known_everywhere(play: Play) -> None:
    seen = []
    play(lambda: seen.append(is_quiet()), "-q")
    play(lambda: seen.append(is_quiet()))
    assert seen == [True, False]


def test_nobody_is_quiet_outside_a_command() -> None:
    assert not is_quiet()


STEERING = "\x1b[2Ja\x07b\x9b31mc\x7fd\u202ee\u2066f\udce9g\rh"


def test_what_would_steer_a_terminal_is_shown_written_out(play: Play) -> None:
    shown = r"\u001b[2Ja\u0007b\u009b31mc\u007fd\u202ee\u2066f\udce9g\u000dh" + "\n"
    assert play(lambda: say(STEERING))[1] == shown
    assert play(lambda: tell(STEERING, err=True))[2] == shown


def test_line_ends_and_tabs_of_tables_stay(play: Play) -> None:
    assert play(lambda: tell_text("a\tb\nc"))[1] == "a\tb\nc\n"


def test_line_ends_and_tabs_of_names_are_written_out(play: Play) -> None:
    assert play(lambda: say("a\tb\nc"))[1] == "a\\tb\\nc\n"
    assert play(lambda: tell("a\tb\nc", err=True))[2] == "a\\tb\\nc\n"


def test_line_end_in_a_name_does_not_forge_another_warning() -> None:
    record = logging.LogRecord("", logging.WARNING, "", 0, "%s is odd", ("a\nERROR: b",), None)
    said = PrintableFormatter("%(levelname)s: %(message)s").format(record)
    assert said == "WARNING: a\\nERROR: b is odd"


def test_line_end_in_a_setting_s_name_is_written_out_and_faults_keep_their_lines(
    play: Play,
) -> None:
    def fail() -> None:
        raise ConfigError("a\nb is odd", "c is odd")

    assert play(fail)[2] == "Error: a\\nb is odd\nError: c is odd\n"


def test_error_that_names_something_steering_is_one_printable_line(play: Play) -> None:
    def fail() -> None:
        raise ShardError(f"{STEERING}\nError: all is well")

    _, _, err = play(fail)
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()


def test_usage_error_and_system_error_are_printable(play: Play) -> None:
    def misuse() -> None:
        raise click.UsageError(STEERING)

    def missing() -> None:
        raise FileNotFoundError(2, "No such file", STEERING)

    for body in (misuse, missing):
        _, _, err = play(body)
        assert err.replace("\n", "").isprintable()


def test_warning_of_a_library_is_printable(play: Play) -> None:
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        _, _, err = play(lambda: logging.getLogger("seqsynth").warning("read %s", STEERING))
    finally:
        root.handlers = handlers
    assert err.startswith("WARNING: read ")
    assert err.replace("\n", "").isprintable()


def test_all_that_is_said_goes_through_the_one_door() -> None:
    root = Path(__file__).parents[3]
    speakers = [
        path.relative_to(root).as_posix()
        for package in ("seqsynth", "capture_tools", "trainer")
        for path in (root / package).rglob("*.py")
        if re.search(r"click\.s?echo\(|(?<![\w.])print\(", path.read_text(encoding="utf-8"))
    ]
    assert speakers == ["seqsynth/terminal/speech.py"]
