"""What evaluate and score share: their options, and how what was found is said."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.ledger import check_results
from seqsynth.terminal import OUT_FOLDER, say, tell, tell_text
from trainer.cli.bar import bar

if TYPE_CHECKING:
    from trainer.evaluation.scoring import Evaluation

FORMATS = ("text", "csv", "markdown", "latex")
PROTOCOL_NAMES = ("native", "errnet", "dsrnet", "ibcln")

NAMED_UNMATCHED = 5
"""Predictions without a photo that are named, of each folder."""


def scoring_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of both commands."""
    options = (
        click.option(
            "--out",
            type=OUT_FOLDER,
            help="Folder for tables, per-image scores and a page of pictures.",
        ),
        click.option("--overwrite", is_flag=True, help="Replace files of other origin in --out."),
        click.option(
            "--protocol",
            type=click.Choice(PROTOCOL_NAMES),
            default="native",
            show_default=True,
            help="How photos are sized and predictions rounded.",
        ),
        click.option(
            "--split",
            type=click.Choice(("train", "val", "test")),
            default=None,
            help="Photos to score.  [default: test; val of synthetic sets]",
        ),
        click.option("--quoted", is_flag=True, help="Print the paper's own rows too."),
        click.option(
            "--format",
            "output_format",
            type=click.Choice(FORMATS),
            default="text",
            show_default=True,
            help="Of the table printed.",
        ),
        click.option(
            "--compare",
            nargs=2,
            multiple=True,
            metavar="FIRST SECOND",
            help="Compare two rows image by image. Repeatable.",
        ),
        click.option(
            "--device",
            type=click.Choice(("auto", "cuda", "mps", "cpu")),
            default="auto",
            show_default=True,
            help="Where checkpoints run.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def run_scoring(
    run: "Callable[..., Evaluation]",
    items: Sequence[str],
    out: Path | None,
    *,
    quoted: bool,
    output_format: str,
    overwrite: bool,
    **options: Any,
) -> None:
    """Score with ``trainer.evaluate`` or ``trainer.score``, print the tables, write the files."""
    from trainer.evaluation.results import FILES
    from trainer.evaluation.scoring import ScoringConfig

    if out is None:
        options["pictures"] = 0
    else:
        check_results(out, FILES, overwrite=overwrite)
    config = ScoringConfig(**options | {"split": options["split"] or ""})
    with bar("score", "images") as show:
        found = run(items, config, progress=show)
    _name_unmatched(found)
    for table in found.render(output_format, quoted=quoted):
        tell_text(table)
    if output_format == "text":
        for sentence in found.sentences():
            tell(sentence)
    if out is not None:
        found.write(out, quoted=quoted, overwrite=overwrite)
        say(f"{out}: images.csv, table.*, details.*, intervals.csv, comparisons.csv, index.html")


def _name_unmatched(found: "Evaluation") -> None:
    """Name predictions that no photo was matched with."""
    for folder, paths in found.unmatched.items():
        for path in paths[:NAMED_UNMATCHED]:
            tell(f"unmatched: {path}: no photo of this name", err=True)
        if len(paths) > NAMED_UNMATCHED:
            more = len(paths) - NAMED_UNMATCHED
            tell(f"unmatched: and {more} more in {folder}", err=True)
    for folder, left_out in found.left_out.items():
        tell(f"{folder}: {left_out}", err=True)
