"""What a command says, and the door through which all of it goes to a terminal."""

import logging
import re

import click

_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Characters that steer a terminal or the direction of what follows, and halves of characters."""


def printable(text: str) -> str:
    r"""Return a text with what would steer a terminal written out, as JSON does: ``\u001b``.

    Names come from data and file systems, and may hold anything; line ends and tabs stay.
    """
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def on_one_line(text: str) -> str:
    """Return a text as `printable` does, its line ends and tabs written out, too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def tell(line: str = "", *, err: bool = False) -> None:
    """Print a line to standard output, or to standard error, whether or not -q was given.

    A line end in it is part of a name, and written out.
    """
    click.echo(on_one_line(line), err=err)


def tell_text(text: str) -> None:
    """Print a text of many lines, such as a table, to standard output."""
    click.echo(printable(text))


def is_quiet() -> bool:
    """Return whether -q was given."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().ensure_object(dict).get("quiet"))


def say(line: str = "") -> None:
    """Print a line to standard output, unless -q was given."""
    if not is_quiet():
        tell(line)


class PrintableFormatter(logging.Formatter):
    """Formats what libraries log, with names in it, for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line as `on_one_line` does, and the lines of an error below it."""
        text = super().format(record)
        return printable(text) if record.exc_info else on_one_line(text)


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: "1 shard", "2 shards"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
