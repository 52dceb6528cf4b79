"""A method in two processes over gloo: masks and counts are those of one process."""

from pathlib import Path

import torch

from tests.trainer.methods.conftest import TINY
from tests.trainer.test_processes import run_two
from trainer.checkpoint import load_checkpoint
from trainer.recipe import load_recipe
from trainer.training.fit import fit


def test_two_processes_take_the_step_of_one(synthetic: Path, pairs: Path, tmp_path: Path) -> None:
    # Three of four samples come from shards without R, so that the processes know unlike much.
    method = {"name": "ibcln", **TINY["ibcln"], "batch": 4, "crop": 32, "dropout": 0.0}
    config = load_recipe(
        "paper",
        overrides={
            "method": method,
            "device": "cpu",
            "perceptual": "none",
            "tensorboard": False,
            "max_steps": 1,
            "save_steps": 1,
            "mix": {"pair": 8.0},
        },
    )
    list(fit(config, [synthetic, pairs], tmp_path / "one"))
    run_two(config, [synthetic, pairs], tmp_path / "two")
    for network in ("ibcln", "discriminator"):
        one, two = (
            load_checkpoint(tmp_path / run / "ibcln/last.pt").training["learners"][network]
            for run in ("one", "two")
        )
        first, second = (run["optimiser"]["state"] for run in (one, two))
        assert first.keys() == second.keys()
        for number in first:
            # Adam's first moment is half the gradient of the first step.
            found, wanted = second[number]["exp_avg"], first[number]["exp_avg"]
            scale = wanted.abs().max().clamp(min=1e-7)
            torch.testing.assert_close(found / scale, wanted / scale, atol=2e-3, rtol=0)
