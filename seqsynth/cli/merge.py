"""``seqsynth merge``: several shard sets in, one out."""

from pathlib import Path
from typing import Any

import click

from seqsynth.cli.options import SHARDS, divided, out_option, overwrite_option, settings_file_option
from seqsynth.cli.reshaping import (
    NOT_OF_A_COPY,
    incomplete_option,
    write_reshaped,
)
from seqsynth.config import RunConfig
from seqsynth.reshape.merge import MergeConfig, plan_merge
from seqsynth.terminal import settings_options


@click.command(short_help="Join shard sets into one.")
@click.argument("shards", type=SHARDS, metavar="SHARDS...", nargs=-1, required=True)
@out_option
@incomplete_option
@settings_file_option
@overwrite_option
@settings_options(MergeConfig, RunConfig, leave_out=NOT_OF_A_COPY)
def command(
    shards: tuple[str | Path, ...],
    out: Path,
    incomplete: bool,
    overwrite: bool,
    toml_file: Path | None,
    **options: Any,
) -> None:
    """Join shard sets of one kind and layout; pictures are copied as they are stored.

    Refused where one set trains on what another holds out, and where sequences are there twice.
    The same command again resumes an interrupted run.
    """
    config, run = divided(MergeConfig, options, toml_file)
    plan = plan_merge(shards, config, incomplete=incomplete)
    write_reshaped(plan, out, run, overwrite=overwrite)
