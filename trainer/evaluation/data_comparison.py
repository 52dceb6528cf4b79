"""Which data make which method better: the same methods trained on several sets, one budget."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from seqsynth.ledger import write_results
from trainer.evaluation.method_table import MEASURES, MethodRow
from trainer.evaluation.results import (
    RENDERERS,
    comparisons_csv,
    describe_comparisons,
    intervals_csv,
)
from trainer.evaluation.tables import PSNR, SSIM, Kind, Measure, Row, Table
from trainer.evaluation.tally import Tally
from trainer.evaluation.trained_rows import score_rows
from trainer.recipe import FitConfig
from trainer.training.fit import Report, fit


@dataclass(frozen=True)
class DataCell:
    """A method trained on one set of data.

    Attributes
    ----------
    data : name of the set
    shards : its folder
    run : the method's
    """

    data: str
    shards: Path
    run: MethodRow

    @property
    def name(self) -> str:
        """The row's name among all methods on all sets."""
        return cell_name(self.run.title, self.data)

    @property
    def config(self) -> FitConfig:
        """The recipe of its run."""
        return self.run.config

    @property
    def folder(self) -> Path:
        """Of its run."""
        return self.run.folder

    @property
    def checkpoint(self) -> Path:
        """The network that is scored."""
        return self.run.checkpoint


def cell_name(title: str, data: str) -> str:
    """Return the name of a method trained on a set."""
    return f"{title} on {data}"


def plan_cells(
    recipes: Mapping[str, FitConfig], sets: Mapping[str, Path], out: Path
) -> list[DataCell]:
    """Give every method (name -> recipe) on every set (name -> shards) a folder of its own."""
    return [
        DataCell(data, shards, MethodRow(name, config, out / data / name.replace(":", "-")))
        for data, shards in sets.items()
        for name, config in recipes.items()
    ]


def compare_data(
    recipes: Mapping[str, FitConfig],
    sets: Mapping[str, Path],
    out: Path,
    *,
    tests: Iterable[tuple[str, Path]] = (),
    protocol: str = "native",
) -> Generator[Report, None, Tally]:
    """Train every method on every set, then score all on the same tests; yield after every step.

    Every cell has the same recipe, and so the same steps, batches and seed. The same call again
    goes on where the last one stopped. `write_comparison` writes the tally that it returns.

    Parameters
    ----------
    recipes : name of the method -> recipe
    sets : name of the data -> its shards
    out : folder of the runs: OUT/DATA/METHOD
    tests : name of the column, or "", and shards; none scores on the held-out part of each set
    protocol : how photos are sized and predictions rounded

    Raises
    ------
    SeqsynthError
        See `trainer.training.fit.fit` and `trainer.evaluation.trained_rows.score_rows`.
    """
    cells = plan_cells(recipes, sets, out)
    for cell in cells:
        yield from fit(cell.config, [cell.shards], cell.folder)
    *_, tally = score_rows(cells, list(tests) or list(sets.items()), protocol)
    return tally


def matrices(tally: Tally, cells: Sequence[DataCell]) -> dict[str, Table]:
    """Return for each benchmark the table of methods by data, rows that learn nothing on top."""
    data = list(dict.fromkeys(cell.data for cell in cells))
    titles = list(dict.fromkeys(cell.run.title for cell in cells))
    rows = {row.name: row for row in tally.table().rows}
    nothing = [row for row in rows.values() if row.kind is Kind.LEARNS_NOTHING]
    tables = {}
    for column in tally.benchmark.columns:
        lines = [
            Row(row.name, {k: v for one in data for k, v in _cells(row, column, one)}, row.kind)
            for row in nothing
        ]
        for title in titles:
            known = {
                key: value
                for one in data
                for key, value in _cells(rows[cell_name(title, one)], column, one)
            }
            lines.append(Row(title, known))
        tables[column] = Table(data, MEASURES, lines, [f"scored on {column}"])
    return tables


def sentences(
    tally: Tally, cells: Sequence[DataCell], measures: Sequence[Measure] = (PSNR, SSIM)
) -> list[str]:
    """Compare every two sets by every method trained on both, image by image."""
    data = list(dict.fromkeys(cell.data for cell in cells))
    titles = list(dict.fromkeys(cell.run.title for cell in cells))
    pairs = [
        (cell_name(title, second), cell_name(title, first))
        for title in titles
        for first, second in combinations(data, 2)
    ]
    return describe_comparisons(tally, pairs, measures)


def write_comparison(
    tally: Tally, cells: Sequence[DataCell], out: Path, *, overwrite: bool = False
) -> None:
    """Write table.txt, .csv, .md and .tex, images.csv, intervals.csv and comparisons.csv.

    Raises
    ------
    OutputError
        A file cannot be written, or one that was not written here would be replaced.
    """
    tables = matrices(tally, cells)
    files = {
        f"table.{suffix}": "\n".join(render(one) for one in tables.values())
        for render, suffix in RENDERERS.values()
    }
    files |= {
        "images.csv": tally.images(),
        "intervals.csv": intervals_csv(tally),
        "comparisons.csv": comparisons_csv(tally),
    }
    write_results(out, files, overwrite=overwrite)


def _cells(row: Row, column: str, data: str) -> list[tuple[tuple[str, str], float]]:
    """Return a row's numbers of one benchmark as those of one set."""
    return [
        ((data, measure.key), row.cells[column, measure.key])
        for measure in MEASURES
        if (column, measure.key) in row.cells
    ]
