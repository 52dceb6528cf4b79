"""What merge, split and subset do alike: write a planned set and say what stands there then."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seqsynth.cli.making import tell_set, watch
from seqsynth.config import RunConfig
from seqsynth.settings import Settings, check_settings
from seqsynth.terminal import given, say

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
    from seqsynth.reshape import reshaping

    command = str(plan.index.configuration["derived"]["command"])
    with reshaping(plan, out, run, overwrite=overwrite) as making:
        done = making.finished
        watch(command, making, (entry.count for entry in making), plan.sequences, out)
    made = plan.sequences - done
    tell_set(making.index, out, made=made)
    for reason, number in plan.left_out.items() if made else ():
        say(f"left out because they {REASONS[reason]}: {number} of the sequences")
