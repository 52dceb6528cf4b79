"""The trials of transfer: each trains on the objective that its line of the help names."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks import transfer
from benchmarks.photos import write_photos
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate
from trainer.checkpoint import load_teacher
from trainer.machine import Machine
from trainer.recipe import load_recipe


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `benchmarks.generalise` would have left, of a teacher that took one step."""
    folder = tmp_path_factory.mktemp("runs")
    write_photos(folder / "photos", 8)
    asked = SynthesisConfig(window=(96, 96), sequences=16, val_fraction=0.25, seed=1)
    generate(folder / "photos", folder / "shards", asked, RunConfig())
    transfer.run(folder, "lone", seed=0, steps=1)
    (folder / "lone0").rename(folder / "seed0")
    return folder


def steps_of(runs: Path, trial: str, steps: int = 1) -> list[dict[str, float]]:
    """Train a little and return the log of its steps."""
    transfer.run(runs, trial, seed=0, steps=steps)
    with (runs / f"{trial}0/student/metrics.csv").open() as log:
        return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(log)]


def test_every_trial_trains_on_what_it_says(runs: Path) -> None:
    last = {name: steps_of(runs, name)[-1] for name in ("none", "plain", "explained", "reflection")}
    for name, terms in {
        "none": ("reconstruction",),
        "plain": ("reconstruction", "transfer"),
        "explained": ("reconstruction", "transfer"),
        "reflection": ("reconstruction", "decoupling"),
    }.items():
        assert last[name]["objective"] == pytest.approx(sum(last[name][t] for t in terms), rel=1e-6)
        assert last[name]["reconstruction"] == last["plain"]["reconstruction"]
    assert last["explained"]["transfer"] != pytest.approx(last["plain"]["transfer"], rel=1e-3)


def test_a_trial_that_has_run_is_told_again(runs: Path) -> None:
    found = [transfer.run(runs, "none", seed=0, steps=1) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].keys() >= {name + at for name in transfer.FIGURES for at in ("", "_linear")}


def test_the_annealed_weight_falls_in_a_line_to_half_time(runs: Path) -> None:
    first, second = steps_of(runs, "annealed", steps=2)
    half_time = load_recipe("small").student.steps / 2
    for log, weight in ((first, 1.0), (second, 1 - 1 / half_time)):
        told = log["reconstruction"] + weight * log["transfer"]
        assert log["objective"] == pytest.approx(told, rel=1e-7)


def test_the_decoder_of_the_reflection_begins_as_the_teachers(runs: Path) -> None:
    teacher, _ = load_teacher(runs / "seed0/teacher/best.pt")
    config = load_recipe("small", overrides=transfer.TRIALS["reflection"].settings)
    machine = Machine(torch.device("cpu"))
    student = transfer.ReflectionStage(config, machine, None, teacher).learner.net
    wanted = teacher.knowledge.decouple.reflection.state_dict()
    found = student.reflection.state_dict()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    student(torch.rand(1, 3, 32, 48))
    assert student.drawn().shape == (1, 3, 16, 24)


def test_a_lone_teacher_sees_a_share_of_centres_alone_while_it_trains() -> None:
    torch.manual_seed(0)
    net = transfer.LoneTeacher(load_recipe("small").net)
    seen: list[Tensor] = []
    net.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        net(torch.rand(200, 3, 3, 8, 8))
        net.eval()(torch.rand(20, 3, 3, 8, 8))
    trained, used = (views.reshape(-1, 3, 3, 8, 8) for views in seen)
    alone = [torch.equal(views[0], views[1]) for views in trained]
    assert np.mean(alone) == pytest.approx(transfer.LONE_SHARE, abs=0.1)
    assert not any(torch.equal(views[0], views[1]) for views in used)


class Halves(nn.Module):
    """Knows one channel from the centre alone and one from a neighbour alone."""

    def encoder(self, centre: Tensor) -> Tensor:
        return centre[:, :1]

    def distil(self, views: Tensor) -> Tensor:
        return torch.cat([2 * views[:, 1, :1] + 1, views[:, 0, 1:2]], 1)


def test_what_one_view_explains_weighs_in_full_and_what_it_does_not_nothing(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(3).integers(256, size=(208, 3, 16, 16, 3), dtype=np.uint8)

    class Noise(list):  # type: ignore[type-arg]  # of whatever
        def split(self, _name: str) -> "Noise":
            return self

    rows = Noise(type("Sequence", (), {"blended": views}) for views in noise)
    monkeypatch.setattr(transfer, "open_shards", lambda _: rows)
    share = transfer.explained_share(Halves(), runs)  # type: ignore[arg-type]  # has what is asked
    assert share.tolist() == pytest.approx([2, 0], abs=0.02)
