"""Run a program: what goes wrong becomes one line and an exit code, signals stop the work."""

import logging
import os
import signal
import sys
import threading
import types
import typing
import weakref
from collections.abc import Sequence

import click

from seqsynth.errors import ConfigError, SeqsynthError
from seqsynth.terminal.speech import printable, tell

log = logging.getLogger(__name__)

EXTRA_OF = {
    "torch": "train",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "safetensors": "onnx",
    "starlette": "view",
    "uvicorn": "view",
}
"""Optional packages, and the extra that brings each."""


def run(group: click.Group) -> None:
    """Run a command line: errors on purpose become one line and exit code 1 or 2.

    SIGTERM stops the work as Ctrl-C does. A command interrupted may raise ``KeyboardInterrupt``
    with a sentence for the user.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _check_arguments(sys.argv[1:])
        sys.exit(group.main(prog_name=group.name, standalone_mode=False))
    except SeqsynthError as error:
        if isinstance(error, ConfigError):
            _fail(2, *error.faults)
        _fail(1, str(error))
    except click.ClickException as error:
        vars(error)["message"] = printable(error.message)
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as stop:
        # click turns an interrupt into an abort, whose cause carries the command's sentence.
        _fail(130, str(stop) or str(stop.__cause__ or "") or "interrupted")
    except BrokenPipeError:
        # The reader of a pipe has left, which is no fault.
        _give_up_stdout()
        sys.exit(1)
    except (OSError, ModuleNotFoundError, MemoryError) as error:
        log.debug("where it failed:", exc_info=True)
        _give_up_stdout()
        _fail(1, _system_sentence(error))


def _check_arguments(arguments: Sequence[str]) -> None:
    """Refuse an empty argument: as a path it would be the folder one stands in."""
    if "" in arguments:
        raise click.UsageError(
            "an argument is empty, as an unset variable of the shell is: name something, or leave "
            "it out"
        )


def _system_sentence(error: OSError | ModuleNotFoundError | MemoryError) -> str:
    """Return what the system could not do; a missing package that is no extra is a bug, raised."""
    if isinstance(error, MemoryError):
        return f"out of memory ({error}); try fewer --jobs"
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    if error.name not in EXTRA_OF:
        raise error
    return f"this needs {error.name}; install seqsynth[{EXTRA_OF[error.name]}]"


def _interrupt(number: int, frame: types.FrameType | None) -> None:
    """Stop the work as Ctrl-C does, from a place where an exception is not swallowed."""
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_code.co_filename == weakref.__file__:
            threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _give_up_stdout() -> None:
    """Keep what cannot be written to standard output from failing once more at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(code: int, *faults: str) -> typing.NoReturn:
    for fault in faults:
        tell(f"Error: {fault}", err=True)
    sys.exit(code)
