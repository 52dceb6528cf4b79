"""Both command lines, called in this process and held to their promise: no traceback, ever."""

import contextlib
import io
import logging
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from seqsynth.cli import main as seqsynth
from trainer.cli import main as trainer

PROGRAMS = {"seqsynth": seqsynth, "trainer": trainer}
CODES = (0, 1, 2)


class BrokenPromiseError(AssertionError):
    """A program broke its promise; the text says how it was called, and what came of it."""


@dataclass(frozen=True)
class Answer:
    """What a program printed, and its exit code."""

    code: int
    out: str
    err: str


def call(program: str, *arguments: object) -> Answer:
    """Call a program; whatever it raises but its exit is a broken promise.

    Raises
    ------
    BrokenPromiseError
        Something was raised, the code is none of `CODES`, nothing is said of a failure, or what is
        said holds what steers a terminal.
    """
    words = [program, *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with (
        _own_process_state(words),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = _run(program, words)
    answer = Answer(code, out.getvalue(), err.getvalue())
    said = answer.out + answer.err
    steering = [c for c in said if not (c.isprintable() or c in "\n\t\xa0\u202f")]
    if code not in CODES or "Traceback" in said or steering:
        raise BrokenPromiseError(f"{words}: code {code}, {steering}, {said[-2000:]!r}")
    if code and "Error" not in said and not said.strip():
        raise BrokenPromiseError(f"{words}: code {code} and not a word")
    return answer


def _run(program: str, words: list[str]) -> int:
    try:
        PROGRAMS[program]()
    except SystemExit as stop:
        return int(stop.code or 0)
    except BaseException as error:
        raise BrokenPromiseError(f"{words}: {type(error).__name__}: {error}") from error
    return 0


@contextlib.contextmanager
def _own_process_state(words: list[str]) -> Iterator[None]:
    """Give the process its arguments, handlers of signals and loggers back."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in numbers}
    arguments, sys.argv = sys.argv, words
    root = logging.getLogger()
    loggers, level = root.handlers, root.level
    root.handlers = []
    try:
        yield
    finally:
        sys.argv = arguments
        root.handlers = loggers
        root.setLevel(level)
        for number, handler in handlers.items():
            signal.signal(number, handler)
