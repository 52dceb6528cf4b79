"""``seqsynth compare``: how far a synthetic set is from a real one, and what would help."""

from pathlib import Path

import click

from seqsynth.cli.options import SHARDS
from seqsynth.terminal import OUT_FOLDER, progress, say, tell


@click.command(short_help="Say how far a synthetic set is from a real one.")
@click.argument("first", type=SHARDS)
@click.argument("second", type=SHARDS)
@click.option(
    "--samples",
    default=128,
    show_default=True,
    type=click.IntRange(min=1),
    help="Sequences measured in each.",
)
@click.option(
    "--out",
    type=OUT_FOLDER,
    help="Folder for comparison.json, comparison.png and the sets of --voc.",
)
@click.option(
    "--voc",
    type=click.Path(path_type=Path),
    help="Photos: make a small set with the settings suggested, and compare again.",
)
@click.option(
    "--rounds",
    default=2,
    show_default=True,
    type=click.IntRange(1, 9),
    help="Times --voc suggests, makes and compares.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of other origin in --out.")
def command(  # the command line itself
    first: str | Path,
    second: str | Path,
    samples: int,
    out: Path | None,
    voc: Path | None,
    rounds: int,
    overwrite: bool,
) -> None:
    """Compare FIRST, usually synthetic, with SECOND, usually real.

    Compared are I against T, the reflection's energy, coverage and blur, saturation, brightness,
    colours and motion. Where FIRST is synthetic, settings are suggested that bring it nearer.
    """
    from seqsynth.comparison import CompareConfig, comparing, describe, describe_suggestion

    config = CompareConfig(samples, out, voc, rounds, overwrite)
    for found in comparing(first, second, config, progress=progress):
        tell("\n".join(describe(found.comparison, found.names)))
        if found.settings is not None:
            lines = describe_suggestion(found.settings, found.comparison, found.names)
            tell("\n".join([*lines, ""]))
        if found.next_set is not None:
            say(f"making {samples} sequences in {found.next_set}")
    if out is not None:
        say(f"{out}: comparison.json, comparison.png")
