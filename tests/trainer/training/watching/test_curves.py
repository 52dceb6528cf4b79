from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from trainer.training.watching.csv_log import CsvLog
from trainer.training.watching.curves import draw_curves

Logs = tuple[CsvLog, CsvLog]


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """A stage's logs of a hundred steps and two validations."""
    metrics = CsvLog(tmp_path / "metrics.csv", ("step", "objective", "transfer"), 0)
    metrics.add(*({"step": n, "objective": 100.0 / n} for n in range(1, 101)))
    columns = ("step", "psnr", "psnr_identity", "psnr_linear")
    validation = CsvLog(tmp_path / "validation.csv", columns, 0)
    for step in (50, 100):
        validation.add({"step": step, "psnr": step / 5, "psnr_identity": 14, "psnr_linear": 16})
    return metrics, validation


def draw(logs: Logs, folder: Path) -> None:
    metrics, validation = logs
    draw_curves(folder, metrics.curve, validation.curve)


def test_curves_are_a_picture(logs: Logs, tmp_path: Path) -> None:
    draw(logs, tmp_path)
    assert np.asarray(Image.open(tmp_path / "curves.png")).std() > 0
    assert not list(tmp_path.glob("*.partial"))


def test_scores_are_drawn_beside_their_baselines_and_empty_columns_are_not(
    logs: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, list[float]] = {}
    plot = Axes.plot

    def spy(self: Axes, steps: list[int], values: list[float], **style: object) -> object:
        drawn[str(style["label"])] = values
        return plot(self, steps, values, **style)

    monkeypatch.setattr(Axes, "plot", spy)
    draw(logs, tmp_path)
    assert drawn.keys() == {"objective", "network", "identity", "linear"}
    assert drawn["network"] == [10, 20]


def test_place_without_values_stays_empty(logs: Logs, tmp_path: Path) -> None:
    draw(logs, tmp_path)
    picture = np.asarray(Image.open(tmp_path / "curves.png").convert("L"))
    height, width = picture.shape
    upper, lower = picture[: height // 2], picture[height * 2 // 3 :]
    assert (lower == 255).all()  # no LMSE, no spread, no flow, no representation
    assert (upper[:, width // 2 + 20 :] == 255).all()  # no structure, no SSIM
    assert (upper[:, : width // 4] < 255).any()


def test_structure_and_spread_are_drawn_beside_what_they_are_to_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("structure_psnr", "structure_psnr_stretch", "residual_std", "residual_std_true")
    log = CsvLog(tmp_path / "validation.csv", ("step", *names), 0)
    log.add({"step": 5, **{name: float(value) for value, name in enumerate(names)}})
    drawn: dict[str, set[str]] = {}
    plot = Axes.plot

    def spy(self: Axes, steps: list[int], values: list[float], **style: object) -> object:
        drawn.setdefault(str(id(self)), set()).add(f"{style['label']} {values[0]:g}")
        return plot(self, steps, values, **style)

    monkeypatch.setattr(Axes, "plot", spy)
    draw_curves(tmp_path, CsvLog(tmp_path / "metrics.csv", ("step",), 0).curve, log.curve)
    assert sorted(map(sorted, drawn.values())) == [
        ["network 0", "stretch 1"],
        ["residual_std 2", "residual_std_true 3"],
    ]


def test_losses_are_means_over_fiftieths(
    logs: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, list[float]] = {}
    plot = Axes.plot

    def spy(self: Axes, steps: list[int], values: list[float], **style: object) -> object:
        drawn[str(style["label"])] = values
        return plot(self, steps, values, **style)

    monkeypatch.setattr(Axes, "plot", spy)
    draw(logs, tmp_path)
    assert len(drawn["objective"]) == 50
    assert drawn["objective"][0] == pytest.approx((100 + 50) / 2)
