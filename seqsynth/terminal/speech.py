"""What a command says on standard output."""

import click


def is_quiet() -> bool:
    """Return whether -q was given."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().ensure_object(dict).get("quiet"))


def say(text: str = "") -> None:
    """Print to standard output, unless -q was given."""
    if not is_quiet():
        click.echo(text)


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: "1 shard", "2 shards"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
