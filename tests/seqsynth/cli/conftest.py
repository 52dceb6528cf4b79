"""The command line as a user meets it: called in this process, or as a program of its own."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seqsynth.cli import main

NOBODY = 65534

PROGRAM = (sys.executable, "-c", "from seqsynth.cli import main; main()")


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """What follows "Error: ", a line each."""
        lines = self.err.splitlines()
        return [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]


Seqsynth = Callable[..., Outcome]


@pytest.fixture
def seqsynth(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Seqsynth]:
    """Call ``seqsynth ARGUMENTS`` in this process."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["seqsynth", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return Outcome(int(stop.value.code or 0), printed.out, printed.err)

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def program() -> Callable[..., subprocess.Popen[str]]:
    """Start ``seqsynth ARGUMENTS`` as a program in a session of its own.

    ``program`` may be words that start it held, as `tests.seqsynth.holding.Gate` has them.
    """

    def start(
        *arguments: str | Path, program: Sequence[str] = PROGRAM, **options: Any
    ) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [*program, *map(str, arguments)]
        return subprocess.Popen(
            command, start_new_session=True, text=True, env=environment, **{**pipes, **options}
        )

    return start


@pytest.fixture
def settings(tiny_settings: dict[str, Any]) -> list[str]:
    """The flags that fit the drawn photos: 24 sequences in four shards, made by one worker."""
    return [*flags(tiny_settings), "--jobs", "1"]


def flags(settings: dict[str, Any]) -> list[str]:
    """Turn settings into the flags a user types."""
    words: list[str] = []
    for name, value in settings.items():
        values = "x".join(map(str, value)) if name == "window" else value
        listed = values if isinstance(values, tuple) else (values,)
        words += [f"--{name.replace('_', '-')}", *map(str, listed)]
    return words


@pytest.fixture
def contents() -> Callable[[Path], dict[str, str]]:
    """Return a folder's files, hidden ones too: name -> sha256."""

    def read(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return read


@pytest.fixture
def ordinary_user(photo_folder: Path) -> Iterator[Path]:
    """Be a user whom permissions bind, also where root runs the tests.

    The folder is that user's own, and holds ``photos``.
    """
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(photo_folder, folder / "photos")
    is_root = os.getuid() == 0
    if is_root:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield folder
    finally:
        if is_root:
            os.setresuid(0, 0, 0)
        shutil.rmtree(folder)
