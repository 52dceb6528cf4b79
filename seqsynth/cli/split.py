"""``seqsynth split``: a shard set in, the same sequences in other splits out."""

from pathlib import Path
from typing import Any

import click

from seqsynth.cli.options import (
    divided,
    out_option,
    overwrite_option,
    settings_file_option,
    shards_argument,
)
from seqsynth.cli.reshaping import (
    NOT_OF_A_COPY,
    incomplete_option,
    write_reshaped,
)
from seqsynth.config import RunConfig
from seqsynth.reshape.split import SplitConfig, plan_split
from seqsynth.terminal import settings_options


@click.command(short_help="Divide a shard set into training, validation and test.")
@shards_argument
@out_option
@incomplete_option
@settings_file_option
@overwrite_option
@settings_options(SplitConfig, RunConfig, leave_out=NOT_OF_A_COPY)
def command(
    shards: str | Path,
    out: Path,
    incomplete: bool,
    overwrite: bool,
    toml_file: Path | None,
    **options: Any,
) -> None:
    """Divide a shard set anew; sequences that share a photo or a scene stay on one side.

    Refused where too many hang together to come near the numbers asked for; --drop-straddling
    then leaves some out. The same command again resumes an interrupted run.
    """
    config, run = divided(SplitConfig, options, toml_file)
    plan = plan_split(shards, config, incomplete=incomplete)
    write_reshaped(plan, out, run, overwrite=overwrite)
