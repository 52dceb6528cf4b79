"""``seqsynth demo``: the main job on public-domain photos, in a minute or two."""

from pathlib import Path

import click

from seqsynth.cli.options import out_option
from seqsynth.terminal import say


@click.command(short_help="See it all work on public-domain photos.")
@out_option
def command(out: Path) -> None:
    """Make, check and show a small shard set from the photos that scikit-image ships."""
    from seqsynth.demo import SETTINGS, write_voc_folder
    from seqsynth.report import write_report
    from seqsynth.shards import Fault, verify_shards
    from seqsynth.synthesis import SynthesisConfig, generate

    voc, shards = out / "VOC2012", out / "shards"
    say(f"photos:  {write_voc_folder(voc)} in {voc}")
    index = generate(voc, shards, SynthesisConfig.model_validate(SETTINGS))
    say(f"shards:  {index.sequences} sequences in {shards}")
    faults = [result for result in verify_shards(shards) if isinstance(result, Fault)]
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise click.exceptions.Exit(1)
    say("verify:  no fault")
    say(f"report:  {write_report(shards)}  <- open this in a browser")
