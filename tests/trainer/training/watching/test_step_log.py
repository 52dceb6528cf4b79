from pathlib import Path

import pytest
import torch

from seqsynth.errors import OutputError
from trainer.errors import DivergenceError
from trainer.training.watching.csv_log import CsvLog, read_column
from trainer.training.watching.step_log import TIMINGS, Pending, StepLog


def test_rows_of_repeated_steps_are_forgotten(tmp_path: Path) -> None:
    first = CsvLog(tmp_path / "log.csv", ("step", "loss"), 0)
    for step in range(1, 6):
        first.add({"step": step, "loss": step / 3})
    again = CsvLog(tmp_path / "log.csv", ("step", "loss"), 3)
    again.add({"step": 4, "loss": 9.0})
    steps, losses = read_column(again.file, "loss")
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


def test_a_row_is_appended_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv_log = CsvLog(tmp_path / "log.csv", ("step", "loss"), 0)
    csv_log.add({"step": 1, "loss": 0.5})
    plain = Path.open

    class Full:
        """A file on a disk that is full after three bytes."""

        def __init__(self, file: Path) -> None:
            self._file = file

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, content: bytes) -> None:
            with plain(self._file, "ab") as sink:
                sink.write(content[:3])
            raise OSError(28, "No space left on device")

    def full(self: Path, mode: str = "r", **options: object) -> object:
        return Full(self) if mode == "ab" else plain(self, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OutputError, match="No space left on device"):
        csv_log.add({"step": 2, "loss": 0.25})
    monkeypatch.undo()
    csv_log.add({"step": 3, "loss": 0.125})
    assert read_column(csv_log.file, "loss") == ([1, 3], [0.5, 0.125])


def test_a_row_that_cannot_be_written_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    columns = ("step", "epoch", "learning_rate", "objective", *TIMINGS)
    steps = StepLog(CsvLog(tmp_path / "log.csv", columns, 0), every=1, samples=1)
    (tmp_path / "log.csv").unlink()
    (tmp_path / "log.csv").mkdir()
    for step in (1, 2):
        steps.add(Pending(step, 0, 0.1, {"objective": torch.tensor(1.0)}))
    assert len(caplog.messages) == 1
    assert "log.csv cannot be written" in caplog.text
    assert steps.latest["objective"] == 1.0


def test_steps_are_fetched_a_few_at_a_time(tmp_path: Path) -> None:
    columns = ("step", "epoch", "learning_rate", "objective", *TIMINGS)
    rows = CsvLog(tmp_path / "log.csv", columns, 0)
    steps = StepLog(rows, every=3, samples=1)
    for step in range(1, 6):
        steps.add(Pending(step, 0, 0.1, {"objective": torch.tensor(float(step))}))
    assert read_column(rows.file, "objective")[0] == [1, 2, 3]
    steps.flush()
    assert read_column(rows.file, "objective") == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


def test_a_term_that_is_no_number_is_blamed_before_their_sum() -> None:
    steps = StepLog(None, every=1, samples=1)
    terms = {"objective": torch.tensor(float("nan")), "transfer": torch.tensor(float("inf"))}
    with pytest.raises(DivergenceError, match="transfer is inf at step 4"):
        steps.add(Pending(4, 0, 0.1, terms))


def test_every_step_is_watched_under_its_own_number_however_late_it_is_fetched() -> None:
    watched: list[tuple[int, float]] = []
    steps = StepLog(
        None, every=20, samples=1, watch=lambda seen, step: watched.append((step, seen["loss"]))
    )
    for step in range(1, 27):
        steps.add(Pending(step, 0, 0.1, {"loss": torch.tensor(float(step))}))
    assert watched == [(step, float(step)) for step in range(1, 21)]
    steps.flush()
    assert watched == [(step, float(step)) for step in range(1, 27)]
