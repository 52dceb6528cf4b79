"""``seqsynth check-captures``: judge captured scenes without writing shards."""

from pathlib import Path
from typing import Any

import click

from seqsynth.cli.captures import (
    capture_options,
    judge,
    load_capture_configs,
    stop_if_strict,
    tell,
)
from seqsynth.cli.options import out_option
from seqsynth.terminal import say


@click.command(short_help="Judge captured scenes without writing shards.")
@out_option
@capture_options
def command(  # the command line itself
    scenes: Path,
    out: Path,
    toml_file: Path | None,
    limit_texts: tuple[str, ...],
    strict: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Judge folders of camera captures and say what to shoot again (paper 4.1).

    Writes findings.json and report.html to --out; the photos are left alone.
    """
    from seqsynth.ingest.findings import write_findings
    from seqsynth.report.captures import write_capture_report

    config, run = load_capture_configs(toml_file, limit_texts, options)
    captures = judge(scenes, out, config, run)
    out.mkdir(parents=True, exist_ok=True)
    tell(captures, write_findings(out, captures.scenes))
    say(f"report: {write_capture_report(out, captures.scenes)}")
    stop_if_strict(captures, strict=strict)
