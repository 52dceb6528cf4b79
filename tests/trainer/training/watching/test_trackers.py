"""TensorBoard and Weights & Biases, each by a stand-in: neither is needed to test."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from seqsynth.errors import ConfigError
from trainer.recipe import FitConfig
from trainer.training.watching.trackers import open_trackers

Recipe = Callable[..., FitConfig]


class Writer:
    """A SummaryWriter that remembers."""

    made: list["Writer"]

    def __init__(self, folder: str, **options: object) -> None:
        self.folder, self.options = folder, options
        self.posted: list[tuple[str, float, int]] = []
        self.made.append(self)

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.posted.append((name, value, step))

    def flush(self) -> None:
        pass


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> list[Writer]:
    """Stand-ins made for SummaryWriter."""
    Writer.made = []
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    return Writer.made


def test_tensorboard_begins_plainly_and_hides_later_steps_when_resumed(
    tiny: Recipe, writers: list[Writer], tmp_path: Path
) -> None:
    for step in (0, 40):
        (tracker,) = open_trackers(tiny({"tensorboard": True}), tmp_path, step)
        tracker.post({"psnr": 20.0}, step + 1)
    assert [writer.options for writer in writers] == [{}, {"purge_step": 41}]
    assert writers[1].posted == [("psnr", 20.0, 41)]


def test_without_tensorboard_nothing_is_missed(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert open_trackers(tiny({"tensorboard": True}), tmp_path, 0) == []


def test_weights_and_biases_goes_on_with_its_own_run(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[dict[str, object]] = []
    logged: list[tuple[dict[str, float], int]] = []

    def init(**options: object) -> SimpleNamespace:
        begun.append(options)
        return SimpleNamespace(id="abc", log=lambda values, step: logged.append((values, step)))

    module = ModuleType("wandb")
    module.init = init  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    config = tiny({"wandb": "reflections"})
    for step in (0, 40):
        (tracker,) = open_trackers(config, tmp_path / "run" / "teacher", step)
        tracker.post({"psnr": 20.0}, step + 1)
    assert [options["id"] for options in begun] == [None, "abc"]
    assert {(options["project"], options["name"]) for options in begun} == {
        ("reflections", "run/teacher")
    }
    assert begun[0]["config"] == config.model_dump(mode="json")
    assert logged == [({"psnr": 20.0}, 1), ({"psnr": 20.0}, 41)]


def test_weights_and_biases_that_is_not_installed_is_said(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ConfigError, match="pip install wandb"):
        open_trackers(tiny({"wandb": "reflections"}), tmp_path, 0)
