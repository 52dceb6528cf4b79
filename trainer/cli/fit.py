"""``trainer fit``: shards in, a teacher and a student out."""

import os
import signal
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.errors import ConfigError
from seqsynth.files import real_path
from seqsynth.terminal import (
    OUT_FOLDER,
    SETTINGS_FILE,
    given,
    is_quiet,
    say,
    settings_options,
    tell_text,
)
from trainer.cli.settings import parse_settings
from trainer.nets.config import ABLATIONS
from trainer.recipe import PRESETS, STUDENT, FitConfig, load_recipe, merge

if TYPE_CHECKING:
    from trainer.training.fit import Report

NESTED = frozenset({"mix", "validate_on", "net", "teacher", "student", "method"})
"""Settings that are tables: they have --mix, --validate-on and --set."""


@click.command(short_help="Train teacher and student, or another method, on shards.")
@click.argument("shards", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=OUT_FOLDER,
    help="Folder of the run; default runs/ and a name made of shards and preset.",
)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="paper",
    show_default=True,
    help="Where settings start: the paper's; small, for a CPU and synthetic data at half "
    "size; photo, the student alone on shards of blend linear, which lifts haze from "
    "real photos and is no reflection remover.",
)
@click.option(
    "--method",
    default="student",
    show_default=True,
    metavar="NAME",
    help="What to train: the paper's student with its teacher; ceilnet, zhang, bdn, rmnet, errnet, "
    "corrn or ibcln, by their authors' recipes; veil, ours for real photos; or one of your own as "
    "MODULE:NAME.",
)
@click.option(
    "--config",
    "toml_file",
    type=SETTINGS_FILE,
    help="TOML file of settings, with tables [net], [teacher], [student], [mix], [method].",
)
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any setting by its name in the TOML file: teacher.batch=4, net.width=0.5. Repeatable.",
)
@click.option(
    "--mix",
    "shares",
    multiple=True,
    metavar="KIND=TIMES",
    help="Times a sequence is "
    "seen per epoch, by kind (synthetic, captured, pair) or folder name; default 1. "
    "Repeatable.",
)
@click.option(
    "--validate-on",
    "further",
    multiple=True,
    metavar="[NAME=]SHARDS",
    help="A further shard set to score at every validation, such as real pairs; its name is the "
    "folder's where none is given. Repeatable.",
)
@click.option(
    "--ablate",
    multiple=True,
    type=click.Choice(list(ABLATIONS)),
    help="Leave out a part, as a row of the paper's Table 2 does. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would take, and train nothing.")
@settings_options(FitConfig, leave_out=NESTED)
def command(  # the command line itself
    shards: tuple[Path, ...],
    out: Path | None,
    preset: str,
    method: str,
    toml_file: Path | None,
    pairs: tuple[str, ...],
    shares: tuple[str, ...],
    further: tuple[str, ...],
    ablate: tuple[str, ...],
    dry_run: bool,
    **options: Any,
) -> None:
    """Train teacher, then student, on folders of shards (paper 3 and 5.1), or another --method.

    Settings come from the paper's defaults, --preset, --config, --set and the options below, the
    later over the earlier. The same command again goes on where an earlier run stopped. Under
    torchrun it runs on several GPUs.
    """
    overrides = with_method(parse_settings(pairs) | given(options), method)
    if shares:
        overrides["mix"] = parse_settings(shares)
    if further:
        overrides["validate_on"] = named_folders(further)
    config = load_recipe(preset, toml_file, overrides, ablate)
    out = out or default_out(shards, preset, ablate, config)
    if dry_run:
        from trainer.training.forecast import describe_run

        tell_text(describe_run(config, shards, out))
        return
    if preset == "small" and config.method is None:
        say("small is for multi-view synthetic data: what it trains does not help real photos")
    train(config, shards, out)


def train(config: FitConfig, shards: tuple[Path, ...], out: Path) -> None:
    """Train and show how it goes; Ctrl-C stops after the step, with a checkpoint."""
    from trainer.cli.display import Display
    from trainer.machine import find_machine
    from trainer.training.fit import fit

    machine = find_machine(config.device, config.precision)
    if machine.leads:
        say(f"training on {machine} into {out}")
    quiet = is_quiet() or not machine.leads
    with Display(quiet=quiet) as display, stop_asked() as stopped:
        steps = fit(config, shards, out, display.download, stop=stopped)
        for report in _speaking_once(steps, leads=machine.leads):
            display.show(report)
            if report.stopping:
                steps.close()
                raise KeyboardInterrupt(
                    f"stopped after step {report.step} of the {report.stage}; the same command "
                    f"goes on from {out / report.stage / 'last.pt'}"
                )
    if machine.leads:
        say(f"{out}: " + ", ".join(f"{stage}/best.pt" for stage in config.stages))


def named_folders(further: Iterable[str]) -> dict[str, Path]:
    """Read NAME=SHARDS, or SHARDS alone, which is called as its folder is.

    Raises
    ------
    ConfigError
        Two sets have one name, of which only one would be scored.
    """
    folders: dict[str, Path] = {}
    for text in further:
        name, equals, rest = text.partition("=")
        folder = Path(rest if equals else text)
        name = name if equals else real_path(folder).name
        if name in folders:
            raise ConfigError(
                f"--validate-on calls both {folders[name]} and {folder} {name!r}: give one another "
                f"name, NAME={folder}"
            )
        folders[name] = folder
    return folders


def with_method(overrides: dict[str, Any], name: str) -> dict[str, Any]:
    """Return overrides in which the method is named, unless it is the student."""
    return overrides if name == STUDENT else merge(overrides, {"method": {"name": name}})


def _speaking_once(steps: "Iterator[Report]", *, leads: bool) -> "Iterator[Report]":
    """Let only the leading process say what all of them found."""
    from trainer.errors import CollapseError, DivergenceError

    try:
        yield from steps
    except (CollapseError, DivergenceError):
        if leads:
            raise
        sys.exit(1)


def default_out(
    shards: tuple[Path, ...], preset: str, ablate: tuple[str, ...], config: FitConfig
) -> Path:
    """Return runs/NAME with a name that the same command gives again."""
    parts = [*(real_path(folder).name for folder in shards), preset]
    if config.method is not None:
        parts.append(config.method.name.replace(":", "-"))
    return Path("runs") / "-".join([*parts, *(f"no-{part}" for part in ablate)])


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Note Ctrl-C and SIGTERM instead of raising, so that a step is never cut in two.

    A second Ctrl-C raises as usual; but not under torchrun, which sends every signal on to
    processes that the terminal has sent it to already.
    """
    asked = False
    is_shared = int(os.environ.get("WORLD_SIZE", "1")) > 1

    def note(number: int, frame: types.FrameType | None) -> None:
        nonlocal asked
        if asked and not is_shared:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
