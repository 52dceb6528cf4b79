"""``seqsynth demo``: the main job on public-domain photos, in a minute or two."""

from pathlib import Path

import click

from seqsynth.cli.options import out_option
from seqsynth.terminal import say


@click.command(short_help="See it all work on public-domain photos.")
@out_option
def command(out: Path) -> None:
    """Make, check and show a small shard set from the photos that scikit-image ships."""
    from seqsynth.demo import demonstrate

    for step in demonstrate(out):
        say(f"{step.subject + ':':<8} {step.outcome}")
