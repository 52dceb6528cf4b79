"""Arguments that several commands share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from seqsynth.config import PRESETS, RunConfig
from seqsynth.remote import is_url
from seqsynth.settings import Settings, check_settings, read_toml
from seqsynth.terminal import OUT_FOLDER, SETTINGS_FILE, given

S = TypeVar("S", bound=Settings)


def divided(
    model: type[S], options: Mapping[str, Any], toml_file: Path | None = None
) -> tuple[S, RunConfig]:
    """Divide what was given between a command's settings and the run's.

    Parameters
    ----------
    options : of the command line, which outrank the file
    toml_file : settings by their names, of either

    Raises
    ------
    ConfigError
        A setting is unknown or out of range, or contradicts another.
    """
    values = ({} if toml_file is None else read_toml(toml_file)) | given(options)
    run = {name: value for name, value in values.items() if name in RunConfig.model_fields}
    own = {name: value for name, value in values.items() if name not in run}
    return check_settings(model, own), check_settings(RunConfig, run)


class ShardsPath(click.Path):
    """A shard folder as a `Path`, or the URL of one as text."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | Any:
        """Return a URL as it is and anything else as a path."""
        return value if is_url(value) else super().convert(value, param, ctx)


SHARDS = ShardsPath(path_type=Path, file_okay=False)

shards_argument = click.argument("shards", type=SHARDS, metavar="SHARDS")
"""A folder with an index.json, or its URL."""

out_option = click.option(
    "--out",
    required=True,
    type=OUT_FOLDER,
    help="Folder the result goes to; made if absent.",
)
"""The output folder of a command."""

settings_file_option = click.option(
    "--config",
    "toml_file",
    type=SETTINGS_FILE,
    help="TOML file of settings, named as the options below.",
)
"""Settings of a command, where the options are not enough."""

preset_option = click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    help="Start from a named set of settings; literal blends by CEILNet's letter.",
)
"""Where the settings of a synthetic set start."""

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace another shard set in --out."
)
"""Leave to replace what stands in the output folder."""

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be made, and make nothing."
)
"""A look at what a command would do."""
