"""Strikes at chosen steps of a writer: a kill, a full disk, a disk that fails, in a forked process.

A step is whatever changes a file system below the output folder (opening to write, renaming,
removing, making and removing folders, syncing, writing values to HDF5). The same command takes the
same steps each time, so that a strike at each of them is a strike between any two.
"""

import errno
import hashlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from tests.soak.programs import PROGRAMS, BrokenPromiseError

KINDS = {"kill": 0, "full": errno.ENOSPC, "fault": errno.EIO}
"""What strikes -> the system's number; 0 ends the process without a word."""

_WRITING = os.O_WRONLY | os.O_RDWR
_RENAMES = ("os.rename", "os.link", "os.symlink")
_CHANGES = ("os.remove", "os.mkdir", "os.rmdir", "os.truncate", *_RENAMES)


@dataclass(frozen=True)
class Strike:
    """Where and how: at which step, from 1, of the writer below a folder."""

    at: int
    kind: str
    folder: Path


@dataclass(frozen=True)
class Ending:
    """How a process ended: its code (-9 where it was killed), what it said, and its steps.

    ``half_written`` are the steps before which some file held data and was not in its place yet.
    """

    code: int
    said: str
    steps: int
    half_written: tuple[int, ...]


def run(words: Sequence[object], folder: Path, strike: Strike | None = None) -> Ending:
    """Run a command in a forked process, under a strike if one is given.

    Parameters
    ----------
    words : program and arguments
    folder : for what the process says
    """
    folder.mkdir(parents=True, exist_ok=True)
    said, counted = folder / "said.txt", folder / "steps.txt"
    for path in (said, counted):
        path.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _be_the_program([str(word) for word in words], said, counted, strike)
    _, status = os.waitpid(child, 0)
    text = said.read_text(errors="replace") if said.exists() else ""
    lines = counted.read_text().split() if counted.exists() else []
    half = tuple(int(line[1:]) for line in lines if line.startswith("*"))
    ending = Ending(os.waitstatus_to_exitcode(status), text, len(lines), half)
    if "Traceback" in text:
        raise BrokenPromiseError(f"{list(map(str, words))} under {strike}: {text[-3000:]}")
    return ending


def _be_the_program(words: list[str], said: Path, counted: Path, strike: Strike | None) -> None:
    """Become the program; never returns."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number in (1, 2):
            os.dup2(output, number)
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(number, "w", closefd=False), "utf-8", line_buffering=True)
            for number in (1, 2)
        )
        sys.argv = words
        if strike is not None:
            _Blow(strike, counted).arm()
        PROGRAMS[words[0]]()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        if not isinstance(sys.exception(), SystemExit | None):
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(code)


class _Blow:
    """Counts the steps of a writer in its own process, and strikes at the chosen one."""

    def __init__(self, strike: Strike, counted: Path) -> None:
        self._strike = strike
        self._root = strike.folder.resolve()
        self._note = os.open(counted, os.O_WRONLY | os.O_CREAT, 0o600)
        self._steps = 0

    def arm(self) -> None:
        """Watch from here on; nothing takes it back."""
        _count_calls(os, "fsync", self._step)
        _count_calls(h5py.Dataset, "__setitem__", self._step)
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take part in what Python is about to do."""
        if event == "open":
            path, mode, flags = arguments
            writes = (flags or 0) & _WRITING or set(str(mode)) & set("wxa+")
            if writes and self._is_inside(path):
                self._step()
            return
        # What takes no room works on a full disk.
        changes = ("os.mkdir",) if self._strike.kind == "full" else _CHANGES
        if event in changes and any(map(self._is_inside, arguments)):
            self._step()

    def _is_inside(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        return Path(os.fsdecode(path)).absolute().is_relative_to(self._root)

    def _step(self) -> None:
        self._steps += 1
        mark = "*" if _half_written(self._root) else "-"
        os.write(self._note, f"{mark}{self._steps}\n".encode())
        stays = self._strike.kind == "full" and self._steps > self._strike.at
        if self._steps != self._strike.at and not stays:
            return
        if self._strike.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = KINDS[self._strike.kind]
        raise OSError(number, os.strerror(number))


def _count_calls(owner: Any, name: str, step: Callable[[], None]) -> None:
    original = getattr(owner, name)

    def counted(*arguments: Any, **options: Any) -> Any:
        step()
        return original(*arguments, **options)

    setattr(owner, name, counted)


def _half_written(root: Path) -> bool:
    """Tell whether a file holds data and is not in its place yet."""
    return any(
        ".partial" in path.relative_to(root).as_posix() and path.is_file() and path.stat().st_size
        for path in root.rglob("*")
    )


def tree(folder: Path) -> dict[str, str]:
    """Return the files of a folder, hidden ones too: path -> sha256."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
