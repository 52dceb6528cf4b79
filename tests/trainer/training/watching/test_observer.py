"""What a stage leaves for the eye, and what happens where that cannot be written."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from seqsynth.errors import OutputError
from trainer.data.corpus import open_corpus
from trainer.machine import Machine
from trainer.nets import StudentNet, TeacherNet
from trainer.recipe import FitConfig
from trainer.training.losses import TERMS
from trainer.training.watching import observer as observers
from trainer.training.watching.observer import Observer, Validation

Recipe = Callable[..., FitConfig]
Observe = Callable[..., Observer]


@pytest.fixture
def observe(tiny: Recipe, synthetic: Path, tmp_path: Path) -> Observe:
    """Watch a student, or a teacher, that never learns: (teaching, overrides) -> observer."""

    def start(*, teaching: bool = False, **overrides: object) -> Observer:
        torch.manual_seed(0)
        config = tiny(overrides)
        network = TeacherNet(config.net) if teaching else StudentNet(config.net)
        stage = SimpleNamespace(
            network=network,
            teacher=None if teaching else TeacherNet(config.net).eval(),
            terms=TERMS,
        )
        return Observer(
            stage,
            open_corpus([synthetic], config),
            tmp_path / "stage",
            step=0,
            machine=Machine(torch.device("cpu")),
        )

    return start


class BrokenBoard:
    """A TensorBoard on a full disk."""

    def __init__(self) -> None:
        self.asked = 0

    name = "TensorBoard's log"

    def post(self, *_: object) -> None:
        self.asked += 1
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("teaching", [False, True])
def test_a_validation_is_logged_and_drawn(observe: Observe, tmp_path: Path, teaching: bool) -> None:
    watching = observe(teaching=teaching)
    inner = watching.validate(7)
    found = watching.collect()
    watching.draw_panel(7)
    watching.show(found)
    assert found.step == 7
    assert ("psnr_repeated" in found.scores) == teaching
    assert ("transfer_ratio" in found.scores) != teaching
    assert inner.items() < found.scores.items()
    rows = (tmp_path / "stage" / "validation.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "7"]
    left = {path.name for path in (tmp_path / "stage").rglob("*.png")}
    assert left == {"curves.png", "step-0000007.png"}


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_of_a_student_is_left_as_it_was(observe: Observe, training: bool) -> None:
    watching = observe()
    seen = []
    watching._stage.network.train(training)
    watching._stage.network.register_forward_pre_hook(lambda net, _: seen.append(net.training))
    watching.validate(1)
    assert watching._stage.network.training is training
    assert not any(seen)


@pytest.mark.parametrize("picture", ["draw_curves", "save_png"])
def test_a_picture_that_cannot_be_written_is_warned_of_once(
    observe: Observe,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    picture: str,
) -> None:
    def fail(*_: object) -> None:
        raise OutputError("runs/picture.png cannot be written (No space left on device)")

    monkeypatch.setattr(observers, picture, fail)
    watching = observe()
    for step in (1, 2):
        watching.draw_panel(step)
        watching.show(Validation(step))
    assert caplog.messages == [
        "runs/picture.png cannot be written (No space left on device); training goes on without it"
    ]


def test_a_folder_in_the_way_of_curves_stops_nothing(
    observe: Observe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watching = observe()
    (tmp_path / "stage" / "curves.png" / "inside").mkdir(parents=True)
    watching.show(Validation(1))
    assert "curves.png cannot be written" in caplog.text
    assert not list((tmp_path / "stage").glob("*.partial"))


def track(monkeypatch: pytest.MonkeyPatch, tracker: object) -> None:
    monkeypatch.setattr(observers, "open_trackers", lambda *_: [tracker])


def test_a_broken_tracker_is_warned_of_once_and_left_alone(
    observe: Observe, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    board = BrokenBoard()
    track(monkeypatch, board)
    watching = observe()
    for step in range(3):
        watching.look({"objective": 1.0}, step)
    assert board.asked == 1
    assert len(caplog.messages) == 1
    assert "TensorBoard's log failed" in caplog.text


def test_trackers_get_measures_and_scores_in_the_order_of_their_steps(
    observe: Observe, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[tuple[dict[str, float], int]] = []
    track(
        monkeypatch,
        SimpleNamespace(post=lambda *one: posted.append(one), flush=lambda: None, name="board"),
    )
    monkeypatch.setattr(observers, "draw_curves", lambda *_: None)
    watching = observe()
    watching.look({"objective": 1.5}, 3)
    watching.validate(3)
    # Steps that were taken while the pictures of the third were scored.
    watching.look({"objective": 1.4}, 4)
    watching.look({"objective": 1.3}, 5)
    assert [step for _, step in posted] == [3]
    watching.show(watching.collect())
    watching.look({"objective": 1.2}, 6)
    assert [step for _, step in posted] == [3, 3, 4, 5, 6]
    assert "psnr" in posted[1][0]
    assert posted[3][0] == {"objective": 1.3}
