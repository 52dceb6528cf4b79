"""Checkpoints of a stage: what is kept, and what is refused."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from seqsynth.errors import OutputError
from tests.trainer.training.runs import Recipe, train
from trainer import checkpoint as checkpoints
from trainer.checkpoint import load_checkpoint
from trainer.errors import CheckpointError
from trainer.training.fit import fit
from trainer.training.watching import observer


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda folder, *_: (folder / "curves.png").touch())


def test_a_full_disk_is_said_and_the_checkpoint_before_survives(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny({"stage": "teacher"})
    train(config.model_copy(update={"max_steps": 3}), [synthetic], tmp_path)

    def fail(document: object, sink: object) -> None:
        sink.write(b"half a checkpoint")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.torch, "save", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        train(config, [synthetic], tmp_path)
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 3
    assert not list((tmp_path / "teacher").glob("*.partial"))


def test_a_second_run_in_the_folder_is_refused_while_one_trains(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"stage": "teacher"})
    steps = fit(config, [synthetic], tmp_path)
    next(steps)
    with pytest.raises(OutputError, match="teacher is in use by another run"):
        train(config, [synthetic], tmp_path)
    list(steps)
    train(config, [synthetic], tmp_path)
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 6


def test_too_little_room_is_said_before_the_first_step(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 99))
    with pytest.raises(OutputError, match=r"teacher take \d+ MiB and 0 MiB are free"):
        train(tiny(), [synthetic], tmp_path)
    assert not (tmp_path / "teacher").exists()


def test_cut_off_between_two_checkpoints_the_best_is_not_lost(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny({"stage": "teacher", "save_steps": 3})
    train(config, [synthetic], tmp_path / "whole")
    save = torch.save

    def die(document: dict[str, object], sink: object) -> None:
        if document["step"] == 6 and document["training"] is not None:
            raise KeyboardInterrupt
        save(document, sink)

    monkeypatch.setattr(torch, "save", die)
    with pytest.raises(KeyboardInterrupt):
        train(config, [synthetic], tmp_path / "cut")
    monkeypatch.undo()
    train(config, [synthetic], tmp_path / "cut")
    whole, cut = (
        load_checkpoint(tmp_path / run / "teacher" / "best.pt") for run in ("whole", "cut")
    )
    assert (cut.step, cut.scores) == (whole.step, whole.scores)


def test_another_teacher_is_not_slipped_under_a_student(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"max_steps": 3})
    train(config, [synthetic], tmp_path)
    other = tiny({"max_steps": 1, "seed": 9, "stage": "teacher"})
    train(other, [synthetic], tmp_path / "other")
    swapped = tiny({"teacher_from": tmp_path / "other" / "teacher" / "best.pt"})
    with pytest.raises(CheckpointError, match="taught by another teacher"):
        train(swapped, [synthetic], tmp_path)


def test_the_moving_average_is_what_is_kept(tiny: Recipe, synthetic: Path, tmp_path: Path) -> None:
    config = tiny({"net": {"kt": False}, "student": {"ema": 0.75}, "save_steps": 1})
    trail = []
    for _ in fit(config, [synthetic], tmp_path):
        kept = load_checkpoint(tmp_path / "student" / "last.pt")
        assert kept.training is not None
        trail.append((kept.weights, kept.training["learners"]["student"]["net"]))
    name = "decoder.colours.weight"
    for (before, _), (average, weights) in pairwise(trail):
        assert torch.allclose(average[name], 0.75 * before[name] + 0.25 * weights[name])


def test_a_picture_that_fails_costs_no_checkpoint(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(folder: Path, *_: object) -> None:
        assert load_checkpoint(folder / "last.pt").step == 6
        raise RuntimeError("matplotlib broke")  # what nobody foresaw

    monkeypatch.setattr(observer, "draw_curves", crash)
    with pytest.raises(RuntimeError, match="matplotlib broke"):
        train(tiny({"stage": "teacher"}), [synthetic], tmp_path)
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 6


def test_a_picture_that_cannot_be_written_stops_nothing(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(observer, "draw_curves", fail)
    reports = train(tiny({"stage": "teacher", "max_steps": 2}), [synthetic], tmp_path)
    assert len(reports) == 2
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 2


@pytest.mark.parametrize(
    "name",
    ["best.pt", "metrics.csv", "validation-real.csv", "curves.png", "run.txt", "run.txt/x"],
)
def test_run_does_not_begin_among_somebody_else_s_files(
    tmp_path: Path, tiny: Recipe, synthetic: Path, name: str
) -> None:
    mine = tmp_path / "teacher" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match="was not written by trainer fit"):
        next(fit(tiny({"stage": "teacher"}), [synthetic], tmp_path))
    assert mine.read_text() == "mine"


def test_somebody_else_s_file_of_the_student_is_named_before_the_teacher_is_trained(
    tmp_path: Path, tiny: Recipe, synthetic: Path
) -> None:
    mine = tmp_path / "student" / "validation.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match=r"validation\.csv was not written by trainer fit"):
        next(fit(tiny(), [synthetic], tmp_path))
    assert not (tmp_path / "teacher").exists()
    assert mine.read_text() == "mine"


def test_half_written_logs_of_a_killed_run_are_removed(
    tmp_path: Path, tiny: Recipe, synthetic: Path
) -> None:
    config = tiny({"stage": "teacher", "max_steps": 1})
    train(config, [synthetic], tmp_path)
    folder = tmp_path / "teacher"
    for name in ("validation.csv", "validation-real.csv", "mine.csv"):
        (folder / f"{name}.0123456789abcdef.partial").touch()
    train(config, [synthetic], tmp_path)
    assert [path.name for path in folder.glob("*.partial")] == ["mine.csv.0123456789abcdef.partial"]
