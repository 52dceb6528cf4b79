"""Hold a command at a chosen point of its work until a test ends it or lets it go.

A stop "in the middle" that waits for a moment is a stop after the end wherever the test is slower
than the command. Here the command itself waits, in a process that the test starts with
`Gate.program`: its tasks from a chosen one on come to a gate, and the test sees them stand there.
"""

import functools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

import seqsynth.cli
from seqsynth import engine
from seqsynth.config import RunConfig
from seqsynth.shards import making, writer
from seqsynth.synthesis.pipeline import Synthesiser
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]

POINTS = ("asked", "drawing", "written", "placed")
"""Where a task of `generate` may be held: before it begins, between two sequences of a shard, its
partial file whole, and the shard in its place but not on record."""

WRITING = ("drawing", "written")
"""Points at which a partial file lies in the folder."""

_CALLS: dict[str, tuple[Any, str, int]] = {
    "drawing": (Synthesiser, "record", 2),
    "written": (writer, "hash_file", 0),
}
"""Point -> what is called there, and how many calls of a task go through before."""

_here = threading.local()


@dataclass(frozen=True)
class Gate:
    """Where a command is held.

    Attributes
    ----------
    folder : holds a file of each worker that stands at the gate, and "open" once it may pass
    task : number of the first task that is held, of those the command has to do
    point : one of `POINTS`
    """

    folder: Path
    task: int
    point: str

    @property
    def program(self) -> list[str]:
        """The command ``seqsynth``, held; arguments follow."""
        words = f"{str(self.folder)!r}, {self.task}, {self.point!r}"
        # Workers are handed the path, too.
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        return [sys.executable, "-c", f"{code}from {__name__} import run; run({words})"]

    def open(self) -> None:
        """Let go what stands at the gate, and what comes to it."""
        (self.folder / "open").touch()

    def wait(self) -> None:
        """Stand at the gate until it is open; called by a worker."""
        (self.folder / f"{os.getpid()}-{threading.get_ident()}").touch()
        while not (self.folder / "open").exists():
            time.sleep(0.01)

    def await_workers(self, command: "subprocess.Popen[str]", workers: int) -> None:
        """Return once all workers of a command stand at the gate; called by the test."""
        wait_until(lambda: len(list(self.folder.iterdir())) >= workers, command)


def run(folder: str, task: int, point: str) -> None:
    """Be the program ``seqsynth``, its shards made at a gate."""
    gate = Gate(Path(folder), task, point)
    run_tasks = engine.run_tasks

    def run_held(calls: Sequence[Any], config: RunConfig) -> Iterator[Any]:
        call = joblib.delayed(_held)
        return run_tasks([call(gate, number, *each) for number, each in enumerate(calls)], config)

    class Threads(ThreadPoolExecutor):
        """Threads of which those at the gate go on only when no other task can begin any more."""

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            gate.open()
            super().shutdown(wait=wait)

    making.run_tasks = run_held
    engine.ThreadPoolExecutor = Threads  # type: ignore[misc]
    seqsynth.cli.main()


def _held(
    gate: Gate, number: int, function: Callable[..., Any], arguments: Any, options: Any
) -> Any:
    """Do a task, holding it on its way; runs in a worker, which imports this module."""
    if number < gate.task:
        return function(*arguments, **options)
    if gate.point == "asked":
        gate.wait()
    elif gate.point in _CALLS:
        _watch(gate.point)
        _here.gate, _here.before = gate, _CALLS[gate.point][2]
    result = function(*arguments, **options)
    if gate.point == "placed":
        gate.wait()
    return result


@functools.cache
def _watch(point: str) -> None:
    """Have this process stop at a point for the tasks of threads that have a gate."""
    owner, name, _ = _CALLS[point]
    function = getattr(owner, name)

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        gate = getattr(_here, "gate", None)
        if gate is not None:
            if _here.before == 0:
                _here.gate = None
                gate.wait()
            _here.before -= 1
        return function(*arguments, **options)

    setattr(owner, name, call)
