"""``trainer table``: every method of Table 1 trained on one's own shards, and scored alike."""

from pathlib import Path

import click

from seqsynth.terminal import progress, say, tell, tell_text
from trainer.cli.rows import named_folders, recipes_of, row_options, train_row


@click.command(short_help="Train the paper's Table 1 on shards, and score it.")
@click.argument("shards", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False))
@row_options
@click.option("--quoted", is_flag=True, help="Print the paper's own rows too.")
@click.option(
    "--pictures",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="Images of each benchmark on the page of pictures; 0 writes none.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of other origin in --out.")
def command(  # the command line itself
    shards: tuple[Path, ...],
    out: Path,
    methods: str,
    tests: tuple[str, ...],
    preset: str,
    toml_file: Path | None,
    pairs: tuple[str, ...],
    protocol: str,
    output_format: str,
    quoted: bool,
    pictures: int,
    overwrite: bool,
) -> None:
    """Train methods of Table 1 on SHARDS and score them beside those that learn nothing.

    Each method is a run of its own in --out. The same command again goes on where it stopped:
    finished ones are neither trained nor scored again. Below the table, each method is compared
    with the best linear colour map, image by image.
    """
    from trainer.evaluation.method_table import (
        method_table,
        plan_rows,
        render_page,
        sentences,
        write_table,
    )
    from trainer.evaluation.results import RENDERERS
    from trainer.evaluation.trained_rows import score_rows

    rows = plan_rows(recipes_of(methods, preset, toml_file, pairs), out)
    for number, row in enumerate(rows, start=1):
        say(f"row {number} of {len(rows)}: {row.name}, {row.folder}")
        train_row(row, shards)
    chosen = named_folders(tests) or [("", folder) for folder in shards]
    with progress("score", len(rows), "rows") as advance:
        for scored in score_rows(rows, chosen, protocol):
            tally = scored
            advance()
    tell_text(RENDERERS[output_format][0](method_table(tally, quoted=quoted)))
    if output_format == "text":
        for sentence in sentences(tally):
            tell(sentence)
    if pictures:
        say(f"restoring {pictures} images of each benchmark for the page of pictures")
    page = render_page(rows, tally, protocol, shown=pictures) if pictures else ""
    write_table(tally, out, quoted=quoted, page=page, overwrite=overwrite)
    shown = ", index.html  <- open this in a browser" if pictures else ""
    say(f"{out}: table.*, images.csv, intervals.csv, comparisons.csv{shown}")
