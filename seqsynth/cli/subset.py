"""``seqsynth subset``: a shard set in, some of its sequences out."""

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
from seqsynth.photo_lists import describe_unmatched
from seqsynth.reshape.subset import SubsetConfig, plan_subset, read_list, read_names
from seqsynth.terminal import say, settings_options


@click.command(short_help="Choose sequences of a shard set.")
@shards_argument
@out_option
@incomplete_option
@settings_file_option
@overwrite_option
@click.option(
    "--sources-from",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take what shows photos (or scenes) of this list alone: an id, file name or path a line; "
    "of a class list of VOC, what shows the class.",
)
@click.option(
    "--names-from",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the sequences of these names alone: one a line, as seqsynth view writes them.",
)
@settings_options(SubsetConfig, RunConfig, leave_out=NOT_OF_A_COPY)
def command(  # the command line itself
    shards: str | Path,
    out: Path,
    incomplete: bool,
    overwrite: bool,
    sources_from: Path | None,
    toml_file: Path | None,
    names_from: Path | None,
    **options: Any,
) -> None:
    """Choose sequences by split, by what is recorded of them, by photo, by name and by number.

    They keep their splits, and pictures are copied as they are stored. The same command again
    resumes an interrupted run.
    """
    config, run = divided(SubsetConfig, options, toml_file)
    listed = None if sources_from is None else read_list(sources_from)
    lines = None if listed is None else listed.lines
    named = None if names_from is None else read_names(names_from)
    plan = plan_subset(shards, config, listed=lines, named=named, incomplete=incomplete)
    if listed is not None and listed.remark:
        say(listed.remark)
    if plan.unknown:
        found = f"{len(plan.unknown)} of {len(set(lines or ()))} listed are shown by no sequence"
        click.echo(f"{sources_from}: {found}: {describe_unmatched(plan.unknown)}", err=True)
    write_reshaped(plan, out, run, overwrite=overwrite)
