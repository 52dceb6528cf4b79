"""A CSV log that is only appended to, and what curves need of it, in a size that stays bounded."""

import csv
import io
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from seqsynth.errors import OutputError
from trainer.files import write_file

log = logging.getLogger(__name__)

Columns = dict[str, float]
"""Column of a log -> value; columns without a value stay empty."""

MOST_POINTS = 256
"""Most points that a curve keeps."""

READ_WHOLE = 1 << 20
"""Bytes of a log up to which all its rows go into the curve when a run is taken up again."""

GLIMPSES = MOST_POINTS // 2
"""Places at which a longer log is looked into instead."""

GLIMPSE = 1 << 12
"""Bytes read at each place."""

TAIL = 1 << 16
"""Bytes read first where the end of a log is sought."""


class Curve:
    """Means of a log's columns over equal stretches of its rows.

    There are at most `MOST_POINTS`: when they become more, neighbours are joined.
    """

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []
        self._length = 1

    def add(self, step: int, row: Mapping[str, float]) -> None:
        """Add a row."""
        if not self._stretches or self._stretches[-1].rows >= self._length:
            self._stretches.append(_Stretch())
        self._stretches[-1].add(step, row)
        if len(self._stretches) > MOST_POINTS:
            self._join()

    def add_stretch(self, rows: Sequence[tuple[int, Mapping[str, float]]], of: int) -> None:
        """Add a few rows that stand for a stretch of ``of`` rows."""
        stretch = _Stretch()
        for step, row in rows:
            stretch.add(step, row)
        stretch.rows = max(stretch.rows, of)
        self._length = max(self._length, stretch.rows)
        self._stretches.append(stretch)

    @property
    def names(self) -> list[str]:
        """The columns that have values, in the order of their first."""
        return list(dict.fromkeys(name for s in self._stretches for name in s.sums))

    def points(self, name: str) -> tuple[list[int], list[float]]:
        """Return the last step and the mean of every stretch that has values of a column."""
        known = [s for s in self._stretches if name in s.sums]
        return [s.step for s in known], [s.sums[name] / s.counts[name] for s in known]

    def _join(self) -> None:
        """Join each stretch at an even place with the one behind it."""
        joined = self._stretches[::2]
        for stretch, other in zip(joined, self._stretches[1::2], strict=False):
            stretch.swallow(other)
        self._stretches = joined
        self._length *= 2


class _Stretch:
    """Some rows of a log, added up."""

    def __init__(self) -> None:
        self.step = 0
        self.rows = 0
        self.sums: Columns = {}
        self.counts: dict[str, int] = {}

    def add(self, step: int, row: Mapping[str, float]) -> None:
        self.step = step
        self.rows += 1
        for name, value in row.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def swallow(self, other: "_Stretch") -> None:
        self.step = other.step
        self.rows += other.rows
        for name, value in other.sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + other.counts[name]


class CsvLog:
    """A CSV file that grows by rows and forgets those of steps that are to be run again.

    Taking up a log reads its end and, for the curve, a bounded part of the rest. Only a log with
    other columns, of another version, is read and written whole, once.

    Parameters
    ----------
    file : made if absent
    columns : in order; the first is ``step``
    step : rows of later steps are dropped, they are of a run that was killed

    Attributes
    ----------
    curve : what was logged, thinned

    Raises
    ------
    OutputError
        The file cannot be written.
    """

    def __init__(self, file: Path, columns: Sequence[str], step: int) -> None:
        self.file = file
        self.columns = list(columns)
        self.curve = Curve()
        self._is_lame = False
        head = ",".join(self.columns)
        found = _read_at(file, 0, len(head.encode()) + 2) if file.exists() else b""
        if found.rstrip(b"\r\n").decode(errors="replace") != head or not found.endswith(b"\n"):
            self._write_anew()
        try:
            os.truncate(file, end_of_step(file, step))
        except OSError as error:
            raise _unwritable(file, error) from error
        for first, rows, of in _glimpses(file):
            if of == 1:
                self.curve.add(first, rows[0])
            else:
                self.curve.add_stretch([(int(row["step"]), row) for row in rows], of)

    def add(self, *rows: Mapping[str, float]) -> None:
        """Append rows, whole or not at all.

        Raises
        ------
        OutputError
            There is no room, or the file is gone.
        """
        for row in rows:
            self.curve.add(int(row["step"]), row)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns)
        writer.writerows({k: _shown(v) for k, v in row.items()} for row in rows)
        try:
            _append(self.file, text.getvalue().encode())
        except OSError as error:
            raise _unwritable(self.file, error) from error

    def note(self, row: Mapping[str, float]) -> None:
        """Append a row; where that fails, warn once and go on: a log is not worth a training."""
        try:
            self.add(row)
        except OutputError as error:
            if not self._is_lame:
                log.warning("%s; training goes on, rows are missing", error)
            self._is_lame = True

    def _write_anew(self) -> None:
        """Give a new log its columns, or one of another version the columns of this."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(_whole_rows(self.file))
        write_file(self.file, text.getvalue())


def read_column(file: Path, name: str) -> tuple[list[int], list[float]]:
    """Return steps and values of a column of a log, where it has any."""
    rows = [row for row in _whole_rows(file) if row.get(name)]
    return [int(row["step"]) for row in rows], [float(row[name]) for row in rows]


def end_of_step(file: Path, step: int) -> int:
    """Return where the rows of steps up to ``step`` end in a log; only rows behind are read."""
    size = file.stat().st_size
    length = TAIL
    while True:
        start = max(0, size - length)
        tail = _read_at(file, start, size - start)
        end = size
        for line in reversed(tail.splitlines(keepends=True)[1 if start else 0 :]):
            if line.endswith(b"\n") and _step_of(line) <= step:
                return end
            end -= len(line)
        if start == 0:
            return end
        length *= 2


def _glimpses(file: Path) -> Iterator[tuple[int, list[Columns], int]]:
    """Yield step, rows and the number of rows they stand for: of all, or of `GLIMPSES` places."""
    with file.open("rb") as source:
        head = source.readline()
    names = head.decode().strip().split(",")
    size = file.stat().st_size - len(head)
    if size <= READ_WHOLE:
        rows = list(_parsed(_read_at(file, len(head), size), names))
        yield from ((int(row["step"]), [row], 1) for row in rows)
        return
    for number in range(GLIMPSES):
        start = len(head) + size * number // GLIMPSES
        block = _read_at(file, start, GLIMPSE).split(b"\n", 1)[-1].rpartition(b"\n")[0]
        if rows := list(_parsed(block, names)):
            share = size / GLIMPSES * len(rows) / len(block)
            yield int(rows[0]["step"]), rows, max(1 + len(rows), round(share))


def _parsed(content: bytes, names: Sequence[str]) -> Iterator[Columns]:
    """Yield the whole rows in a part of a log, without their empty columns."""
    for fields in csv.reader(content.decode().splitlines()):
        if len(fields) == len(names):
            yield {n: float(v) for n, v in zip(names, fields, strict=True) if v}


def _step_of(line: bytes) -> int:
    """Return the step of a row; -1 for the header."""
    first = line.split(b",", 1)[0].strip()
    return int(first) if first.isdigit() else -1


def _read_at(file: Path, start: int, length: int) -> bytes:
    """Read a part of a file."""
    with file.open("rb") as source:
        source.seek(start)
        return source.read(length)


def _append(file: Path, content: bytes) -> None:
    """Append to a file; on an error, what was there is left as it was."""
    before = file.stat().st_size
    try:
        with file.open("ab") as sink:
            sink.write(content)
    except OSError:
        # A row cut short would run into the next one.
        with suppress(OSError):
            os.truncate(file, before)
        raise


def _unwritable(file: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{file} cannot be written ({error.strerror}): make room, then run the same command again"
    )


def _whole_rows(file: Path) -> Iterable[dict[str, str]]:
    """Return the rows of a log as text, without a last one that was cut short."""
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as source:
        return [row for row in csv.DictReader(source) if None not in row.values()]


def _shown(value: float) -> str:
    """Return a number with all digits of a float32, whole numbers without a point."""
    return str(value) if isinstance(value, int) else f"{value:.9g}"
