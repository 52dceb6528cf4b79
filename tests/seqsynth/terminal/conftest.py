"""A program of one command to play with."""

import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from seqsynth.terminal import command_line, run

Play = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Give pytest its handlers of signals back, which `run` replaces."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Play:
    """Run a program of one command, ``play``, whose body is given; return code, out and err."""

    def call(body: Callable[[], Any], *flags: str) -> tuple[int, str, str]:
        command = click.Command("play", callback=body, params=[])
        group = command_line("band", "Play.", {"play": ("stage", "Play a tune.")})
        monkeypatch.setattr(group, "get_command", lambda *_: command)
        monkeypatch.setattr(sys, "argv", ["band", *flags, "play"])
        with pytest.raises(SystemExit) as stop:
            run(group)
        return (int(stop.value.code or 0), *capsys.readouterr())

    return call
