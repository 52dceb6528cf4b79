"""``seqsynth generate``: VOC in, shards of synthetic multi-view sequences out."""

from pathlib import Path
from typing import Any

import click

from seqsynth.cli.making import tell_set, watch
from seqsynth.cli.options import (
    dry_run_option,
    out_option,
    overwrite_option,
    preset_option,
    settings_file_option,
)
from seqsynth.config import RunConfig, SynthesisConfig, load_configs
from seqsynth.shards.index import ShardIndex
from seqsynth.terminal import counted, given, say, settings_options, tell_text


@click.command(short_help="Synthesise multi-view sequences from VOC.")
@click.option(
    "--voc",
    required=True,
    type=click.Path(path_type=Path),
    help="VOCdevkit, VOC2012 folder, or any folder of images.",
)
@out_option
@settings_file_option
@preset_option
@dry_run_option
@overwrite_option
@settings_options(SynthesisConfig, RunConfig)
def command(  # the command line itself
    voc: Path,
    out: Path,
    toml_file: Path | None,
    preset: str | None,
    dry_run: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Synthesise multi-view sequences from VOC photos (paper 4.2).

    Settings come from the defaults (the paper's), --preset, --config and the options below, the
    later over the earlier. The same command again resumes an interrupted run.
    """
    from seqsynth.synthesis import generation, plan_generation

    config, run = load_configs(toml_file, given(options), preset)
    plan = plan_generation(voc, config, outside=(out,))
    if dry_run:
        from seqsynth.synthesis.forecast import describe

        tell_text(describe(plan, run))
        return
    if plan.photos.left_out:
        say(f"{plan.photos.folder}: {plan.photos.left_out}")
    if plan.photos.remark:
        say(plan.photos.remark)
    with generation(plan, out, run, overwrite=overwrite) as making:
        done = making.finished
        watch("generate", making, (entry.count for entry in making), plan.sequences, out)
    tell_set(making.index, out, made=plan.sequences - done)
    _tell_unusable(making.index)


def _tell_unusable(index: ShardIndex) -> None:
    """Say which photos could not be used, and which will be dark."""
    unusable = {
        k: v for shard in index.shards for k, v in shard.details.get("unusable", {}).items()
    }
    if unusable:
        name, reason = min(unusable.items())
        say(f"unusable: {counted(len(unusable), 'photo')}, all in index.json; {name} {reason}")
    shallow = {k: v for s in index.shards for k, v in s.details.get("shallow", {}).items()}
    if shallow:
        name, remark = min(shallow.items())
        say(f"shallow: {counted(len(shallow), 'photo')}, all in index.json; {name} {remark}")
