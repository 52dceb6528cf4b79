"""``seqsynth verify``: hashes, schema, arithmetic, and (deep) the source photos."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqsynth.cli.options import shards_argument
from seqsynth.errors import ConfigError
from seqsynth.terminal import counted, progress, say, tell

if TYPE_CHECKING:
    from seqsynth.shards import Fault


@click.command(short_help="Find every fault of a shard set.")
@shards_argument
@click.option("--deep", is_flag=True, help="Also make a sample of the sequences again.")
@click.option("--voc", type=click.Path(path_type=Path), help="The photos, for --deep.")
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Sequences --deep makes again.",
)
def command(shards: str | Path, deep: bool, voc: Path | None, samples: int) -> None:
    """Check every byte of a shard set against its index, and its content against the format.

    Every fault is listed; the exit code is 1 if there is any. With --deep a sample of synthetic
    sequences is made again from the photos in --voc and compared.
    """
    from seqsynth.shards import read_index

    if deep and voc is None:
        raise ConfigError("--deep needs --voc, the photos the shards were made from")
    if voc is not None and not deep:
        raise ConfigError("--voc is for --deep, which makes sequences again; add --deep")
    index = read_index(shards)
    faults = _faults(shards, len(index.shards))
    if voc is not None and not faults:
        faults += _deep_faults(shards, voc, min(samples, index.sequences))
    elif voc is not None:
        say("no sequence was made again: mend these faults first")
    for fault in faults:
        tell(str(fault))
    if faults:
        raise click.exceptions.Exit(1)
    sequences, files = counted(index.sequences, "sequence"), counted(len(index.shards), "shard")
    say(f"{shards}: {sequences} in {files}, no fault")


def _faults(shards: str | Path, count: int) -> "list[Fault]":
    from seqsynth.shards import Fault, verify_shards
    from seqsynth.synthesis.blends import LEVEL_TABLES

    faults = []
    with progress("verify", count, "shards") as advance:
        for result in verify_shards(shards, LEVEL_TABLES):
            if isinstance(result, Fault):
                faults.append(result)
            else:
                advance()
    return faults


def _deep_faults(shards: str | Path, voc: Path, samples: int) -> "list[Fault]":
    from seqsynth.synthesis.regenerate import regenerate_faults

    faults = []
    with progress("make again", samples, "sequences") as advance:
        for result in regenerate_faults(shards, voc, samples):
            if isinstance(result, int):
                advance(result)
            else:
                faults.append(result)
    return faults
