"""``trainer ablate``: the eight rows of the paper's Table 2, trained and scored."""

from pathlib import Path

import click

from seqsynth.errors import ConfigError
from seqsynth.ledger import check_results
from seqsynth.terminal import OUT_FOLDER, SETTINGS_FILE, progress, say, tell_text
from trainer.cli.rows import train_row
from trainer.cli.scoring import FORMATS, PROTOCOL_NAMES
from trainer.cli.settings import parse_settings
from trainer.recipe import PRESETS, load_recipe

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(short_help="Train and score the eight rows of the paper's Table 2.")
@click.argument("shards", nargs=-1, required=True, type=_FOLDER)
@click.option("--out", required=True, type=OUT_FOLDER, help="Folder of the runs and the table.")
@click.option(
    "--test",
    "tests",
    multiple=True,
    type=_FOLDER,
    help="Shards to score on; default the held-out parts of SHARDS. Repeatable.",
)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="paper",
    show_default=True,
    help="Where settings start.",
)
@click.option(
    "--config",
    "toml_file",
    type=SETTINGS_FILE,
    help="TOML file of settings, as for fit.",
)
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any setting by its name in the TOML file: teacher.epochs=10. Repeatable.",
)
@click.option(
    "--rows",
    multiple=True,
    metavar="PART",
    help="Only these rows: mkl, decouple, flow, "
    "fusion, kt, hallucination, encoder, all. Repeatable.",
)
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOL_NAMES),
    default="native",
    show_default=True,
    help="How photos are sized and predictions rounded.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of other origin in --out.")
@click.option("--quoted", is_flag=True, help="Print the paper's own rows too.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Of the table printed.",
)
def command(  # the command line itself
    shards: tuple[Path, ...],
    out: Path,
    tests: tuple[Path, ...],
    preset: str,
    toml_file: Path | None,
    pairs: tuple[str, ...],
    rows: tuple[str, ...],
    protocol: str,
    overwrite: bool,
    quoted: bool,
    output_format: str,
) -> None:
    """Train the network without each of its parts on SHARDS, and score every student (paper 5.3).

    Each row is a run of its own in --out. The same command again goes on where it stopped: finished
    rows are neither trained nor scored again.
    """
    from trainer.evaluation.ablation import (
        ABLATION_FILES,
        ROWS,
        ablation_table,
        plan_variants,
        score_variants,
        write_ablations,
    )
    from trainer.evaluation.results import RENDERERS

    parts = _choose(rows, list(ROWS))
    overrides = parse_settings(pairs)
    recipes = {
        part: load_recipe(preset, toml_file, overrides, (part,) if part else ()) for part in parts
    }
    variants = plan_variants(recipes, out)
    check_results(out, ABLATION_FILES, overwrite=overwrite)
    for number, variant in enumerate(variants, start=1):
        say(f"row {number} of {len(variants)}: {variant.name}, {variant.folder}")
        if variant.teacher is not None:
            train_row(variant.teacher, shards)
        train_row(variant, shards)
    with progress("score", len(variants), "rows") as advance:
        for scored in score_variants(variants, tests or shards, protocol):
            tally = scored
            advance()
    tell_text(RENDERERS[output_format][0](ablation_table(tally, quoted=quoted)))
    write_ablations(tally, out, quoted=quoted, overwrite=overwrite)
    say(f"{out}: table.*, images.csv")


def _choose(rows: tuple[str, ...], known: list[str]) -> list[str]:
    """Return the parts to leave out, in the table's order."""
    wanted = ["" if row == "all" else row for row in rows]
    unknown = [row for row in wanted if row not in known]
    if unknown:
        raise ConfigError(
            f"--rows {unknown[0]!r} is no row; rows are "
            f"{', '.join(part or 'all' for part in known)}"
        )
    return [part for part in known if part in wanted] if wanted else known
