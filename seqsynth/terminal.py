"""What both command lines share: groups that load lazily, one-line errors, options, progress."""

import importlib
import logging
import os
import signal
import sys
import threading
import time
import types
import typing
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import click

from seqsynth import __version__
from seqsynth.errors import ConfigError, SeqsynthError
from seqsynth.settings import Settings

log = logging.getLogger(__name__)

EXTRA_OF = {
    "torch": "train",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "safetensors": "onnx",
}
"""Optional packages, and the extra that brings each."""

PLAIN_INTERVAL_S = 5.0
"""Seconds between progress lines where there is no terminal."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that --help answers at once.

    Parameters
    ----------
    commands_at : command -> (module that defines ``command``, its one-line help)
    """

    def __init__(
        self, *args: Any, commands_at: Mapping[str, tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order they are listed."""
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command."""
        if cmd_name not in self.commands_at:
            return None
        command = importlib.import_module(self.commands_at[cmd_name][0]).command
        # Every module calls its own "command"; the group knows what users call it.
        command.name = cmd_name
        return typing.cast("click.Command", command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.commands_at.items()])


def run(group: click.Group) -> None:
    """Run a command line: errors on purpose become one line and exit code 1 or 2.

    SIGTERM stops the work as Ctrl-C does. A command interrupted may raise ``KeyboardInterrupt``
    with a sentence for the user.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(group.main(prog_name=group.name, standalone_mode=False))
    except SeqsynthError as error:
        _fail(str(error), 2 if isinstance(error, ConfigError) else 1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as stop:
        # click turns an interrupt into an abort, whose cause carries the command's sentence.
        _fail(str(stop) or str(stop.__cause__ or "") or "interrupted", 130)
    except BrokenPipeError:
        # The reader of a pipe has left, which is no fault.
        _give_up_stdout()
        sys.exit(1)
    except (OSError, ModuleNotFoundError, MemoryError) as error:
        log.debug("where it failed:", exc_info=True)
        _give_up_stdout()
        _fail(_system_sentence(error), 1)


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


def command_line(
    program: str, purpose: str, commands_at: Mapping[str, tuple[str, str]]
) -> click.Group:
    """Return a program's group of commands, with --version, and -q and -v before the command.

    Parameters
    ----------
    program, purpose : its name, and what it is for in one sentence
    commands_at : see `LazyGroup`
    """

    @click.group(
        program,
        cls=LazyGroup,
        commands_at=commands_at,
        help=purpose,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    @click.version_option(__version__, prog_name=program)
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
    @click.pass_context
    def group(context: click.Context, quiet: bool, verbose: int) -> None:
        context.ensure_object(dict)["quiet"] = quiet
        level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
        logging.basicConfig(
            level=logging.ERROR if quiet else level,
            format="%(levelname)s: %(message)s",
            stream=sys.stderr,
        )

    return group


def is_quiet() -> bool:
    """Return whether -q was given."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().ensure_object(dict).get("quiet"))


def say(text: str = "") -> None:
    """Print to standard output, unless -q was given."""
    if not is_quiet():
        click.echo(text)


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: "1 shard", "2 shards"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Advance(Protocol):
    """Move a progress bar on."""

    def __call__(self, steps: int = 1) -> None:
        """Count ``steps`` more units as done."""


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


def settings_options(
    *models: type[Settings], leave_out: frozenset[str] = frozenset()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an option of every field of the models: name, type, help and default in one place.

    Options that are not given are left out of the keyword arguments' meaning: their value is None
    (``()`` for repeatable ones), see `given`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        fields = [(n, f) for model in models for n, f in model.model_fields.items()]
        for name, field in reversed(fields):
            if name not in leave_out:
                function = _option(name, field)(function)
        return function

    return decorate


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given on the command line."""
    return {name: value for name, value in options.items() if value is not None and value != ()}


def _option(name: str, field: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    extra = field.json_schema_extra or {}
    kind = _click_type(field.annotation)
    if "as_text" in extra:
        kind = {"type": str}
    if "metavar" in extra:
        kind["metavar"] = extra["metavar"]
    help_text = field.description or ""
    default = field.get_default()
    if default not in (None, "", ()):
        help_text = f"{help_text}  [default: {extra.get('shown_default', _shown(default))}]"
    flag = f"--{name.replace('_', '-')}"
    if kind.pop("is_switch", False):
        flag = f"{flag}/--no-{name.replace('_', '-')}"
    return click.option(flag, name, default=None, help=help_text, **kind)


def _click_type(annotation: Any) -> dict[str, Any]:
    """Return click's arguments for a field's annotation."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    kind: dict[str, Any] = {"type": annotation}
    if origin in (typing.Union, types.UnionType):
        kind = _click_type(next(choice for choice in arguments if choice is not type(None)))
    elif origin is typing.Annotated:
        kind = _click_type(arguments[0])
    elif origin is Literal:
        kind = {"type": click.Choice([str(choice) for choice in arguments])}
    elif origin is tuple:
        repeat = {"multiple": True} if Ellipsis in arguments else {"nargs": len(arguments)}
        kind = {**_click_type(arguments[0]), **repeat}
    elif annotation is bool:
        kind = {"is_switch": True}
    return kind


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return " ".join(_shown(value) for value in default)
    if isinstance(default, float):
        return f"{default:g}"
    return str(default)


@contextmanager
def _bar(label: str, total: int, unit: str, done: int) -> Iterator[Advance]:
    from rich.console import Console  # noqa: PLC0415  # only where a bar is shown
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    # Rich's own time left goes by the last few steps, and workers finish in bursts.
    pace = TextColumn("{task.fields[pace]}")
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TextColumn(unit), pace)
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
        click.echo(f"{label}: {done + made} of {total} {unit}, {pace}", err=True)

    return advance


def _pace(made: int, missing: int, elapsed_s: float) -> str:
    """Return rate and time left: "172/s, 12 s left"."""
    rate = made / max(elapsed_s, 1e-6)
    left_s = max(0, missing) / rate if rate else 0.0
    left = f"{left_s:.0f} s" if left_s < 600 else f"{left_s / 60:.0f} min"
    return f"{rate:.3g}/s, {left} left"


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


def _fail(message: str, code: int) -> typing.NoReturn:
    for line in message.splitlines():
        click.echo(f"Error: {line}", err=True)
    sys.exit(code)
