"""What may change when a run is taken up again, seen over whole runs."""

from itertools import count
from pathlib import Path

import pytest
import torch

from tests.trainer.training.runs import Recipe, pretend_scores, train
from trainer.checkpoint import load_checkpoint
from trainer.errors import CheckpointError
from trainer.training.fit import fit
from trainer.training.watching import observer
from trainer.training.watching.csv_log import read_column


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda *_: None)


def test_what_may_change_does_and_is_recorded(
    tiny: Recipe, synthetic: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(tiny({"stage": "teacher", "max_steps": 3}), [synthetic], tmp_path)
    calmer = {"learning_rate": 1e-5, "steps": 8, "clip": 1.0, "validate_steps": 4}
    train(tiny({"stage": "teacher", "teacher": calmer}), [synthetic], tmp_path)
    steps, rates = read_column(tmp_path / "teacher" / "metrics.csv", "learning_rate")
    assert steps == list(range(1, 9))
    assert rates == pytest.approx([2e-4] * 3 + [1e-5] * 5)
    for name in ("last", "best"):
        changes = load_checkpoint(tmp_path / "teacher" / f"{name}.pt").changes
        assert {change["setting"]: change["now"] for change in changes} == {
            f"teacher.{setting}": value for setting, value in calmer.items()
        }
        assert {change["step"] for change in changes} == {3}
    assert "teacher from step 4 on: teacher.learning_rate was 0.0002, now 1e-05" in caplog.text


def test_a_teacher_stays_as_it_is_whatever_its_student_is_to_do(
    tiny: Recipe, synthetic: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(tiny({"stage": "teacher", "max_steps": 2}), [synthetic], tmp_path)
    before = (tmp_path / "teacher" / "last.pt").read_bytes()
    student = {"batch": 1, "weights": {"transfer": 0.5}, "learning_rate": 1e-5}
    reports = train(tiny({"max_steps": 2, "student": student}), [synthetic], tmp_path)
    assert [report.stage for report in reports] == ["student"] * 2
    assert (tmp_path / "teacher" / "last.pt").read_bytes() == before
    assert "student.learning_rate was" not in caplog.text
    with pytest.raises(CheckpointError, match=r"student/last\.pt.*student\.batch was 1, now 2"):
        next(fit(tiny({"max_steps": 3, "student": {"batch": 2}}), [synthetic], tmp_path))


def test_changes_of_several_continuations_add_up(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    for stop, rate in ((1, 2e-4), (2, 1e-4), (3, 5e-5)):
        config = tiny({"stage": "teacher", "max_steps": stop, "teacher": {"learning_rate": rate}})
        train(config, [synthetic], tmp_path)
    changes = load_checkpoint(tmp_path / "teacher" / "last.pt").changes
    assert [(change["step"], change["now"]) for change in changes] == [(1, 1e-4), (2, 5e-5)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 5}, r"seed was 0, now 5; what was drawn"),
        ({"net": {"width": 1 / 16}}, r"net\.width was .*the weights are of the other shape"),
        ({"teacher": {"batch": 4}}, r"teacher\.batch was 2, now 4; the samples of every step"),
        ({"teacher": {"weights": {"perceptual": 0}}}, r"the optimiser's moments"),
    ],
)
def test_what_may_not_change_says_why_and_the_way_out(
    tiny: Recipe, synthetic: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    train(tiny({"stage": "teacher", "max_steps": 1}), [synthetic], tmp_path)
    with pytest.raises(
        CheckpointError, match=rf"{said}.*--init-from .*last\.pt with another --out"
    ):
        train(tiny({"stage": "teacher", **change}), [synthetic], tmp_path)


@pytest.mark.parametrize("stage", ["teacher", "student"])
def test_a_run_begins_with_the_weights_of_another(
    tiny: Recipe, synthetic: Path, tmp_path: Path, stage: str
) -> None:
    alone = {"stage": stage, "max_steps": 2}
    if stage == "student":
        alone["net"] = {"kt": False}
    train(tiny(alone), [synthetic], tmp_path / "first")
    file = tmp_path / "first" / stage / "last.pt"
    # With a rate of next to nothing what is kept is what was begun with.
    still = {stage: {"learning_rate": 1e-30, "ema": 0.9, "batch": 4, "crop": 40}}
    config = tiny({**alone, **still, "init_from": file, "seed": 7})
    train(config, [synthetic], tmp_path / "second")
    before, after = (
        load_checkpoint(tmp_path / run / stage / "last.pt").weights for run in ("first", "second")
    )
    assert all(torch.allclose(after[name], weight, atol=1e-7) for name, weight in before.items())


def test_a_run_that_began_with_others_weights_is_taken_up_from_its_own(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    alone = {"stage": "teacher", "max_steps": 1}
    train(tiny(alone), [synthetic], tmp_path / "first")
    file = tmp_path / "first" / "teacher" / "last.pt"
    for out, stops in (("whole", (4,)), ("broken", (2, 4))):
        for stop in stops:
            config = tiny({"stage": "teacher", "init_from": file, "max_steps": stop})
            train(config, [synthetic], tmp_path / out)
    whole, broken = (
        load_checkpoint(tmp_path / out / "teacher" / "last.pt").weights
        for out in ("whole", "broken")
    )
    assert all(torch.equal(whole[name], weight) for name, weight in broken.items())


def test_weights_of_another_shape_or_stage_are_refused(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    train(tiny({"stage": "teacher", "max_steps": 1}), [synthetic], tmp_path / "first")
    file = tmp_path / "first" / "teacher" / "last.pt"
    wide = tiny({"stage": "teacher", "init_from": file, "net": {"width": 1 / 16}})
    with pytest.raises(CheckpointError, match=r"does not fit: encoder.*'width': 0\.03125"):
        train(wide, [synthetic], tmp_path / "wide")
    student = tiny({"stage": "student", "net": {"kt": False}, "init_from": file})
    with pytest.raises(CheckpointError, match="holds a teacher, this run trains student"):
        train(student, [synthetic], tmp_path / "student")


def test_a_teacher_teaches_with_its_last_weights_or_its_best(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_scores(monkeypatch, ({"psnr": float(psnr)} for psnr in count(30, -10)))
    train(tiny({"stage": "teacher", "teacher": {"validate_steps": 2}}), [synthetic], tmp_path)
    kept = {name: load_checkpoint(tmp_path / "teacher" / f"{name}.pt") for name in ("best", "last")}
    assert (kept["best"].step, kept["last"].step) == (2, 6)
    for which in ("best", "last"):
        seen: list[torch.Tensor] = []

        def look(stage: object, *_: object, seen: list[torch.Tensor] = seen) -> dict[str, float]:
            seen.append(stage._stage.teacher.encoder.layers[0][0].weight.clone())
            return {}

        monkeypatch.setattr(observer.Observer, "validate", look)
        config = tiny({"stage": "student", "teach_with": which, "max_steps": 1})
        (tmp_path / "student" / "last.pt").unlink(missing_ok=True)
        train(config, [synthetic], tmp_path)
        wanted = kept[which].weights["encoder.layers.0.0.weight"]
        assert torch.equal(seen[0], wanted)


@pytest.mark.parametrize(
    ("best_by", "best"), [("psnr", 1), ("ssim", 2), ("lmse", 3), ("structure", 4)]
)
def test_the_best_is_chosen_by_the_score_that_was_asked_for(
    tiny: Recipe,
    synthetic: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    best_by: str,
    best: int,
) -> None:
    columns = {
        "psnr": (9, 1, 1, 1),
        "ssim": (1, 9, 1, 1),
        "lmse": (5, 5, 1, 5),
        "structure_psnr": (1, 1, 1, 9),
    }
    scores = ({name: float(values[n]) for name, values in columns.items()} for n in range(4))
    pretend_scores(monkeypatch, scores)
    plan = {"steps": 4, "validate_steps": 1}
    config = tiny({"stage": "teacher", "best_by": best_by, "teacher": plan})
    train(config, [synthetic], tmp_path)
    assert load_checkpoint(tmp_path / "teacher" / "best.pt").step == best


def test_a_stage_ends_when_its_patience_does_and_stays_ended(
    tiny: Recipe, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([10.0, 12.0, 11.0, 11.5, 99.0, 99.0])
    pretend_scores(monkeypatch, ({"psnr": psnr} for psnr in scores))
    plan = {"steps": 6, "validate_steps": 1, "patience": 2}
    config = tiny({"stage": "teacher", "teacher": plan})
    reports = train(config, [synthetic], tmp_path)
    assert [report.is_last for report in reports] == [False, False, False, True]
    assert load_checkpoint(tmp_path / "teacher" / "best.pt").step == 2
    assert train(config, [synthetic], tmp_path) == []
    # More patience takes it up again.
    more = tiny({"stage": "teacher", "teacher": {**plan, "patience": 9}})
    assert [report.step for report in train(more, [synthetic], tmp_path)] == [5, 6]


def test_another_score_to_choose_by_is_no_reason_to_lose_the_best(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    plan = {"validate_steps": 2}
    train(tiny({"stage": "teacher", "max_steps": 2, "teacher": plan}), [synthetic], tmp_path)
    other = {"stage": "teacher", "save_steps": 1, "best_by": "ssim", "teacher": plan}
    steps = fit(tiny(other), [synthetic], tmp_path)
    next(steps)
    steps.close()
    # Step 3 was kept, but not validated.
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 3
    assert load_checkpoint(tmp_path / "teacher" / "best.pt").step == 2
