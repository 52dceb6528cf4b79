"""Logs of any length: what taking them up and drawing them reads."""

from pathlib import Path

import numpy as np
import pytest

from trainer.training.watching import csv_log
from trainer.training.watching.csv_log import MOST_POINTS, READ_WHOLE, CsvLog, Curve

COLUMNS = ("step", "loss", "rate")


def write_rows(file: Path, rows: int) -> None:
    """Write a log whose loss is 1 / step, as CsvLog writes it."""
    lines = (f"{step},{1 / step:.9g},0.0002\r\n" for step in range(1, rows + 1))
    file.write_text("step,loss,rate\r\n" + "".join(lines), newline="")


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of all reads of logs."""
    sizes: list[int] = []
    read = csv_log._read_at

    def count(file: Path, start: int, length: int) -> bytes:
        content = read(file, start, length)
        sizes.append(len(content))
        return content

    def refuse(_: Path) -> None:
        raise AssertionError("the whole log was read")

    monkeypatch.setattr(csv_log, "_read_at", count)
    monkeypatch.setattr(csv_log, "_whole_rows", refuse)
    return sizes


def test_taking_up_a_long_log_reads_a_bounded_part_of_it(
    tmp_path: Path, bytes_read: list[int]
) -> None:
    rows = 200_000
    write_rows(tmp_path / "log.csv", rows)
    assert (tmp_path / "log.csv").stat().st_size > 4 * READ_WHOLE
    log = CsvLog(tmp_path / "log.csv", COLUMNS, rows - 10)
    assert sum(bytes_read) < READ_WHOLE
    last = (tmp_path / "log.csv").read_bytes().splitlines()[-1]
    assert last.startswith(b"199990,")
    steps, losses = log.curve.points("loss")
    assert len(steps) <= MOST_POINTS
    # The first stretches are the steep part of 1 / step.
    assert losses[5:] == pytest.approx([1 / step for step in steps[5:]], rel=0.02)


def test_the_curve_of_a_resumed_log_stays_bounded_and_in_order(tmp_path: Path) -> None:
    write_rows(tmp_path / "log.csv", 60_000)
    log = CsvLog(tmp_path / "log.csv", COLUMNS, 60_000)
    for step in range(60_001, 90_001):
        log.curve.add(step, {"step": step, "loss": 2.0})
    steps, losses = log.curve.points("loss")
    assert len(steps) <= MOST_POINTS
    assert steps == sorted(steps)
    # A third of the run is the new part, and takes about a third of the picture.
    assert 0.25 < np.mean(np.array(losses) == 2.0) < 0.45


def test_a_curve_keeps_the_mean_of_every_row() -> None:
    curve = Curve()
    values = np.random.default_rng(0).random(8 * MOST_POINTS)
    for step, value in enumerate(values, start=1):
        curve.add(step, {"loss": float(value)})
    steps, means = curve.points("loss")
    assert steps == list(range(8, 8 * MOST_POINTS + 1, 8))
    assert means == pytest.approx(values.reshape(-1, 8).mean(1))


def test_a_column_without_values_has_no_points() -> None:
    curve = Curve()
    curve.add(1, {"step": 1, "loss": 1.0})
    curve.add(2, {"step": 2, "other": 3.0})
    assert curve.points("other") == ([2], [3.0])
    assert curve.points("nothing") == ([], [])


@pytest.mark.parametrize("step", [0, 1, 5_000, 99_999, 100_000, 200_000])
def test_rows_behind_a_step_are_dropped_wherever_it_is(tmp_path: Path, step: int) -> None:
    write_rows(tmp_path / "log.csv", 100_000)
    CsvLog(tmp_path / "log.csv", COLUMNS, step)
    lines = (tmp_path / "log.csv").read_bytes().splitlines()
    assert len(lines) == 1 + min(step, 100_000)


def test_a_log_of_another_version_gets_the_columns_of_this(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("step,gone,loss\n1,7,0.5\n2,7,0.25\n")
    log = CsvLog(tmp_path / "log.csv", COLUMNS, 2)
    assert (tmp_path / "log.csv").read_text().split() == ["step,loss,rate", "1,0.5,", "2,0.25,"]
    assert log.curve.points("loss") == ([1, 2], [0.5, 0.25])
