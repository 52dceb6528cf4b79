"""What commands that make sequences do alike: show how far they are, and say what stands there."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from seqsynth.shards.index import ShardIndex
from seqsynth.terminal import counted, is_quiet, progress, say, tell


class Making(Protocol):
    """Work that is entered and under way."""

    @property
    def finished(self) -> int:
        """Number of sequences that are finished, those of earlier runs included."""


def watch(
    command: str,
    making: Making,
    counts: Iterable[int],
    total: int,
    out: Path,
    *,
    unit: str = "sequences",
) -> None:
    """Do the work under a progress bar; say what is taken up and, on Ctrl-C, how to go on.

    Parameters
    ----------
    counts : does the work, yielding the number of sequences of each finished piece
    total : sequences in all
    unit : what they are called
    """
    done = making.finished
    if 0 < done < total and not is_quiet():
        tell(f"{command}: going on after {done} of {total} {unit}", err=True)
    try:
        with progress(command, total, unit, done=done) as advance:
            for count in counts:
                advance(count)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped with {making.finished} of {total} {unit} finished in {out}; run the same "
            "command again to go on"
        ) from None


def tell_set(index: ShardIndex, out: Path, *, made: int) -> None:
    """Say what shard set stands in a folder now, ``made`` sequences of it in this run."""
    if not made:
        say(f"{out} was complete already: {counted(index.sequences, 'sequence')}")
        return
    counts = ", ".join(f"{count} {split}" for split, count in index.counts().items())
    noun = "sequence" if index.sequences == 1 else "sequences"
    size = sum(shard.bytes for shard in index.shards)
    shards = counted(len(index.shards), "shard")
    say(f"{out}: {counts} {noun} in {shards}, {size / 2**20:.0f} MiB")
