"""``seqsynth ingest-pairs``: the field's benchmarks, or any folders of pairs, into shards."""

from pathlib import Path
from typing import Any

import click

from seqsynth.cli.making import watch
from seqsynth.cli.options import divided, out_option, overwrite_option, settings_file_option
from seqsynth.config import RunConfig
from seqsynth.ingest.layouts import LAYOUTS, find_pairs
from seqsynth.ingest.pairs import (
    PairConfig,
    PairPlan,
    inspect_pairs,
    pair_making,
    plan_pairs,
)
from seqsynth.terminal import progress, say, settings_options, tell

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(short_help="Store benchmark pairs (Real20, Nature, SIR2, ...) as shards.")
@click.argument("layout", type=click.Choice(LAYOUTS))
@click.argument("path", required=False, type=click.Path(path_type=Path))
@out_option
@click.option("--blended", type=_FOLDER, help="Photos, for layout folders.")
@click.option("--transmission", type=_FOLDER, help="Their ground truth, for layout folders.")
@click.option("--reflection", type=_FOLDER, help="Their reflections, for layout folders.")
@settings_file_option
@overwrite_option
@settings_options(PairConfig, RunConfig, leave_out=frozenset({"image_cache"}))
def command(  # the command line itself
    layout: str,
    path: Path | None,
    out: Path,
    blended: Path | None,
    transmission: Path | None,
    reflection: Path | None,
    overwrite: bool,
    toml_file: Path | None,
    **options: Any,
) -> None:
    """Store pairs of a blended photo and its ground truth as shards.

    LAYOUT says how PATH is laid out: real20 or zhang (blended/ and transmission_layer/), nature
    (IBCLN's folders), sir2 (the archive or any copy), ceilnet (-input, -label1, -label2), list (a
    CSV file); folders takes --blended and --transmission instead of PATH. Files are matched by
    name, sizes are kept; what cannot be used is listed, and makes the exit code 1.
    """
    config, run = divided(PairConfig, options, toml_file)
    folders = {"blended": blended, "transmission": transmission, "reflection": reflection}
    given_folders = {role: folder for role, folder in folders.items() if folder is not None}
    pairing = find_pairs(layout, path, given_folders, outside=(out,))
    inspected = []
    with progress("inspect", len(pairing.pairs), "pairs") as advance:
        for result in inspect_pairs(pairing, bits=config.bits, run=run):
            inspected.append(result)
            advance()
    plan = plan_pairs(pairing, inspected, config)
    _write(plan, out, run, overwrite=overwrite)
    for remark in pairing.remarks:
        say(remark)
    for finding in plan.findings:
        tell(f"{finding.code}: {finding}", err=True)
    if any(finding.is_fault for finding in plan.findings):
        raise click.exceptions.Exit(1)


def _write(plan: PairPlan, out: Path, run: RunConfig, *, overwrite: bool) -> None:
    with pair_making(plan, out, run, overwrite=overwrite) as ingestion:
        done = ingestion.finished
        counts = (entry.count for entry in ingestion)
        watch("write", ingestion, counts, plan.pairs, out, unit="pairs")
    stored = ", ".join(f"{count} {split}" for split, count in ingestion.index.counts().items())
    unseen = sum("transmission" not in item.pair.files for t in plan.tasks for item in t.items)
    state = "was complete already: " if done == plan.pairs else ""
    lacking = f", {unseen} without ground truth" if unseen else ""
    say(f"{out}: {state}{stored} pairs{lacking}")
