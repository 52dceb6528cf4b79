"""``trainer compare-data``: the same methods trained on several sets, one budget, one table."""

from pathlib import Path

import click

from seqsynth.errors import ConfigError
from seqsynth.files import real_path
from seqsynth.terminal import progress, say, tell, tell_text
from trainer.cli.rows import named_folders, recipes_of, row_options, train_row


@click.command(short_help="Say which shards make which method better.")
@click.argument("sets", nargs=-1, required=True, metavar="[NAME=]SHARDS...")
@row_options
@click.option("--overwrite", is_flag=True, help="Replace files of other origin in --out.")
def command(  # the command line itself
    sets: tuple[str, ...],
    out: Path,
    methods: str,
    tests: tuple[str, ...],
    preset: str,
    toml_file: Path | None,
    pairs: tuple[str, ...],
    protocol: str,
    output_format: str,
    overwrite: bool,
) -> None:
    """Train the same methods on each of SHARDS and score all on the same photos.

    Every run has the same recipe, steps and seed. One table for each benchmark shows methods by
    data; below, every two sets are compared by every method, image by image. The same command again
    goes on where it stopped.
    """
    from trainer.evaluation.data_comparison import (
        matrices,
        plan_cells,
        sentences,
        write_comparison,
    )
    from trainer.evaluation.results import RENDERERS
    from trainer.evaluation.trained_rows import score_rows

    folders = _name_sets(sets)
    cells = plan_cells(recipes_of(methods, preset, toml_file, pairs), folders, out)
    for number, cell in enumerate(cells, start=1):
        say(f"run {number} of {len(cells)}: {cell.name}, {cell.folder}")
        train_row(cell, [cell.shards])
    chosen = named_folders(tests) or list(folders.items())
    with progress("score", len(cells), "runs") as advance:
        for scored in score_rows(cells, chosen, protocol):
            tally = scored
            advance()
    for table in matrices(tally, cells).values():
        tell_text(RENDERERS[output_format][0](table))
    if output_format == "text":
        for sentence in sentences(tally, cells):
            tell(sentence)
    write_comparison(tally, cells, out, overwrite=overwrite)
    say(f"{out}: table.*, images.csv, intervals.csv, comparisons.csv")


def _name_sets(arguments: tuple[str, ...]) -> dict[str, Path]:
    """Return the shards of each set by its name, the folder's where none is given."""
    sets: dict[str, Path] = {}
    for given, folder in named_folders(arguments):
        name = given or real_path(folder).name
        if name in sets:
            raise ConfigError(f"two sets are named {name!r}: give one another name, NAME={folder}")
        sets[name] = folder
    if len(sets) < 2:
        raise ConfigError(f"one set alone ({', '.join(sets)}) compares with nothing: name two")
    return sets
