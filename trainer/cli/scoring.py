"""What evaluate and score share: their options, what their arguments mean, and the run itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.errors import ConfigError, SourceError
from seqsynth.terminal import progress, say

if TYPE_CHECKING:
    from trainer.evaluation.methods import Method, Predictions
    from trainer.evaluation.tally import Tally

UNTRAINED = ("identity", "stretch", "linear")
FORMATS = ("text", "csv", "markdown", "latex")
PROTOCOL_NAMES = ("native", "errnet", "dsrnet", "ibcln")


@dataclass(frozen=True)
class Items:
    """The arguments, sorted: (name or "", path) of shards, checkpoints and prediction folders."""

    shards: tuple[tuple[str, Path], ...]
    methods: tuple[tuple[str, Path], ...]
    with_yang: bool


def scoring_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of both commands."""
    options = (
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder for tables, per-image scores and a page of pictures.",
        ),
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
            "pairs",
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


def sort_items(arguments: Sequence[str]) -> Items:
    """Tell shards, checkpoints and prediction folders apart.

    Raises
    ------
    ConfigError
        A path does not exist, or there are no shards.
    """
    shards: list[tuple[str, Path]] = []
    methods: list[tuple[str, Path]] = []
    with_yang = "yang" in arguments
    for argument in arguments:
        if argument in (*UNTRAINED, "yang"):
            continue
        name, equals, path = argument.partition("=")
        named = (
            (name, Path(path)) if equals and not Path(argument).exists() else ("", Path(argument))
        )
        if not named[1].exists():
            raise ConfigError(
                f"{named[1]}: no such file or folder, and none of the methods "
                f"{', '.join(UNTRAINED)}, yang"
            )
        (shards if _is_shard_set(named[1]) else methods).append(named)
    if not shards:
        raise ConfigError(
            "no shards to score on: give a folder that seqsynth ingest-pairs, "
            "ingest-captures or generate made"
        )
    return Items(tuple(shards), tuple(methods), with_yang)


def run_scoring(  # noqa: PLR0913  # the options of two commands
    arguments: Sequence[str],
    out: Path | None,
    protocol: str,
    split: str | None,
    *,
    quoted: bool,
    output_format: str,
    pairs: Sequence[tuple[str, str]],
    device: str,
    pictures: int,
    figure: bool = False,
) -> None:
    """Score everything, print the tables, write the files.

    Parameters
    ----------
    pictures : images on the page: the worst and the best, or (figure) of each benchmark
    figure : make the page like the paper's Figure 5
    """
    from trainer.evaluation.examples import open_examples
    from trainer.evaluation.gallery import Album
    from trainer.evaluation.protocols import PROTOCOLS
    from trainer.evaluation.results import write_figure, write_results
    from trainer.evaluation.tally import Tally, evaluate
    from trainer.machine import open_machine

    items = sort_items(arguments)
    benchmark = open_examples(items.shards, split or "")
    with open_machine(device, "float32") as machine:
        rules = PROTOCOLS[protocol]
        methods, folders = _open_methods(items, benchmark.examples, rules, machine)
        _check_names(pairs, methods)
        tally = Tally(methods, benchmark, [rules.sentence, *benchmark.notes, LINEAR_NOTE])
        album = Album()
        total = len(methods) * len(benchmark.examples)
        with progress("score", total, "images") as advance:
            for result in evaluate(methods, benchmark, rules):
                tally.add(result)
                if out is not None:
                    album.add(result)
                advance()
    _name_unused(folders)
    _print(tally, quoted=quoted, output_format=output_format, pairs=pairs)
    if out is not None:
        write_results(tally, album, out, quoted=quoted, shown=pictures)
        if figure:
            write_figure(tally, album, out, shown=pictures)
        say(f"{out}: images.csv, table.*, details.*, intervals.csv, comparisons.csv, index.html")


LINEAR_NOTE = (
    "linear: colour map fitted on the other photos of the same benchmark; stretch: black level "
    "halved; neither sees a reflection"
)


def _open_methods(
    items: Items, examples: Any, protocol: Any, machine: Any
) -> "tuple[list[Method], list[Predictions]]":
    from trainer.evaluation.methods import (
        YANG,
        Method,
        Predictions,
        checkpoint_method,
        fit_colour_maps,
        name_methods,
        untrained_methods,
    )

    methods = untrained_methods(fit_colour_maps(examples, protocol))
    if items.with_yang:
        methods.append(YANG)
    folders = []
    for name, path in items.methods:
        if path.is_dir():
            folders.append(Predictions(path, protocol))
            methods.append(Method(name or path.resolve().name, folders[-1].restore))
        else:
            methods.append(checkpoint_method(name or _checkpoint_name(path), path, machine))
    return list(name_methods(methods)), folders


def _checkpoint_name(path: Path) -> str:
    """Return the run's name for RUN/student/best.pt, else the file's."""
    whole = path.resolve()
    return whole.parent.parent.name if whole.parent.name == "student" else whole.stem


def _check_names(pairs: Sequence[tuple[str, str]], methods: "Sequence[Method]") -> None:
    names = [method.name for method in methods]
    for name in (name for pair in pairs for name in pair):
        if name not in names:
            raise ConfigError(f"--compare {name!r} is no row; rows are {', '.join(names)}")


def _print(
    tally: "Tally", *, quoted: bool, output_format: str, pairs: Sequence[tuple[str, str]]
) -> None:
    from trainer.evaluation.results import RENDERERS, describe_comparisons
    from trainer.evaluation.tables import PSNR

    render = RENDERERS[output_format][0]
    click.echo(render(tally.table(quoted=quoted)))
    for column in tally.benchmark.columns:
        click.echo(render(tally.details(column)))
    if output_format != "text":
        return
    # Unasked, only what every reader should know: is it better than two numbers?
    others = [(method.name, "stretch") for method in tally.methods if method.name not in UNTRAINED]
    sentences = (
        describe_comparisons(tally, pairs) if pairs else describe_comparisons(tally, others, [PSNR])
    )
    for sentence in sentences:
        click.echo(sentence)


def _name_unused(folders: "Sequence[Predictions]") -> None:
    """Name predictions that no photo was matched with; refuse a folder that has no other."""
    for folder in folders:
        unused = folder.unused()
        if not folder.is_used:
            raise SourceError(
                f"{folder.folder}: none of its {len(unused)} images is named as a photo of these "
                f"shards; {unused[0].name} is the first"
            )
        for path in unused[:5]:
            click.echo(f"unmatched: {path}: no photo of this name", err=True)
        if len(unused) > 5:
            click.echo(f"unmatched: and {len(unused) - 5} more in {folder.folder}", err=True)


def _is_shard_set(path: Path) -> bool:
    return path.name == "index.json" or (path / "index.json").is_file()
