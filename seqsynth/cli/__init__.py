"""The command line: ``seqsynth COMMAND``; one module per command, none imported before its use."""

import click

from seqsynth import __version__
from seqsynth.terminal import LazyGroup, run, set_verbosity, verbosity_options

COMMANDS = {
    "generate": ("seqsynth.cli.generate", "Synthesise multi-view sequences from VOC."),
    "info": ("seqsynth.cli.info", "Say what a shard set holds."),
    "verify": ("seqsynth.cli.verify", "Find every fault of a shard set."),
    "report": ("seqsynth.cli.report", "Write an HTML page to look at a shard set."),
    "demo": ("seqsynth.cli.demo", "See it all work on public-domain photos."),
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="seqsynth")
@verbosity_options
@click.pass_context
def group(context: click.Context, quiet: bool, verbose: int) -> None:
    """Build datasets of multi-view reflection sequences."""
    set_verbosity(context, quiet=quiet, verbose=verbose)


def main() -> None:
    """Run ``seqsynth``."""
    run(group)
