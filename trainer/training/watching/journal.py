"""The logs of a stage: metrics.csv with a row a step, validation.csv with a row a validation."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from seqsynth.errors import OutputError

Row = Mapping[str, float]
"""Column -> value; columns without a value stay empty."""


class Journal:
    """A CSV file that grows by rows and forgets those of steps that are to be run again.

    Parameters
    ----------
    file : made if absent
    columns : in order; the first is ``step``
    step : rows of later steps are dropped, they are of a run that was killed
    """

    def __init__(self, file: Path, columns: Sequence[str], step: int) -> None:
        self.file = file
        self.columns = list(columns)
        kept = [row for row in _whole_rows(file) if int(row["step"]) <= step]
        partial = file.with_name(file.name + ".partial")
        try:
            with partial.open("w", newline="", encoding="utf-8") as sink:
                writer = csv.DictWriter(sink, self.columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(kept)
            partial.replace(file)
        except OSError as error:
            raise _unwritable(file, error) from error

    def add(self, *rows: Row) -> None:
        """Append rows."""
        try:
            with self.file.open("a", newline="", encoding="utf-8") as sink:
                writer = csv.DictWriter(sink, self.columns)
                writer.writerows({k: _shown(v) for k, v in row.items()} for row in rows)
        except OSError as error:
            raise _unwritable(self.file, error) from error

    def column(self, name: str) -> tuple[list[int], list[float]]:
        """Return steps and values of a column, where it has any."""
        return read_column(self.file, name)


def read_column(file: Path, name: str) -> tuple[list[int], list[float]]:
    """Return steps and values of a column of a log, where it has any."""
    rows = [row for row in _whole_rows(file) if row.get(name)]
    return [int(row["step"]) for row in rows], [float(row[name]) for row in rows]


def _whole_rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a log as text, without a last one that was cut short."""
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as source:
        return [row for row in csv.DictReader(source) if None not in row.values()]


def _shown(value: float) -> str:
    """Return a number with all digits of a float32, whole numbers without a point."""
    return str(value) if isinstance(value, int) else f"{value:.9g}"


def _unwritable(file: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{file} cannot be written ({error.strerror}): make room, then run the same command again"
    )
