"""CSV for people and programs: a spreadsheet shows every cell and runs none."""

import csv
import io
from collections.abc import Iterable, Sequence

_RUN = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell begins with that spreadsheets take for a formula; the last four are full-width."""


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV, lines ended by a line feed.

    Names come from data: one that begins as a formula does gets an apostrophe before it, which
    spreadsheets take for "this is text". Numbers, negative ones too, stay numbers.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: object) -> object:
    """Return what is written of a value; see `csv_text`."""
    if not isinstance(value, str):
        return value
    # A bare carriage return would end the row, and what follows it begin a cell.
    text = value.replace("\r", "\\r")
    return f"'{text}" if text.startswith(_RUN) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
