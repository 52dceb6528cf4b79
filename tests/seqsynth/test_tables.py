"""Cells of CSV are text to a spreadsheet, and numbers stay numbers."""

import csv
import io

import pytest

from seqsynth.tables import cell, csv_text


@pytest.mark.parametrize(
    "name", ["=1+1", "+a", "-a", "@SUM(A1)", "\t=1", "\n=1", "\uff1d1", "=HYPERLINK(1)"]
)
def test_name_that_a_spreadsheet_would_run_is_text(name: str) -> None:
    ((written, other),) = csv.reader(io.StringIO(csv_text([[name, "plain"]]), newline=""))
    assert written.startswith("'")
    assert other == "plain"
    assert cell(name) == f"'{name}"


def test_carriage_return_begins_no_row() -> None:
    rows = list(csv.reader(io.StringIO(csv_text([["a\r=1+1", "b"]]), newline="")))
    assert rows == [["a\\r=1+1", "b"]]


@pytest.mark.parametrize("value", [-1.5, -3, "-0.25", "+1e-3", "-inf", "nan", "a=b", "a-b", ""])
def test_numbers_and_plain_names_stay_as_they_are(value: object) -> None:
    assert cell(value) == value


def test_no_other_module_writes_csv_of_names() -> None:
    from pathlib import Path

    root = Path(__file__).parents[2]
    writers = {
        path.relative_to(root).as_posix()
        for package in ("seqsynth", "capture_tools", "trainer")
        for path in (root / package).rglob("*.py")
        if "csv.writer(" in path.read_text() or "DictWriter(" in path.read_text()
    }
    # The log of steps holds numbers alone.
    assert writers == {"seqsynth/tables.py", "trainer/training/watching/csv_log.py"}
