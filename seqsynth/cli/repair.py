"""``seqsynth repair``: an index.json that was lost, written anew from the shards."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.cli.options import preset_option, settings_file_option
from seqsynth.config import SynthesisConfig, load_configs
from seqsynth.terminal import counted, given, progress, say, settings_options

if TYPE_CHECKING:
    from seqsynth.shards import KnownSet, Repair


@click.command(short_help="Write a lost index.json anew.")
@click.argument("shards", type=click.Path(path_type=Path, file_okay=False), metavar="SHARDS")
@click.option(
    "--voc",
    type=click.Path(path_type=Path),
    help="The photos, for shards from before they carried their index.",
)
@click.option(
    "--bare",
    is_flag=True,
    help="For captures and pairs from before, whose photos are gone: write an index without "
    "configuration and sources.",
)
@settings_file_option
@preset_option
@settings_options(SynthesisConfig)
def command(
    shards: Path,
    voc: Path | None,
    bare: bool,
    toml_file: Path | None,
    preset: str | None,
    **options: Any,
) -> None:
    """Write the index of a folder of shards that has lost its index.json.

    Shards carry what it said, and their sizes and hashes are taken anew. Those made before they
    did need --voc and the settings of the generate command that made them. An index.json that
    cannot be read is kept as index.json.old.
    """
    from seqsynth.shards import repair_shards
    from seqsynth.synthesis.blends import LEVEL_TABLES

    known = None if voc is None else _known(voc, shards, toml_file, preset, options)
    repair = repair_shards(shards, known=known, bare=bare, tables=LEVEL_TABLES, progress=progress)
    _tell(shards, repair)


def _known(
    voc: Path, shards: Path, toml_file: Path | None, preset: str | None, options: dict[str, Any]
) -> "KnownSet":
    """Plan the set that a generate command of these settings would make."""
    from seqsynth.shards import KnownSet
    from seqsynth.synthesis import plan_generation

    config, _ = load_configs(toml_file, given(options), preset)
    plan = plan_generation(voc, config, outside=(shards,))
    counts: dict[str, int] = {}
    for task in plan.tasks:
        counts[task.split] = counts.get(task.split, 0) + task.count
    return KnownSet(plan.index, counts)


def _tell(shards: Path, repair: "Repair") -> None:
    index = repair.index
    counts = ", ".join(f"{count} {split}" for split, count in index.counts().items())
    noun = "sequence" if index.sequences == 1 else "sequences"
    files = counted(len(index.shards), "shard")
    say(f"{shards}: index.json written anew, {counts} {noun} in {files}")
    for fault in repair.left_out:
        click.echo(f"left out: {fault}", err=True)
    if not index.complete:
        click.echo(
            f"missing: {repair.missing} of {index.sequences + repair.missing} sequences; the index "
            "is marked incomplete, and the command that made the set makes them again",
            err=True,
        )
    if repair.left_out or not index.complete:
        raise click.exceptions.Exit(1)
