"""``seqsynth check-captures``: judge captured scenes without writing shards."""

from pathlib import Path
from typing import Any

import click

from seqsynth.cli.captures import (
    capture_options,
    decisions_of,
    load_capture_configs,
    stop_if_strict,
    tell,
)
from seqsynth.cli.options import out_option
from seqsynth.terminal import progress, say


@click.command(short_help="Judge captured scenes without writing shards.")
@out_option
@capture_options
def command(  # the command line itself
    scenes: Path,
    out: Path,
    toml_file: Path | None,
    limit_texts: tuple[str, ...],
    decisions_file: Path | None,
    strict: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Judge folders of camera captures and say what to shoot again (paper 4.1).

    Writes findings.json and report.html to --out; the photos are left alone.
    """
    from seqsynth.ingest import check_captures

    config, run = load_capture_configs(toml_file, limit_texts, options)
    decisions = decisions_of(decisions_file)
    verdicts = check_captures(
        scenes, out, config, run, decisions=decisions, overwrite=overwrite, progress=progress
    )
    tell(verdicts)
    say(f"report: {verdicts.report}")
    stop_if_strict(verdicts, strict=strict)
