"""Programs of many commands, each imported when it is used."""

import importlib
import logging
import sys
import typing
from collections.abc import Mapping
from typing import Any

import click

from seqsynth import __version__
from seqsynth.terminal.speech import PrintableFormatter


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that --help answers at once.

    Parameters
    ----------
    commands_at : command -> (module that defines ``command``, its one-line help)
    """

    def __init__(
        self, *args: Any, commands_at: Mapping[str, tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order they are listed."""
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command."""
        if cmd_name not in self.commands_at:
            return None
        command = importlib.import_module(self.commands_at[cmd_name][0]).command
        # Every module calls its own "command"; the group knows what users call it.
        command.name = cmd_name
        return typing.cast("click.Command", command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.commands_at.items()])


def command_line(
    program: str, purpose: str, commands_at: Mapping[str, tuple[str, str]]
) -> click.Group:
    """Return a program's group of commands, with --version, and -q and -v before the command.

    Parameters
    ----------
    program, purpose : its name, and what it is for in one sentence
    commands_at : see `LazyGroup`
    """

    @click.group(
        program,
        cls=LazyGroup,
        commands_at=commands_at,
        help=purpose,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    @click.version_option(__version__, prog_name=program)
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
    @click.pass_context
    def group(context: click.Context, quiet: bool, verbose: int) -> None:
        context.ensure_object(dict)["quiet"] = quiet
        level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(PrintableFormatter("%(levelname)s: %(message)s"))
        logging.basicConfig(level=logging.ERROR if quiet else level, handlers=[handler])

    return group
