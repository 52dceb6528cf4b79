"""``trainer evaluate``: the row of a checkpoint, or of a method without training, in Table 1."""

from pathlib import Path

import click

from trainer.cli.scoring import run_scoring, scoring_options


@click.command(short_help="Score a checkpoint on benchmarks, as the paper's Table 1.")
@click.argument("method")
@click.argument("shards", nargs=-1, required=True)
@scoring_options
@click.option(
    "--pictures",
    default=12,
    show_default=True,
    type=click.IntRange(min=0),
    help="Worst and best images on the page.",
)
def command(  # the command line itself
    method: str,
    shards: tuple[str, ...],
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
    """Score METHOD on the photos in SHARDS (paper 5.2).

    METHOD is a checkpoint of trainer fit, or yang, identity, stretch or linear. Further
    checkpoints and shard folders may follow; NAME=PATH names a row, or a benchmark. Rows that
    learn nothing are always there: the photo itself, a stretch of its black level, the best linear
    colour map.
    """
    from trainer.evaluation.scoring import evaluate

    run_scoring(
        evaluate,
        (method, *shards),
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
