"""Two processes over gloo against one: what torchrun does, without a GPU."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from seqsynth.errors import ConfigError
from trainer.checkpoint import load_checkpoint
from trainer.machine import Machine
from trainer.recipe import FitConfig
from trainer.training.fit import check_recipe, fit
from trainer.training.losses import TERMS
from trainer.training.watching.csv_log import read_column

Recipe = Callable[..., FitConfig]

RUN = """
import json, sys
from pathlib import Path
from trainer.training.fit import fit
from trainer.recipe import FitConfig
recipe, out, *shards = sys.argv[1:]
for report in fit(FitConfig.model_validate_json(recipe), [Path(s) for s in shards], Path(out)):
    pass
"""


def run_two(config: FitConfig, shards: list[Path], out: Path) -> None:
    """Train in two processes, as torchrun would start them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [sys.executable, "-c", RUN, config.model_dump_json(), str(out), *map(str, shards)]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            arguments,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()


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
