"""``seqsynth export``: shards to the folders that other projects' loaders read."""

import typing
from pathlib import Path
from typing import Any

import click

from seqsynth.cli.making import watch
from seqsynth.cli.options import divided, dry_run_option, out_option, settings_file_option
from seqsynth.config import RunConfig
from seqsynth.export.config import ExportConfig, ExportLayout
from seqsynth.terminal import counted, say, settings_options

if typing.TYPE_CHECKING:
    from seqsynth.export.exporting import ExportPlan


@click.command(short_help="Give shards to another project in the layout it reads.")
@click.argument("shards", nargs=-1, required=True, metavar="SHARDS...")
@click.option(
    "--to",
    required=True,
    type=click.Choice(typing.get_args(ExportLayout)),
    help="The layout to write.",
)
@out_option
@settings_file_option
@dry_run_option
@click.option("--overwrite", is_flag=True, help="Replace another export in --out.")
@settings_options(ExportConfig, RunConfig, leave_out=frozenset({"to", "image_cache"}))
def command(  # the command line itself
    shards: tuple[str, ...],
    to: str,
    out: Path,
    toml_file: Path | None,
    dry_run: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Write shards as the files that other projects' loaders read, pixel for pixel.

    errnet, dsrnet (also RDNet, XReflection), ibcln, ceilnet and bdn are folders of pictures;
    folders is one folder a sequence; webdataset is tar files; hf opens with
    datasets.load_dataset; views is HDF5 of plain arrays. MANIFEST.json at the top of --out counts
    and hashes every file. The same command again resumes an interrupted export.
    """
    from seqsynth.export.exporting import ExportMaking, plan_export

    config, run = divided(ExportConfig, {"to": to, **options}, toml_file)
    plan = plan_export(shards, config)
    if dry_run:
        _tell(plan, f"{out} would get {counted(plan.files, 'file')}")
        return
    with ExportMaking(plan, out, run, overwrite=overwrite) as making:
        done = making.finished
        watch("export", making, making, plan.sequences, out)
    state = "was complete already: " if done == plan.sequences else ""
    _tell(plan, f"{out}: {state}{counted(plan.files, 'file')}, {making.nbytes / 2**20:.0f} MiB")


def _tell(plan: "ExportPlan", head: str) -> None:
    """Say what lies where, and what does not."""
    from seqsynth.export.exporting import left_out_counts

    views = "all views" if plan.config.views == "all" else "centre views (--views all for every)"
    say(f"{head}; {counted(plan.sequences, 'sequence')}, {views}")
    for place, count in plan.layout.samples.items():
        say(f"  {place}: {count}")
    for reason, count in left_out_counts(plan.layout.left_out).items():
        say(f"left out: {counted(count, 'sample')}, {reason}")
