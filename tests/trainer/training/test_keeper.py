"""Scores are counted while a stage trains on: under their own step, and found again by a resume."""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest
import torch

from seqsynth.metrics import Scores, score
from tests.trainer.training.runs import Recipe, pretend_scores, train
from tests.trainer.training.test_fit import rows
from tests.waiting import HANG_S, wait_until
from trainer.checkpoint import load_checkpoint
from trainer.recipe import FitConfig
from trainer.training.fit import fit
from trainer.training.watching import observer, validation


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda folder, *_: (folder / "curves.png").touch())


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold all scoring until the gate is set."""
    opened = threading.Event()

    def hold(*pair: object) -> Scores:
        assert opened.wait(HANG_S), "nobody opened the gate"
        return score(*pair)

    monkeypatch.setattr(validation, "score", hold)
    return opened


@pytest.fixture
def recipe(tiny: Recipe) -> Callable[..., FitConfig]:
    """Six steps of a teacher, validated at every second."""

    return partial(validated, tiny)


def validated(tiny: Recipe, **teacher: object) -> FitConfig:
    return tiny({"stage": "teacher", "teacher": {"validate_steps": 2, **teacher}})


def weights_of(file: Path) -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(file).weights)


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def assert_same(whole: Path, other: Path) -> None:
    """Compare logs word for word, and both checkpoints bit for bit."""
    for log in ("metrics.csv", "validation.csv"):
        assert rows(whole / "teacher" / log) == rows(other / "teacher" / log), log
    for name in ("best.pt", "last.pt"):
        one, two = (load_checkpoint(run / "teacher" / name) for run in (whole, other))
        assert (one.step, one.scores) == (two.step, two.scores)
        assert are_equal(dict(one.weights), dict(two.weights))


def test_steps_are_taken_while_pictures_are_scored(
    recipe: Callable[..., FitConfig], synthetic: Path, tmp_path: Path, gate: threading.Event
) -> None:
    steps = fit(recipe(), [synthetic], tmp_path / "beside")
    reports = [next(steps) for _ in range(3)]
    assert [report.validations for report in reports] == [(), (), ()]
    assert rows(tmp_path / "beside/teacher/validation.csv") == []
    gate.set()
    reports += list(steps)
    found = [one for report in reports for one in report.validations]
    assert [one.step for one in found] == [2, 4, 6]
    train(recipe(patience=9), [synthetic], tmp_path / "waiting")
    for log in ("metrics.csv", "validation.csv"):
        assert rows(tmp_path / "beside/teacher" / log) == rows(tmp_path / "waiting/teacher" / log)


def test_the_best_weights_are_those_that_were_scored(
    recipe: Callable[..., FitConfig],
    synthetic: Path,
    tmp_path: Path,
    gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend_scores(monkeypatch, ({"psnr": psnr} for psnr in (30.0, 20.0, 10.0, 5.0)))
    steps = fit(recipe(), [synthetic], tmp_path / "beside")
    # The third step moves the weights while those of the second are scored.
    for _ in range(3):
        next(steps)
    gate.set()
    list(steps)
    train(recipe().model_copy(update={"max_steps": 2}), [synthetic], tmp_path / "short")
    best = load_checkpoint(tmp_path / "beside/teacher/best.pt")
    assert (best.step, best.scores) == (2, {"psnr": 30.0})
    assert are_equal(dict(best.weights), weights_of(tmp_path / "short/teacher/last.pt"))


def test_a_checkpoint_waits_for_the_scores_before_it(
    recipe: Callable[..., FitConfig], synthetic: Path, tmp_path: Path, gate: threading.Event
) -> None:
    config = recipe().model_copy(update={"save_steps": 3})
    steps = fit(config, [synthetic], tmp_path)
    next(steps), next(steps)
    assert load_checkpoint(tmp_path / "teacher/last.pt").training["unscored"] is True
    opener = threading.Timer(0.2, gate.set)
    opener.start()
    # Scores and checkpoint come with the third step, whichever of the two is ready first.
    assert [one.step for one in next(steps).validations] == [2]
    kept = load_checkpoint(tmp_path / "teacher/last.pt")
    assert kept.step == 3
    assert "unscored" not in kept.training
    assert kept.training["best"] == load_checkpoint(tmp_path / "teacher/best.pt").scores["psnr"]
    list(steps)


def test_a_stop_waits_for_the_scores(
    recipe: Callable[..., FitConfig], synthetic: Path, tmp_path: Path, gate: threading.Event
) -> None:
    steps = fit(recipe(), [synthetic], tmp_path / "stopped")
    for _ in range(3):
        next(steps)
    threading.Timer(0.2, gate.set).start()
    steps.close()
    assert [row["step"] for row in rows(tmp_path / "stopped/teacher/validation.csv")] == ["2"]
    assert load_checkpoint(tmp_path / "stopped/teacher/best.pt").step == 2
    train(recipe(), [synthetic], tmp_path / "stopped")
    train(recipe(), [synthetic], tmp_path / "whole")
    assert_same(tmp_path / "whole", tmp_path / "stopped")


def test_who_interrupts_a_run_need_not_wait_for_its_scores(
    recipe: Callable[..., FitConfig],
    synthetic: Path,
    tmp_path: Path,
    gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, begun = validation.score, []

    def note(*pair: object) -> object:
        begun.append(pair)
        return held(*pair)

    monkeypatch.setattr(validation, "score", note)
    steps = fit(recipe(), [synthetic], tmp_path)
    for _ in range(3):
        next(steps)
    with pytest.raises(KeyboardInterrupt):
        steps.throw(KeyboardInterrupt)
    gate.set()
    wait_until(lambda: not scorers())
    # Two sequences, each restored twice, and three ways that learn nothing.
    assert 0 < len(begun) < 10


def test_pictures_that_a_killed_run_did_not_draw_are_drawn(
    recipe: Callable[..., FitConfig], synthetic: Path, tmp_path: Path
) -> None:
    train(recipe(), [synthetic], tmp_path)
    panels = tmp_path / "teacher/panels"
    drawn = (panels / "step-0000006.png").read_bytes()
    (panels / "step-0000006.png").unlink()
    (panels / "step-0000006.png.0123456789abcdef.partial").write_bytes(drawn[:9])
    (panels / "mine.png.0123456789abcdef.partial").write_bytes(b"mine")
    (tmp_path / "teacher/curves.png").unlink()
    train(recipe(), [synthetic], tmp_path)
    assert (panels / "step-0000006.png").read_bytes() == drawn
    assert (tmp_path / "teacher/curves.png").exists()
    assert [path.name for path in panels.glob("*.partial")] == ["mine.png.0123456789abcdef.partial"]


def scorers() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("scorer")]


DIE = """
import os, signal, sys, threading
from pathlib import Path
from trainer.recipe import FitConfig
from trainer.training.fit import fit
from trainer.training.watching import observer, validation
observer.draw_curves = lambda *_: None
recipe, shards, out, moment = sys.argv[1:]
score = validation.score
def hold(*pair):
    if moment == "before":
        threading.Event().wait()
    return score(*pair)
validation.score = hold
for report in fit(FitConfig.model_validate_json(recipe), [Path(shards)], Path(out)):
    if report.validations if moment == "after" else report.step == 3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def killed(
    tiny: Recipe, synthetic: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Path], None]:
    """Lay a killed run into a folder: ``killed("before", folder)``; each is killed once."""
    folder = tmp_path_factory.mktemp("killed")

    def lay(moment: str, out: Path) -> None:
        kept = folder / moment
        if not kept.exists():
            told = [validated(tiny).model_dump_json(), str(synthetic), str(kept), moment]
            ended = subprocess.run([sys.executable, "-c", DIE, *told], check=False)
            assert ended.returncode == -signal.SIGKILL
        shutil.copytree(kept, out)

    return lay


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_before_or_after_its_scores_are_there_a_run_ends_alike(
    recipe: Callable[..., FitConfig],
    synthetic: Path,
    killed: Callable[[str, Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    # The network that is scored again is the best.
    pretend_scores(monkeypatch, cycle({"psnr": psnr} for psnr in (30.0, 20.0, 10.0)))
    config = recipe()
    train(config, [synthetic], tmp_path / "whole")
    killed(moment, tmp_path / "killed")
    there = rows(tmp_path / "killed/teacher/validation.csv")
    assert [row["step"] for row in there] == (["2"] if moment == "after" else [])
    train(config, [synthetic], tmp_path / "killed")
    assert_same(tmp_path / "whole", tmp_path / "killed")
    assert load_checkpoint(tmp_path / "killed/teacher/best.pt").step == 2


def test_what_changed_since_is_no_part_of_a_step_that_is_scored_again(
    recipe: Callable[..., FitConfig],
    synthetic: Path,
    killed: Callable[[str, Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "killed"
    killed("before", out)
    pretend_scores(monkeypatch, ({"psnr": psnr} for psnr in (30.0, 20.0, 10.0)))
    train(recipe(learning_rate=1e-5), [synthetic], out)
    best, last = (load_checkpoint(out / f"teacher/{name}.pt") for name in ("best", "last"))
    assert (best.step, list(best.changes)) == (2, [])
    assert [change["setting"] for change in last.changes] == ["teacher.learning_rate"]
