"""What merge, split and subset do alike: write a planned set and say what stands there then."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqsynth.cli.making import tell_set, watch
from seqsynth.config import RunConfig
from seqsynth.terminal import say

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
    "--incomplete",
    is_flag=True,
    help="Take the finished sequences of a set whose making was interrupted.",
)


def write_reshaped(plan: "ReshapePlan", out: Path, run: RunConfig, *, overwrite: bool) -> None:
    """Write a planned set under a progress bar; Ctrl-C leaves what is finished."""
    from seqsynth.reshape import reshaping

    command = str(plan.index.configuration["derived"]["command"])
    with reshaping(plan, out, run, overwrite=overwrite) as making:
        done = making.finished
        watch(command, making, (entry.count for entry in making), plan.sequences, out)
    made = plan.sequences - done
    tell_set(making.index, out, made=made)
    for reason, number in plan.left_out.items() if made else ():
        say(f"left out because they {REASONS[reason]}: {number} of the sequences")
