"""``seqsynth view``: look at sets, captures, runs and results in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqsynth.errors import ConfigError
from seqsynth.terminal import say, tell

if TYPE_CHECKING:
    from seqsynth.view.collection import Collection


@click.command(short_help="Look at sets, runs and results in a browser.")
@click.argument("shards", nargs=-1, metavar="[SHARDS]...")
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Folder of trainer fit, for its curves and panels; may be repeated.",
)
@click.option(
    "--predictions",
    multiple=True,
    metavar="NAME=FOLDER",
    help="A method's output images for the photos of SHARDS; may be repeated.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="A student: photos dropped on the page are restored (extra train).",
)
@click.option(
    "--scenes",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the captures as they were shot, to see rejected ones, too.",
)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("decisions.json"),
    show_default=True,
    help="File that decisions about captures are kept in.",
)
@click.option(
    "--export",
    "site",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write a site that opens from disk instead, and serve nothing.",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="Sequences of a set in an exported site, spread evenly.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; any but this machine's own asks for a token.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
def command(  # the command line itself
    shards: tuple[str, ...],
    runs: tuple[Path, ...],
    predictions: tuple[str, ...],
    checkpoint: Path | None,
    scenes: Path | None,
    decisions: Path,
    site: Path | None,
    most: int,
    host: str,
    port: int,
) -> None:
    """Look at shard SETS, captures, runs and results in a browser on this machine.

    Prints the address to open; Ctrl-C ends it. On a cluster, tunnel the port with ssh.
    Nothing is written unless you export or decide.
    """
    from seqsynth.view import open_collection

    collection = open_collection(
        shards,
        runs=runs,
        predictions=dict(map(_named, predictions)),
        checkpoint=checkpoint,
        scenes=scenes,
        decisions=decisions,
    )
    if site is None:
        _serve(collection, host, port)
    else:
        _export(collection, site, most)


def _serve(collection: "Collection", host: str, port: int) -> None:
    from seqsynth.view import serve

    serve(
        collection,
        host=host,
        port=port,
        announce=lambda address: tell(f"open {address} in a browser; Ctrl-C ends"),
    )


def _export(collection: "Collection", site: Path, most: int) -> None:
    from seqsynth.terminal import progress
    from seqsynth.view import plan_site, write_site

    plan = plan_site(collection, most=most)
    with progress("export", plan.total, "sequences") as advance:
        for _ in write_site(plan, site):
            advance()
    say(f"open {site / 'index.html'} in a browser")


def _named(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    if not (name and folder):
        raise ConfigError(f"--predictions {text!r}: write it as NAME=FOLDER")
    return name, Path(folder)
