"""What merge, split and subset do alike: write a planned set and say what stands there then."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqsynth.config import RunConfig
from seqsynth.settings import Settings, check_settings
from seqsynth.terminal import counted, given, progress, say

if TYPE_CHECKING:
    from seqsynth.reshape import ReshapePlan

REASONS = {
    "leaks": "show photos that another set holds out",
    "duplicates": "are in an earlier set already",
    "straddling": "show photos of two sides",
}
"""Why sequences are left out -> the words for it."""


NOT_OF_A_COPY = frozenset({"image_cache"})
"""Settings of a run that mean nothing where no photo is decoded."""

incomplete_option = click.option(
    "--incomplete", is_flag=True, help="Take the finished sequences of a set whose making was "
    "interrupted."
)  # fmt: skip

S = TypeVar("S", bound=Settings)


def configs_of(model: type[S], options: Mapping[str, Any]) -> tuple[S, RunConfig]:
    """Divide the options that were given between a command's settings and the run's.

    Raises
    ------
    ConfigError
        A setting is out of range, or contradicts another.
    """
    values = given(options)
    run = {name: value for name, value in values.items() if name in RunConfig.model_fields}
    own = {name: value for name, value in values.items() if name not in run}
    return check_settings(model, own), check_settings(RunConfig, run)


def write_reshaped(plan: "ReshapePlan", out: Path, run: RunConfig, *, overwrite: bool) -> None:
    """Write a planned set under a progress bar; Ctrl-C leaves what is finished."""
    from seqsynth.reshape import reshaping  # noqa: PLC0415  # heavy

    command = str(plan.index.configuration["derived"]["command"])
    with reshaping(plan, out, run, overwrite=overwrite) as making:
        done = making.finished
        try:
            with progress(command, plan.sequences, "sequences", done=done) as advance:
                for entry in making:
                    advance(entry.count)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"stopped with {making.finished} of {plan.sequences} sequences finished in "
                f"{out}; run the same command again to go on"
            ) from None
    index = making.index
    if done == plan.sequences:
        say(f"{out} was complete already: {counted(index.sequences, 'sequence')}")
        return
    counts = ", ".join(f"{count} {split}" for split, count in index.counts().items())
    size = sum(shard.bytes for shard in index.shards)
    shards = counted(len(index.shards), "shard")
    noun = "sequence" if index.sequences == 1 else "sequences"
    say(f"{out}: {counts} {noun} in {shards}, {size / 2**20:.0f} MiB")
    for reason, number in plan.left_out.items():
        say(f"left out because they {REASONS[reason]}: {number} of the sequences")
