"""``trainer fit``: shards in, a teacher and a student out."""

import signal
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from seqsynth.terminal import OUT_FOLDER, SETTINGS_FILE, given, is_quiet, say, settings_options
from trainer.cli.settings import parse_settings
from trainer.nets.config import ABLATIONS
from trainer.recipe import PRESETS, FitConfig, load_recipe

NESTED = frozenset({"mix", "net", "teacher", "student"})
"""Settings that are tables: they have --mix and --set."""


@click.command(short_help="Train teacher and student on shards.")
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
    "--config",
    "toml_file",
    type=SETTINGS_FILE,
    help="TOML file of settings, with tables [net], [teacher], [student], [mix].",
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
    "--ablate",
    multiple=True,
    type=click.Choice(list(ABLATIONS)),
    help="Leave out a part, as a row of the paper's Table 2 does. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would take, and train nothing.")
@settings_options(FitConfig, leave_out=NESTED)
def command(  # noqa: PLR0913, PLR0917  # the command line itself
    shards: tuple[Path, ...],
    out: Path | None,
    preset: str,
    toml_file: Path | None,
    pairs: tuple[str, ...],
    shares: tuple[str, ...],
    ablate: tuple[str, ...],
    dry_run: bool,
    **options: Any,
) -> None:
    """Train teacher, then student, on folders of shards (paper 3 and 5.1).

    Settings come from the paper's defaults, --preset, --config, --set and the options below, the
    later over the earlier. The same command again goes on where an earlier run stopped. Under
    torchrun it runs on several GPUs.
    """
    overrides = parse_settings(pairs) | given(options)
    if shares:
        overrides["mix"] = parse_settings(shares)
    config = load_recipe(preset, toml_file, overrides, ablate)
    out = out or default_out(shards, preset, ablate)
    if dry_run:
        from trainer.training.forecast import describe_run

        click.echo(describe_run(config, shards, out))
        return
    if preset == "small":
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
        steps = fit(config, shards, out, display.download)
        for report in steps:
            display.show(report)
            if stopped():
                steps.close()
                raise KeyboardInterrupt(
                    f"stopped after step {report.step} of the {report.stage}; the same command "
                    f"goes on from {out / report.stage / 'last.pt'}"
                )
    if machine.leads:
        say(f"{out}: " + ", ".join(f"{stage}/best.pt" for stage in config.stages))


def default_out(shards: tuple[Path, ...], preset: str, ablate: tuple[str, ...]) -> Path:
    """Return runs/NAME with a name that the same command gives again."""
    parts = [*(folder.resolve().name for folder in shards), preset]
    return Path("runs") / "-".join([*parts, *(f"no-{part}" for part in ablate)])


@contextmanager
def stop_asked() -> Iterator[Callable[[], bool]]:
    """Note Ctrl-C and SIGTERM instead of raising, so that a step is never cut in two.

    A second Ctrl-C raises as usual.
    """
    asked = False

    def note(number: int, frame: types.FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
