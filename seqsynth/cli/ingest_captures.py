"""``seqsynth ingest-captures``: camera captures in, judged and aligned shards out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.cli.captures import (
    capture_options,
    judge,
    load_capture_configs,
    stop_if_strict,
    tell,
)
from seqsynth.cli.options import out_option
from seqsynth.terminal import progress, say

if TYPE_CHECKING:
    from seqsynth.ingest.captures import JudgedCaptures


@click.command(short_help="Judge, align and store captured scenes.")
@out_option
@capture_options
def command(  # the command line itself
    scenes: Path,
    out: Path,
    overwrite: bool,
    toml_file: Path | None,
    limit_texts: tuple[str, ...],
    strict: bool,
    **options: Any,
) -> None:
    """Judge folders of camera captures, align and store the good ones (paper 4.1).

    A scene is a folder of three views by a slowly moving camera and the transmission photo of the
    centre view. Rejected scenes are listed with their reasons and left as they are. The same
    command again resumes an interrupted run.
    """
    from seqsynth.ingest.captures import (
        capture_making,
        earlier_division,
        plan_captures,
    )
    from seqsynth.ingest.findings import write_findings
    from seqsynth.report.captures import write_capture_report

    config, run = load_capture_configs(toml_file, limit_texts, options)
    captures = judge(scenes, out, config, run)
    if not captures.accepted:
        tell(captures, _keep_findings(out, captures))
    plan = plan_captures(captures, config, earlier_division(out))
    total = len(captures.accepted)
    with capture_making(plan, out, run, overwrite=overwrite) as making:
        tell(captures, write_findings(out, captures.scenes))
        try:
            with progress("store", total, "scenes", done=making.finished) as advance:
                for entry in making:
                    advance(entry.count)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"stopped with {making.finished} of {total} scenes stored in {out}; run the same "
                "command again to go on"
            ) from None
    counts = ", ".join(f"{count} {split}" for split, count in making.index.counts().items())
    say(f"{out}: {counts} scenes in {len(making.index.shards)} shards")
    say(f"report: {write_capture_report(out, captures.scenes)}")
    stop_if_strict(captures, strict=strict)


def _keep_findings(out: Path, captures: "JudgedCaptures") -> Path:
    """Write findings and page where nothing will be stored, beside no other set's shards."""
    from seqsynth.ingest.findings import write_findings
    from seqsynth.report.captures import write_capture_report
    from seqsynth.shards.index import INDEX_NAME
    from seqsynth.shards.session import FINDINGS_NAME

    if (out / INDEX_NAME).exists():
        return out / FINDINGS_NAME
    out.mkdir(parents=True, exist_ok=True)
    write_capture_report(out, captures.scenes)
    return write_findings(out, captures.scenes)
