"""Table 1 with rows of one's own: every method trained on the same shards, scored alike."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from seqsynth.ledger import write_results
from trainer.evaluation.gallery import Album
from trainer.evaluation.protocols import PROTOCOLS
from trainer.evaluation.published import OWN, REMARKS_1, TABLE_1
from trainer.evaluation.results import (
    RENDERERS,
    comparisons_csv,
    describe_comparisons,
    figure_examples,
    intervals_csv,
    render_figure,
)
from trainer.evaluation.tables import LMSE, PSNR, SSIM, Kind, Row, Table
from trainer.evaluation.tally import Tally, score_examples
from trainer.evaluation.trained_rows import restore_row, score_rows
from trainer.methods import NAMES, find_method
from trainer.recipe import STUDENT, FitConfig
from trainer.training.fit import Report, fit

ALL = (*NAMES, STUDENT)
"""What ``all`` stands for, in the order of Table 1."""

MEASURES = (PSNR, SSIM, LMSE)
"""Columns of a benchmark; the paper has no PSNR."""

BAR = "linear"
"""The row that learns nothing which each method is compared with."""


@dataclass(frozen=True)
class MethodRow:
    """A method and the run that its row rests on."""

    method: str
    config: FitConfig
    folder: Path

    @property
    def title(self) -> str:
        """The method's name in Table 1."""
        return title_of(self.method)

    @property
    def name(self) -> str:
        """The row's name: trained again, as the paper's (F), by us."""
        return f"{self.title} (F), here"

    @property
    def checkpoint(self) -> Path:
        """The network that is scored."""
        return self.folder / self.config.stages[-1] / "best.pt"


def title_of(method: str) -> str:
    """Return a method's name in Table 1."""
    return OWN if method == STUDENT else find_method(method).title


def plan_rows(recipes: Mapping[str, FitConfig], out: Path) -> list[MethodRow]:
    """Give every method (name -> recipe) a folder of its own."""
    return [
        MethodRow(name, config, out / name.replace(":", "-")) for name, config in recipes.items()
    ]


def train_table(
    recipes: Mapping[str, FitConfig],
    folders: Sequence[Path],
    out: Path,
    *,
    tests: Iterable[tuple[str, Path]] = (),
    protocol: str = "native",
) -> Generator[Report, None, Tally]:
    """Train every method on shard folders, then score them all; yield after every step.

    The same call again goes on where the last one stopped. `write_table` writes the tally that it
    returns.

    Parameters
    ----------
    recipes : name of the method -> recipe of its run
    out : folder of the runs, one for each method
    tests : name of the column, or "", and shards; none scores on the held-out parts of ``folders``
    protocol : how photos are sized and predictions rounded

    Raises
    ------
    SeqsynthError
        See `trainer.training.fit.fit` and `trainer.evaluation.trained_rows.score_rows`.
    """
    rows = plan_rows(recipes, out)
    for row in rows:
        yield from fit(row.config, folders, row.folder)
    chosen = list(tests) or [("", folder) for folder in folders]
    *_, tally = score_rows(rows, chosen, protocol)
    return tally


def method_table(tally: Tally, *, quoted: bool) -> Table:
    """Return Table 1 over the benchmarks at hand; on demand each row below the paper's own."""
    table = tally.table()
    notes = list(table.notes)
    rows: list[Row] = list(table.rows)
    if quoted:
        rows = _beside_quoted(rows)
        notes += REMARKS_1
    return Table(table.benchmarks, MEASURES, rows, notes)


def render_page(
    rows: Sequence[MethodRow], tally: Tally, protocol: str = "native", *, shown: int = 12
) -> str:
    """Return the table's pictures as HTML: a row an image, a column a method, and the truth.

    The photos are restored anew, for the scores that are kept beside a run have no pictures.

    Parameters
    ----------
    shown : images of each benchmark, spread evenly over it
    """
    chosen = figure_examples(tally.benchmark, shown).values()
    benchmark = replace(tally.benchmark, examples=tuple(chain.from_iterable(chosen)))
    untrained = [one for one in tally.methods if one.kind is Kind.LEARNS_NOTHING]
    rules = PROTOCOLS[protocol]
    album = Album()
    for results in (
        score_examples(untrained, benchmark, rules),
        *(restore_row(row, benchmark, rules) for row in rows),
    ):
        for result in results:
            album.add(result)
    return render_figure(tally, album, shown=shown)


def sentences(tally: Tally) -> list[str]:
    """Say of each method how it compares with the best linear colour map, image by image."""
    trained = [one.name for one in tally.methods if one.kind is Kind.MEASURED]
    pairs = [(name, BAR) for name in trained]
    return describe_comparisons(tally, pairs, (PSNR, SSIM))


def write_table(
    tally: Tally, out: Path, *, quoted: bool, page: str = "", overwrite: bool = False
) -> None:
    """Write table.txt, .csv, .md and .tex, images.csv, intervals.csv and comparisons.csv.

    Parameters
    ----------
    page : what index.html is to hold, of `render_page`; "" writes none

    Raises
    ------
    OutputError
        A file cannot be written, or one that was not written here would be replaced.
    """
    table = method_table(tally, quoted=quoted)
    files = {f"table.{suffix}": render(table) for render, suffix in RENDERERS.values()}
    files |= {
        "images.csv": tally.images(),
        "intervals.csv": intervals_csv(tally),
        "comparisons.csv": comparisons_csv(tally),
    }
    if page:
        files["index.html"] = page
    write_results(out, files, overwrite=overwrite)


def _beside_quoted(rows: Sequence[Row]) -> list[Row]:
    """Put each of our rows below the quoted rows of its method, the others first."""
    mixed = [row for row in rows if row.kind is Kind.LEARNS_NOTHING]
    left = [row for row in rows if row.kind is not Kind.LEARNS_NOTHING]
    for title in dict.fromkeys(_method_of(row) for row in TABLE_1):
        mixed += [row for row in TABLE_1 if _method_of(row) == title]
        mixed += [row for row in left if _method_of(row) == title]
    return mixed + [row for row in left if row not in mixed]


def _method_of(row: Row) -> str:
    """Return the method of a row, trained again or not; the paper writes Zhang for two authors."""
    return row.name.split(" (F)")[0].removesuffix(" et al.")
