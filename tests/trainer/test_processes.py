"""Two processes over gloo against one: what torchrun does, without a GPU."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from seqsynth.errors import ConfigError
from tests.trainer.methods.conftest import TINY
from tests.waiting import HANG_S
from trainer.checkpoint import load_checkpoint
from trainer.machine import Machine
from trainer.recipe import FitConfig, load_recipe, merge
from trainer.training.fit import fit
from trainer.training.losses import TERMS
from trainer.training.preparation import check_recipe
from trainer.training.watching.csv_log import read_column

Recipe = Callable[..., FitConfig]

# torch may wait for ever where a process that has left a group joins another.
ONE_GROUP = """
import atexit
from torch import distributed
join, leave = distributed.init_process_group, distributed.destroy_process_group
distributed.init_process_group = lambda *a, **o: distributed.is_initialized() or join(*a, **o)
distributed.destroy_process_group = lambda: None
atexit.register(lambda: distributed.is_initialized() and leave())
"""
"""Has all trainings of a program share the group of its first, which ends with the program."""

# Curves take longest of a short training and are tested in test_curves.
RUN = """
import json, sys
from pathlib import Path
from trainer.training.fit import fit
from trainer.recipe import FitConfig
from trainer.training.watching import observer
observer.draw_curves = lambda *_: None
for recipe, out, shards in map(json.loads, sys.argv[1:]):
    for report in fit(FitConfig.model_validate(recipe), [Path(s) for s in shards], Path(out)):
        pass
"""

Job = tuple[FitConfig, list[Path], Path]
"""A training: its recipe, its shards, its folder."""


def free_port() -> int:
    """Return a port below those that the system hands out, so that no test beside takes it."""
    for port in range(15_000 + os.getpid() % 10_000, 30_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def start_two(program: str, *words: str) -> tuple[list[int], list[str]]:
    """Run a program in two processes, as torchrun would start them; return codes and stderr."""
    port = free_port()
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_GROUP + program, *words],
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=HANG_S)[1].decode() for process in started]
    return [process.returncode for process in started], said


def run_two(*jobs: Job) -> None:
    """Train in two processes, one training after the other: loading torch takes longer."""
    words = [
        json.dumps([config.model_dump(mode="json"), str(out), [str(one) for one in shards]])
        for config, shards, out in jobs
    ]
    codes, said = start_two(RUN, *words)
    assert codes == [0, 0], said


@pytest.fixture(scope="module")
def recipe(tiny: Recipe) -> FitConfig:
    """One step of both stages on a batch of mixed kinds."""
    # Plain gradient descent would be clearer, but Adam's first moments are the gradients too.
    stages = {
        "teacher": {"batch": 6, "clip": 0.0},
        "student": {"batch": 6, "clip": 0.0},
    }
    return tiny({"max_steps": 1, "save_steps": 1, **stages})


@pytest.fixture(scope="module")
def in_parts(recipe: FitConfig) -> FitConfig:
    """The paper's batch of ten on two small cards: each computes one sequence at a time."""
    changes = {"stage": "teacher", "teacher": {"batch": 10, "accumulate": 5}}
    return FitConfig.model_validate(merge(recipe.model_dump(), changes))


@pytest.fixture(scope="module")
def of_a_method() -> FitConfig:
    """One step of a method with a discriminator, most of it on photos without R."""
    method = {"name": "ibcln", **TINY["ibcln"], "batch": 4, "crop": 32, "dropout": 0.0}
    overrides = {
        "method": method,
        "device": "cpu",
        "perceptual": "none",
        "tensorboard": False,
        "max_steps": 1,
        "save_steps": 1,
        "mix": {"pair": 8.0},
    }
    return load_recipe("paper", overrides=overrides)


@pytest.fixture(scope="module")
def moved(
    tiny: Recipe, synthetic: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[FitConfig, Path]:
    """A run of one step, moved with its shards to another machine, and the recipe of two steps."""
    stages = {"teacher": {"batch": 4, "clip": 0.0}, "student": {"batch": 4, "clip": 0.0}}
    here, there = (tmp_path_factory.mktemp(name) for name in ("here", "another machine"))
    list(fit(tiny({"max_steps": 1, **stages}), [synthetic], here / "run"))
    shutil.copytree(synthetic, there / synthetic.name)
    shutil.move(here / "run", there / "run")
    return tiny({"max_steps": 2, **stages}), there


@pytest.fixture(scope="module")
def two(  # noqa: PLR0917
    recipe: FitConfig,
    in_parts: FitConfig,
    of_a_method: FitConfig,
    moved: tuple[FitConfig, Path],
    synthetic: Path,
    captured: Path,
    pairs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What two processes trained, of each recipe in a folder of its name."""
    folder = tmp_path_factory.mktemp("two")
    longer, there = moved
    run_two(
        (recipe, [synthetic, captured, pairs], folder / "recipe"),
        (in_parts, [synthetic, captured], folder / "in_parts"),
        (of_a_method, [synthetic, pairs], folder / "of_a_method"),
        (longer, [there / synthetic.name], there / "run"),
    )
    return folder


def gradients(out: Path, stage: str, network: str) -> list[torch.Tensor]:
    """Return the gradients of the first step: a tenth of them is Adam's first moment."""
    training = load_checkpoint(out / stage / "last.pt").training
    assert training is not None
    moments = training["learners"][network]["optimiser"]["state"]
    return [10 * moments[number]["exp_avg"] for number in sorted(moments)]


def test_gradients_and_terms_of_two_processes_are_those_of_one(
    two: Path, recipe: FitConfig, synthetic: Path, captured: Path, pairs: Path, tmp_path: Path
) -> None:
    # Photos teach the student alone, captures lack reflections: the processes' halves of a batch
    # know different things, and only shared counts make their mean the mean over all.
    shards = [synthetic, captured, pairs]
    both = {"one": tmp_path, "two": two / "recipe"}
    # Both students learn from the same teacher.
    teacher = both["two"] / "teacher" / "best.pt"
    list(fit(recipe.model_copy(update={"teacher_from": teacher}), shards, both["one"]))
    for stage in ("teacher", "student"):
        for term in TERMS:
            logs = {run: out / stage / "metrics.csv" for run, out in both.items()}
            steps = {run: read_column(log, term)[1] for run, log in logs.items()}
            assert steps["two"] == pytest.approx(steps["one"], rel=1e-4), term
    for stage, networks in (("teacher", ["teacher"]), ("student", ["student", "discriminator"])):
        for network in networks:
            one, other_one = (gradients(out, stage, network) for out in both.values())
            # Biases before an instance norm have no gradient but rounding.
            noise = 1e-5 * max(float(gradient.abs().max()) for gradient in one)
            for gradient, other in zip(one, other_one, strict=True):
                assert torch.allclose(gradient, other, rtol=1e-3, atol=noise)


def test_a_batch_that_cannot_be_shared_is_refused(tiny: Recipe) -> None:
    machine = Machine(torch.device("cpu"), processes=2)
    with pytest.raises(ConfigError, match=r"student\.batch = 1 cannot be shared by 2 processes"):
        check_recipe(tiny({"student": {"batch": 1}}), machine)


STOP_ONE = """
import json, os, signal, sys
from pathlib import Path
from seqsynth.errors import SeqsynthError
from trainer.cli.fit import train
from trainer.recipe import FitConfig
from trainer.training import fit, stages
from trainer.training.stages import TeacherStage
from trainer.training.watching.step_log import StepLog
plain_step, plain_sum = TeacherStage.step, stages.weighted_sum
def step(self, batch, moment):
    # The launcher's signal reaches one process three steps before the other.
    if moment.step == first + 3 * int(os.environ["RANK"]):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    return plain_step(self, batch, moment)
TeacherStage.step = step
*stopped, spoilt = map(json.loads, sys.argv[1:])
for first, every, recipe, out, shards in stopped:
    fit.StepLog = lambda rows, **options: StepLog(rows, **{**options, "every": every})
    try:
        train(FitConfig.model_validate(recipe), tuple(Path(s) for s in shards), Path(out))
        sys.exit(1)
    except KeyboardInterrupt as stop:
        print(stop, file=sys.stderr)
TeacherStage.step, fit.StepLog = plain_step, StepLog
calls = [0]
def spoil(losses, weights):
    calls[0] += 1
    objective = plain_sum(losses, weights)
    if calls[0] == 3 and os.environ["RANK"] == "1":
        losses["reconstruction"] = losses["reconstruction"] * float("nan")
        return objective * float("nan")
    return objective
stages.weighted_sum = spoil
recipe, out, shards = spoilt
try:
    train(FitConfig.model_validate(recipe), tuple(Path(s) for s in shards), Path(out))
except SeqsynthError as error:
    print("SAID", error, file=sys.stderr)
    sys.exit(4)
"""
"""Trainings that a signal stops in one process first, then one whose loss becomes no number."""


STOPS = {"looking at every step": (2, 1, 0, 3), "looking as on a GPU": (3, 4, 3, 6)}
"""Step of the signal, steps after which processes look, steps between checkpoints, and where both
stop: at every step; or, as on a GPU, at every fourth and wherever a checkpoint is written."""


@dataclass(frozen=True)
class Stopped:
    """What came of two processes whose trainings stop early.

    Attributes
    ----------
    folder : of the runs, each in a folder of its name
    codes, said : exit code and stderr of each process
    """

    folder: Path
    codes: list[int]
    said: list[str]


@pytest.fixture(scope="module")
def stopped(tiny: Recipe, synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """Trainings of two processes of which a signal, then a number, stopped one first."""
    folder = tmp_path_factory.mktemp("stopped")
    teacher = {"steps": 40, "validate_steps": 40}
    jobs = []
    for name, (first, every, save_steps, _) in STOPS.items():
        config = tiny({"stage": "teacher", "save_steps": save_steps, "teacher": teacher})
        jobs.append([first, every, config.model_dump(mode="json"), str(folder / name)])
    config = tiny({"stage": "teacher", "save_steps": 1, "teacher": {"steps": 40}})
    jobs.append([config.model_dump(mode="json"), str(folder / "spoilt")])
    words = [json.dumps([*job, [str(synthetic)]]) for job in jobs]
    return Stopped(folder, *start_two(STOP_ONE, *words))


@pytest.mark.parametrize("name", STOPS)
def test_a_signal_that_reaches_one_process_first_stops_both_after_one_step(
    stopped: Stopped, name: str
) -> None:
    step = STOPS[name][-1]
    for text in stopped.said:
        lines = [line for line in text.splitlines() if "stopped after step" in line]
        assert f"stopped after step {step} of the teacher" in lines[list(STOPS).index(name)]
    assert load_checkpoint(stopped.folder / name / "teacher" / "last.pt").step == step


def test_a_loss_that_is_no_number_in_one_process_stops_both_with_one_sentence(
    stopped: Stopped,
) -> None:
    assert stopped.codes == [4, 1], stopped.said
    said = "SAID reconstruction is nan at step 3: lower teacher.learning_rate"
    assert said in stopped.said[0]
    assert "SAID" not in stopped.said[1]
    assert load_checkpoint(stopped.folder / "spoilt" / "teacher" / "last.pt").step == 2


def test_parts_shared_by_two_processes_are_the_whole_batch(
    two: Path, in_parts: FitConfig, synthetic: Path, captured: Path, tmp_path: Path
) -> None:
    whole = merge(in_parts.model_dump(), {"teacher": {"accumulate": 1}})
    list(fit(FitConfig.model_validate(whole), [synthetic, captured], tmp_path))
    one, shared = (gradients(out, "teacher", "teacher") for out in (tmp_path, two / "in_parts"))
    for gradient, other in zip(one, shared, strict=True):
        noise = 1e-4 * float(gradient.abs().max()) + 1e-7
        assert torch.allclose(gradient, other, rtol=1e-3, atol=noise)


def test_two_processes_take_the_step_of_a_method_as_one(
    two: Path, of_a_method: FitConfig, synthetic: Path, pairs: Path, tmp_path: Path
) -> None:
    # Three of four samples come from shards without R, so that the processes know unlike much.
    list(fit(of_a_method, [synthetic, pairs], tmp_path))
    for network in ("ibcln", "discriminator"):
        one, other_one = (
            load_checkpoint(out / "ibcln/last.pt").training["learners"][network]
            for out in (tmp_path, two / "of_a_method")
        )
        first, second = (run["optimiser"]["state"] for run in (one, other_one))
        assert first.keys() == second.keys()
        # Adam's first moment is half the gradient of the first step. Those of biases before an
        # instance norm are zero but for rounding: all are held to the largest.
        largest = max(float(one["exp_avg"].abs().max()) for one in first.values())
        for number in first:
            found, wanted = second[number]["exp_avg"], first[number]["exp_avg"]
            torch.testing.assert_close(found / largest, wanted / largest, atol=1e-4, rtol=0)


@pytest.mark.usefixtures("two")
def test_run_goes_on_elsewhere_in_two_processes(
    moved: tuple[FitConfig, Path], synthetic: Path, tmp_path: Path
) -> None:
    longer, there = moved
    list(fit(longer, [synthetic], tmp_path))
    for stage in ("teacher", "student"):
        assert load_checkpoint(there / "run" / stage / "last.pt").step == 2
    found, wanted = (load_checkpoint(run / "teacher/last.pt") for run in (there / "run", tmp_path))
    assert (found.step, found.weights.keys()) == (wanted.step, wanted.weights.keys())
    for name, weight in wanted.weights.items():
        # Rounding apart, which Adam's first steps make as large as its rate.
        torch.testing.assert_close(found.weights[name], weight, rtol=0, atol=2e-3)
    # One step of a new network would come as near: the moments hold both steps' gradients, of which
    # the second is that of the weights after the first.
    moments, expected = (gradients(run, "teacher", "teacher") for run in (there / "run", tmp_path))
    largest = max(float(moment.abs().max()) for moment in expected)
    for moment, other in zip(moments, expected, strict=True):
        torch.testing.assert_close(moment / largest, other / largest, rtol=0, atol=1e-4)


def test_parts_that_processes_cannot_share_are_refused(tiny: Recipe) -> None:
    machine = Machine(torch.device("cpu"), processes=2)
    config = tiny({"teacher": {"batch": 10, "accumulate": 10}, "student": {"batch": 2}})
    with pytest.raises(ConfigError, match=r"does not fall into 20 parts \(2 processes"):
        check_recipe(config, machine)
