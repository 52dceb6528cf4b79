"""Two processes over gloo against one: what torchrun does, without a GPU."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from seqsynth.errors import ConfigError
from tests.waiting import HANG_S
from trainer.checkpoint import load_checkpoint
from trainer.machine import Machine
from trainer.recipe import FitConfig, merge
from trainer.training.fit import fit
from trainer.training.losses import TERMS
from trainer.training.preparation import check_recipe
from trainer.training.watching.csv_log import read_column

Recipe = Callable[..., FitConfig]

RUN = """
import json, sys
from pathlib import Path
from trainer.training.fit import fit
from trainer.recipe import FitConfig, merge
recipe, out, *shards = sys.argv[1:]
for report in fit(FitConfig.model_validate_json(recipe), [Path(s) for s in shards], Path(out)):
    pass
"""


def free_port() -> int:
    """Return a port below those that the system hands out, so that no test beside takes it."""
    for port in range(15_000 + os.getpid() % 10_000, 30_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def start_two(
    program: str, config: FitConfig, shards: list[Path], out: Path
) -> tuple[list[int], list[str]]:
    """Run a program in two processes, as torchrun would start them; return codes and stderr."""
    port = free_port()
    arguments = [
        sys.executable,
        "-c",
        program,
        config.model_dump_json(),
        str(out),
        *map(str, shards),
    ]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            arguments,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=HANG_S)[1].decode() for process in started]
    return [process.returncode for process in started], said


def run_two(config: FitConfig, shards: list[Path], out: Path) -> None:
    """Train in two processes."""
    codes, said = start_two(RUN, config, shards, out)
    assert codes == [0, 0], said


@pytest.fixture
def recipe(tiny: Recipe) -> FitConfig:
    """One step of both stages on a batch of mixed kinds."""
    # Plain gradient descent would be clearer, but Adam's first moments are the gradients too.
    stages = {
        "teacher": {"batch": 6, "clip": 0.0},
        "student": {"batch": 6, "clip": 0.0},
    }
    return tiny({"max_steps": 1, "save_steps": 1, **stages})


def gradients(out: Path, stage: str, network: str) -> list[torch.Tensor]:
    """Return the gradients of the first step: a tenth of them is Adam's first moment."""
    training = load_checkpoint(out / stage / "last.pt").training
    assert training is not None
    moments = training["learners"][network]["optimiser"]["state"]
    return [10 * moments[number]["exp_avg"] for number in sorted(moments)]


def test_gradients_and_terms_of_two_processes_are_those_of_one(
    recipe: FitConfig, synthetic: Path, captured: Path, pairs: Path, tmp_path: Path
) -> None:
    # Photos teach the student alone, captures lack reflections: the processes' halves of a batch
    # know different things, and only shared counts make their mean the mean over all.
    shards = [synthetic, captured, pairs]
    run_two(recipe, shards, tmp_path / "two")
    # Both students learn from the same teacher.
    teacher = tmp_path / "two" / "teacher" / "best.pt"
    for _ in fit(recipe.model_copy(update={"teacher_from": teacher}), shards, tmp_path / "one"):
        pass
    for stage in ("teacher", "student"):
        for term in TERMS:
            one, two = (
                read_column(tmp_path / run / stage / "metrics.csv", term)[1]
                for run in ("one", "two")
            )
            assert two == pytest.approx(one, rel=1e-4), term
    for stage, networks in (("teacher", ["teacher"]), ("student", ["student", "discriminator"])):
        for network in networks:
            one, two = (gradients(tmp_path / run, stage, network) for run in ("one", "two"))
            # Biases before an instance norm have no gradient but rounding.
            noise = 1e-5 * max(float(gradient.abs().max()) for gradient in one)
            for gradient, other in zip(one, two, strict=True):
                assert torch.allclose(gradient, other, rtol=1e-3, atol=noise)


def test_a_batch_that_cannot_be_shared_is_refused(tiny: Recipe) -> None:
    machine = Machine(torch.device("cpu"), processes=2)
    with pytest.raises(ConfigError, match=r"student\.batch = 1 cannot be shared by 2 processes"):
        check_recipe(tiny({"student": {"batch": 1}}), machine)


STOP_ONE = """
import json, os, signal, sys
from pathlib import Path
from trainer.cli.fit import train
from trainer.recipe import FitConfig, merge
from trainer.training import fit
from trainer.training.stages import TeacherStage
from trainer.training.watching.step_log import StepLog
recipe, out, *shards = sys.argv[1:]
first, every = int(os.environ["FIRST"]), int(os.environ["EVERY"])
fit.StepLog = lambda rows, **options: StepLog(rows, **{**options, "every": every})
plain = TeacherStage.step
def step(self, batch, moment):
    # The launcher's signal reaches one process three steps before the other.
    if moment.step == first + 3 * int(os.environ["RANK"]):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    return plain(self, batch, moment)
TeacherStage.step = step
try:
    train(FitConfig.model_validate_json(recipe), tuple(Path(s) for s in shards), Path(out))
except KeyboardInterrupt as stopped:
    print(stopped, file=sys.stderr)
    sys.exit(3)
"""

SPOIL_ONE = """
import os, sys
from pathlib import Path
import torch
from seqsynth.errors import SeqsynthError
from trainer.cli.fit import train
from trainer.recipe import FitConfig, merge
from trainer.training import stages
recipe, out, *shards = sys.argv[1:]
plain = stages.weighted_sum
calls = [0]
def spoilt(losses, weights):
    calls[0] += 1
    objective = plain(losses, weights)
    if calls[0] == 3 and os.environ["RANK"] == "1":
        losses["reconstruction"] = losses["reconstruction"] * float("nan")
        return objective * float("nan")
    return objective
stages.weighted_sum = spoilt
try:
    train(FitConfig.model_validate_json(recipe), tuple(Path(s) for s in shards), Path(out))
except SeqsynthError as error:
    print("SAID", error, file=sys.stderr)
    sys.exit(4)
"""


@pytest.mark.parametrize(
    ("first", "every", "save_steps", "stopped"),
    # Looking at every step; or, as on a GPU, at every fourth and wherever a checkpoint is written.
    [(2, 1, 0, 3), (3, 4, 3, 6)],
)
def test_a_signal_that_reaches_one_process_first_stops_both_after_one_step(  # noqa: PLR0917
    tiny: Recipe,
    synthetic: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: int,
    every: int,
    save_steps: int,
    stopped: int,
) -> None:
    monkeypatch.setenv("FIRST", str(first))
    monkeypatch.setenv("EVERY", str(every))
    teacher = {"steps": 40, "validate_steps": 40}
    config = tiny({"stage": "teacher", "save_steps": save_steps, "teacher": teacher})
    codes, said = start_two(STOP_ONE, config, [synthetic], tmp_path)
    assert codes == [3, 3]
    assert all(f"stopped after step {stopped} of the teacher" in text for text in said)
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == stopped


def test_a_loss_that_is_no_number_in_one_process_stops_both_with_one_sentence(
    tiny: Recipe, synthetic: Path, tmp_path: Path
) -> None:
    config = tiny({"stage": "teacher", "save_steps": 1, "teacher": {"steps": 40}})
    codes, said = start_two(SPOIL_ONE, config, [synthetic], tmp_path)
    assert codes == [4, 1]
    assert "SAID reconstruction is nan at step 3: lower teacher.learning_rate" in said[0]
    assert "SAID" not in said[1]
    assert load_checkpoint(tmp_path / "teacher" / "last.pt").step == 2


def test_parts_shared_by_two_processes_are_the_whole_batch(
    recipe: FitConfig, synthetic: Path, captured: Path, tmp_path: Path
) -> None:
    # The paper's batch of ten on two small cards: each computes one sequence at a time.
    config = merge(
        recipe.model_dump(), {"stage": "teacher", "teacher": {"batch": 10, "accumulate": 5}}
    )
    shared = FitConfig.model_validate(config)
    run_two(shared, [synthetic, captured], tmp_path / "two")
    whole = merge(config, {"teacher": {"accumulate": 1}})
    for _ in fit(FitConfig.model_validate(whole), [synthetic, captured], tmp_path / "one"):
        pass
    one, two = (gradients(tmp_path / run, "teacher", "teacher") for run in ("one", "two"))
    for gradient, other in zip(one, two, strict=True):
        noise = 1e-4 * float(gradient.abs().max()) + 1e-7
        assert torch.allclose(gradient, other, rtol=1e-3, atol=noise)


def test_parts_that_processes_cannot_share_are_refused(tiny: Recipe) -> None:
    machine = Machine(torch.device("cpu"), processes=2)
    config = tiny({"teacher": {"batch": 10, "accumulate": 10}, "student": {"batch": 2}})
    with pytest.raises(ConfigError, match=r"does not fall into 20 parts \(2 processes"):
        check_recipe(config, machine)
