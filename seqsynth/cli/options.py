"""Arguments that several commands share."""

from pathlib import Path

import click

shards_argument = click.argument(
    "shards", type=click.Path(path_type=Path, file_okay=False), metavar="SHARDS"
)
"""A folder with an index.json: info, verify, report."""

out_option = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder the result goes to; made if absent.",
)
"""The output folder of a command that makes shards: generate, demo."""
