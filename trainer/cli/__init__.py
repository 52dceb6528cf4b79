"""The command line: ``trainer COMMAND``; one module per command, none imported before its use."""

from seqsynth.terminal import command_line, run

COMMANDS = {
    "fit": ("trainer.cli.fit", "Train teacher and student on shards."),
}

group = command_line("trainer", "Train and use the teacher-student reflection remover.", COMMANDS)


def main() -> None:
    """Run ``trainer``."""
    run(group)
