from pathlib import Path

import pytest

from seqsynth.errors import OutputError
from trainer.training.watching.step_log import CsvLog, read_column


def test_rows_of_repeated_steps_are_forgotten(tmp_path: Path) -> None:
    first = CsvLog(tmp_path / "log.csv", ("step", "loss"), 0)
    for step in range(1, 6):
        first.add({"step": step, "loss": step / 3})
    again = CsvLog(tmp_path / "log.csv", ("step", "loss"), 3)
    again.add({"step": 4, "loss": 9.0})
    steps, losses = again.column("loss")
    assert steps == [1, 2, 3, 4]
    assert losses == pytest.approx([1 / 3, 2 / 3, 1, 9])


def test_a_row_cut_short_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("step,loss,rate\n1,0.5,2\n2,0.4")
    CsvLog(file, ("step", "loss", "rate"), 9)
    assert file.read_text().split() == ["step,loss,rate", "1,0.5,2"]


def test_what_a_row_lacks_stays_empty(tmp_path: Path) -> None:
    csv_log = CsvLog(tmp_path / "log.csv", ("step", "a", "b"), 0)
    csv_log.add({"step": 1, "a": 0.5}, {"step": 2, "b": 0.25})
    assert read_column(tmp_path / "log.csv", "b") == ([2], [0.25])


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    csv_log = CsvLog(tmp_path / "log.csv", ("step",), 0)
    csv_log.file.unlink()
    csv_log.file.mkdir()
    with pytest.raises(OutputError, match=r"log\.csv cannot be written"):
        csv_log.add({"step": 1})
