"""A run that is taken up: a trial first, then longer, elsewhere; what stops it is said at once."""

import logging
import shutil
from pathlib import Path

import pytest
import torch

from tests.trainer.training.runs import Recipe, train
from trainer.checkpoint import Checkpoint, load_checkpoint
from trainer.errors import CheckpointError
from trainer.training.fit import fit
from trainer.training.forecast import describe_run
from trainer.training.watching import observer


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda folder, *_: (folder / "curves.png").touch())


def last(run: Path, stage: str) -> Checkpoint:
    return load_checkpoint(run / stage / "last.pt")


def assert_equal_weights(one: Checkpoint, other: Checkpoint, *, atol: float = 0.0) -> None:
    assert one.step == other.step
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        torch.testing.assert_close(weight, other.weights[name], rtol=0, atol=atol)


def test_trial_then_longer_ends_as_one_run_does(
    tiny: Recipe, synthetic: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tiny()
    train(config.model_copy(update={"max_steps": 4}), [synthetic], tmp_path / "once")
    train(config.model_copy(update={"max_steps": 2}), [synthetic], tmp_path / "run")
    longer = config.model_copy(update={"max_steps": 4})
    with caplog.at_level(logging.WARNING):
        text = describe_run(longer, [synthetic], tmp_path / "run")
        train(longer, [synthetic], tmp_path / "run")
    for stage in ("teacher", "student"):
        assert_equal_weights(last(tmp_path / "run", stage), last(tmp_path / "once", stage))
    assert last(tmp_path / "run", "student").step == 4
    assert load_checkpoint(tmp_path / "run" / "student-earlier" / "last.pt").step == 2
    said = "the student has 2 steps by the teacher as it stands: unless the teacher stays that"
    assert said in caplog.text
    assert said in text
    assert "the student begins anew, as in a run without a stop" in caplog.text


def test_student_whose_teacher_stays_the_best_goes_on(
    tiny: Recipe, synthetic: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tiny()
    train(config.model_copy(update={"max_steps": 3}), [synthetic], tmp_path)
    stage = config.model_copy(update={"max_steps": 4, "stage": "student"})
    with caplog.at_level(logging.WARNING):
        reports = train(stage, [synthetic], tmp_path)
    assert [report.step for report in reports] == [4]
    assert "begins anew" not in caplog.text
    assert not (tmp_path / "student-earlier").exists()


def test_teacher_trained_alone_in_between_has_the_student_begin_anew(
    tiny: Recipe, synthetic: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tiny()
    for steps in (1, 2, 3):
        train(config.model_copy(update={"max_steps": steps}), [synthetic], tmp_path)
    taught = tmp_path / "teacher" / f"{config.teach_with}.pt"
    document = torch.load(taught, weights_only=True)
    name = next(iter(document["weights"]))
    document["weights"][name] = document["weights"][name] + 1
    torch.save(document, taught)
    student = config.model_copy(update={"max_steps": 3, "stage": "student"})
    text = describe_run(student, [synthetic], tmp_path)
    assert "the teacher has trained on since the student's 3 steps, so the student begins" in text
    before = {path.name for path in tmp_path.iterdir()}
    reports = train(student, [synthetic], tmp_path)
    assert [report.step for report in reports] == [1, 2, 3]
    assert len({path.name for path in tmp_path.iterdir()} - before) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 5}, "seed was 0, now 5"),
        ({"student": {"batch": 1}}, "student.batch was"),
        ({"teacher": {"batch": 1}}, "teacher.batch was"),
    ],
)
def test_what_would_stop_the_student_is_refused_before_the_teachers_first_step(
    tiny: Recipe, synthetic: Path, tmp_path: Path, change: dict, said: str
) -> None:
    train(tiny({"max_steps": 2}), [synthetic], tmp_path)
    shutil.rmtree(tmp_path / "teacher")
    with pytest.raises(CheckpointError, match=rf"student/last\.pt.*{said}"):
        next(fit(tiny({"max_steps": 4, **change}), [synthetic], tmp_path))
    with pytest.raises(CheckpointError, match=said):
        describe_run(tiny({"max_steps": 4, **change}), [synthetic], tmp_path)
    assert not (tmp_path / "teacher").exists()


def test_another_teacher_is_refused_before_the_teachers_first_step(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    train(tiny({"max_steps": 2}), [synthetic], tmp_path / "run")
    train(tiny({"max_steps": 1, "seed": 9, "stage": "teacher"}), [synthetic], tmp_path / "other")
    config = tiny({"max_steps": 4, "teacher_from": tmp_path / "other" / "teacher" / "best.pt"})
    with pytest.raises(CheckpointError, match=r"was taught by another teacher than .*other"):
        next(fit(config, [synthetic], tmp_path / "run"))
    assert last(tmp_path / "run", "teacher").step == 2


def test_missing_teacher_is_said_by_the_dry_run(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="no teacher yet; train one with --stage both"):
        describe_run(tiny({"stage": "student"}), [synthetic], tmp_path)


def test_longer_schedule_ends_as_if_it_had_been_planned(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    short = tiny({"stage": "teacher", "teacher": {"steps": 2}})
    longer = tiny({"stage": "teacher", "teacher": {"steps": 5}})
    train(short, [synthetic], tmp_path / "run")
    train(longer, [synthetic], tmp_path / "run")
    train(longer, [synthetic], tmp_path / "once")
    assert last(tmp_path / "run", "teacher").step == 5
    assert_equal_weights(last(tmp_path / "run", "teacher"), last(tmp_path / "once", "teacher"))
