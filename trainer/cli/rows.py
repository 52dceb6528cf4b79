"""What commands that train several rows share: their options, training one row, naming tests."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.errors import ConfigError
from seqsynth.terminal import SETTINGS_FILE, is_quiet
from trainer.cli.fit import stop_asked, with_method
from trainer.cli.scoring import FORMATS, PROTOCOL_NAMES
from trainer.cli.settings import parse_settings
from trainer.methods import NAMES
from trainer.recipe import STUDENT, FitConfig, load_recipe

if TYPE_CHECKING:
    from trainer.evaluation.trained_rows import TrainedRow

_FOLDER = click.Path(path_type=Path, file_okay=False)


def row_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that these commands share."""
    options = (
        click.option("--out", required=True, type=_FOLDER, help="Folder of runs and table."),
        click.option(
            "--methods",
            default="all",
            show_default=True,
            metavar="NAMES",
            help=f"Methods to train, separated by commas: {', '.join(NAMES)}, student (all is "
            "these eight), MODULE:NAME.",
        ),
        click.option(
            "--test",
            "tests",
            multiple=True,
            metavar="[NAME=]SHARDS",
            help="Shards to score on, and a name for their column; default the held-out parts of "
            "what is trained on. Repeatable.",
        ),
        click.option(
            "--preset",
            type=click.Choice(("paper", "small")),
            default="paper",
            show_default=True,
            help="Where settings start: the authors', or what a CPU does in minutes.",
        ),
        click.option(
            "--config",
            "toml_file",
            type=SETTINGS_FILE,
            help="TOML file of settings, as for fit.",
        ),
        click.option(
            "--set",
            "pairs",
            multiple=True,
            metavar="KEY=VALUE",
            help="A setting of every run: seed=1, method.steps=300 (of all methods but the "
            "student). Repeatable.",
        ),
        click.option(
            "--protocol",
            type=click.Choice(PROTOCOL_NAMES),
            default="native",
            show_default=True,
            help="How photos are sized and predictions rounded.",
        ),
        click.option(
            "--format",
            "output_format",
            type=click.Choice(FORMATS),
            default="text",
            show_default=True,
            help="Of the table printed.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def recipes_of(
    methods: str, preset: str, toml_file: Path | None, pairs: Sequence[str]
) -> dict[str, FitConfig]:
    """Return the recipe of each method asked for, in order.

    Raises
    ------
    ConfigError
        A method is unknown, or a setting is wrong; or several are to begin with one's weights.
    """
    names = [*NAMES, STUDENT] if methods == "all" else [one.strip() for one in methods.split(",")]
    if not all(names):
        raise ConfigError(f"--methods {methods!r}: names separated by commas are wanted, or all")
    recipes = {}
    for name in names:
        overrides = parse_settings(pairs)
        if name == STUDENT:
            overrides.pop("method", None)
        recipes[name] = load_recipe(preset, toml_file, with_method(overrides, name))
    started = [config.init_from for config in recipes.values() if config.init_from is not None]
    if started and len(recipes) > 1:
        raise ConfigError(
            f"init_from = {started[0]}: the weights of one file fit one method, and "
            f"{', '.join(recipes)} are to be trained; leave it out, or name one method"
        )
    return recipes


def named_folders(arguments: Sequence[str]) -> list[tuple[str, Path]]:
    """Return (name, folder) of ``NAME=FOLDER``; a folder alone has the name ""."""
    named = []
    for argument in arguments:
        name, equals, folder = argument.partition("=")
        named.append((name, Path(folder)) if equals else ("", Path(name)))
    return named


def train_row(row: "TrainedRow", shards: Sequence[Path]) -> None:
    """Train one row and show how it goes; Ctrl-C stops after the step, with a checkpoint."""
    from trainer.cli.display import Display
    from trainer.training.fit import fit

    with Display(quiet=is_quiet()) as display, stop_asked() as stopped:
        steps = fit(row.config, shards, row.folder, display.download)
        for report in steps:
            display.show(report)
            if stopped():
                steps.close()
                raise KeyboardInterrupt(
                    f"stopped in row {row.name}, {report.stage} step {report.step}; the same "
                    "command goes on"
                )
