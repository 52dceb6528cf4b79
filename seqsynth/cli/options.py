"""Arguments that several commands share."""

from pathlib import Path
from typing import Any

import click

from seqsynth.remote import is_url


class ShardsPath(click.Path):
    """A shard folder as a `Path`, or the URL of one as text."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | Any:
        """Return a URL as it is and anything else as a path."""
        return value if is_url(value) else super().convert(value, param, ctx)


class OutPath(click.Path):
    """A local folder to write to, as a `Path`."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | Any:
        """Refuse a URL, which as a path would become folders of odd names."""
        if is_url(value):
            self.fail(f"{value} is a URL; name a local folder to write to", param, ctx)
        return super().convert(value, param, ctx)


SHARDS = ShardsPath(path_type=Path, file_okay=False)

shards_argument = click.argument("shards", type=SHARDS, metavar="SHARDS")
"""A folder with an index.json, or its URL."""

out_option = click.option(
    "--out",
    required=True,
    type=OutPath(path_type=Path, file_okay=False),
    help="Folder the result goes to; made if absent.",
)
"""The output folder of a command."""
