"""``trainer score``: folders of anybody's output images in Table 1, and a page like Figure 5."""

from pathlib import Path

import click

from trainer.cli.scoring import run_scoring, scoring_options


@click.command(short_help="Score folders of output images, beside each other and checkpoints.")
@click.argument("items", nargs=-1, required=True, metavar="PREDICTIONS... SHARDS...")
@scoring_options
@click.option(
    "--pictures",
    default=24,
    show_default=True,
    type=click.IntRange(min=0),
    help="Images of each benchmark on the page.",
)
def command(  # the command line itself
    items: tuple[str, ...],
    out: Path | None,
    overwrite: bool,
    protocol: str,
    split: str | None,
    quoted: bool,
    output_format: str,
    compare: tuple[tuple[str, str], ...],
    device: str,
    pictures: int,
) -> None:
    """Score folders of output images on the photos in SHARDS.

    PREDICTIONS are folders of images named as their photos, checkpoints, or yang; NAME=FOLDER
    names a row. With --out, a page shows one row an image and one column a method, and differences
    to the truth on demand.
    """
    from trainer.evaluation.scoring import score

    run_scoring(
        score,
        items,
        out,
        overwrite=overwrite,
        quoted=quoted,
        output_format=output_format,
        protocol=protocol,
        split=split,
        compare=compare,
        device=device,
        pictures=pictures,
    )
