"""How far long work is: a bar on a terminal, plain lines elsewhere, with rate and time left."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seqsynth.progress import Advance
from seqsynth.terminal.speech import is_quiet, on_one_line, tell

PLAIN_INTERVAL_S = 5.0
"""Seconds between progress lines where there is no terminal."""


@contextmanager
def progress(label: str, total: int, unit: str, *, done: int = 0) -> Iterator[Advance]:
    """Show the progress of ``total`` units with rate and time left, on stderr.

    A bar on a terminal, a plain line every few seconds where output is piped or the terminal cannot
    move its cursor, nothing with -q.

    Parameters
    ----------
    done : units that were finished before, left out of the rate
    """
    if is_quiet():
        yield lambda steps=1: None
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _bar(label, total, unit, done) as advance:
            yield advance
    else:
        yield _lines(label, total, unit, done)


@contextmanager
def _bar(label: str, total: int, unit: str, done: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    # Rich's own time left goes by the last few steps, and workers finish in bursts.
    pace = TextColumn("{task.fields[pace]}")
    columns = (
        # A column's text is a format, and a label may name a folder.
        TextColumn(on_one_line(label).replace("{", "{{").replace("}", "}}"), markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        pace,
    )
    started = time.monotonic()
    made = 0
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total, completed=done, pace="")

        def advance(steps: int = 1) -> None:
            nonlocal made
            made += steps
            elapsed_s = time.monotonic() - started
            bar.update(task, advance=steps, pace=_pace(made, total - done - made, elapsed_s))

        yield advance


def _lines(label: str, total: int, unit: str, done: int) -> Advance:
    started = last = time.monotonic()
    made = 0

    def advance(steps: int = 1) -> None:
        nonlocal made, last
        made += steps
        now = time.monotonic()
        if now - last < PLAIN_INTERVAL_S and done + made != total:
            return
        last = now
        pace = _pace(made, total - done - made, now - started)
        tell(f"{label}: {done + made} of {total} {unit}, {pace}", err=True)

    return advance


def _pace(made: int, missing: int, elapsed_s: float) -> str:
    """Return rate and time left: "172/s, 12 s left"."""
    rate = made / max(elapsed_s, 1e-6)
    left_s = max(0, missing) / rate if rate else 0.0
    left = f"{left_s:.0f} s" if left_s < 600 else f"{left_s / 60:.0f} min"
    return f"{rate:.3g}/s, {left} left"
