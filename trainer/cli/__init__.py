"""The command line: ``trainer COMMAND``; one module per command, none imported before its use."""

import click

from seqsynth import __version__
from seqsynth.terminal import LazyGroup, run, set_verbosity, verbosity_options

COMMANDS = {
    "fit": ("trainer.cli.fit", "Train teacher and student on shards."),
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="trainer")
@verbosity_options
@click.pass_context
def group(context: click.Context, quiet: bool, verbose: int) -> None:
    """Train and use the teacher-student reflection remover."""
    set_verbosity(context, quiet=quiet, verbose=verbose)


def main() -> None:
    """Run ``trainer``."""
    run(group)
