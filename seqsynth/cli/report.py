"""``seqsynth report``: one HTML page to look at a shard set."""

import datetime
from pathlib import Path

import click

from seqsynth.cli.options import shards_argument
from seqsynth.terminal import say


@click.command(short_help="Write an HTML page to look at a shard set.")
@shards_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: report.html beside the shards, shards.html for captures]",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Sequences shown.",
)
@click.option(
    "--published", type=click.DateTime(["%Y-%m-%d"]), help="Day of publication, for croissant.json."
)
@click.option("--overwrite", is_flag=True, help="Replace a file of other origin at --out.")
def command(
    shards: str | Path,
    out: Path | None,
    samples: int,
    published: datetime.datetime | None,
    *,
    overwrite: bool,
) -> None:
    """Write one self-contained HTML page: pictures, motions, statistics, configuration.

    Beside the shards it is joined by README.md, a dataset card, and croissant.json; with --out
    elsewhere it comes alone.
    """
    from seqsynth.report import write_report

    day = None if published is None else published.date()
    page = write_report(shards, out, samples=samples, published=day, overwrite=overwrite)
    say(f"report: {page}")
