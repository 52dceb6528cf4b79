"""``seqsynth ingest-captures``: camera captures in, judged and aligned shards out."""

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
from seqsynth.cli.making import watch
from seqsynth.cli.options import out_option
from seqsynth.terminal import progress, say


@click.command(short_help="Judge, align and store captured scenes.")
@out_option
@capture_options
def command(  # the command line itself
    scenes: Path,
    out: Path,
    overwrite: bool,
    toml_file: Path | None,
    limit_texts: tuple[str, ...],
    decisions_file: Path | None,
    strict: bool,
    **options: Any,
) -> None:
    """Judge folders of camera captures, align and store the good ones (paper 4.1).

    A scene is a folder of three views by a slowly moving camera and the transmission photo of the
    centre view. Rejected scenes are listed with their reasons and left as they are; --decisions has
    the last word. The same command again resumes an interrupted run.
    """
    from seqsynth.ingest.ingestion import (
        Verdicts,
        check_verdicts,
        judge_folder,
        keep_verdicts,
        storing,
    )

    config, run = load_capture_configs(toml_file, limit_texts, options)
    check_verdicts(out, overwrite=overwrite)
    decisions = decisions_of(decisions_file)
    captures = judge_folder(
        scenes, config, run, decisions=decisions, outside=(out,), progress=progress
    )
    if not captures.accepted:
        tell(keep_verdicts(captures, out))
    verdicts = Verdicts(captures, out)
    total = len(captures.accepted)
    with storing(captures, out, config, run, overwrite=overwrite) as making:
        tell(verdicts)
        watch("store", making, (entry.count for entry in making), total, out, unit="scenes")
    stored = ", ".join(f"{count} {split}" for split, count in making.index.counts().items())
    say(f"{out}: {stored} scenes in {len(making.index.shards)} shards")
    say(f"report: {verdicts.report}")
    stop_if_strict(verdicts, strict=strict)
