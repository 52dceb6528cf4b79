"""What the GPU's script asks of `trainer fit`, at the paper's size and as it is tried on a CPU."""

import argparse
from functools import reduce
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.gpu.learning import score_command
from benchmarks.gpu.page import render
from benchmarks.gpu.session import BASE
from benchmarks.gpu.speed import speed_recipes
from benchmarks.gpu.trial import step_seconds
from trainer.cli import group
from trainer.machine import Machine
from trainer.recipe import load_recipe, merge
from trainer.training.preparation import check_recipe

CPU = Machine(torch.device("cpu"))


@pytest.mark.parametrize(
    ("device", "width", "crop"), [("cuda", 1.0, 224), ("cpu", 0.0625, 64)], ids=["GPU", "CPU"]
)
def test_what_is_timed_can_be_trained(device: str, width: float, crop: int) -> None:
    given = argparse.Namespace(device=device, width=width, crop=crop, out=Path("figures"))
    recipes = speed_recipes(given)
    assert len(recipes) == (8 if device == "cuda" else 6)
    for recipe in recipes.values():
        overrides = reduce(merge, (BASE, {"perceptual": "none"}, recipe))
        check_recipe(load_recipe("paper", overrides=overrides), CPU)


@pytest.mark.parametrize("name", ["shards", "pairs"])
def test_what_scores_the_student_is_a_command(name: str) -> None:
    given = argparse.Namespace(device="cpu", out=Path("figures"))
    # Help is shown once all that stands before it is understood.
    result = CliRunner().invoke(group, [*score_command(given, name), "--help"])
    assert result.exit_code == 0, result.output


def test_neither_warming_up_nor_the_last_validation_is_a_step_s_time() -> None:
    moments = [0.0, 50.0, 60.0, 61.0, 62.0, 63.0, 99.0]
    assert step_seconds(moments, 2) == 1.0
    assert step_seconds(moments[:4], 2) is None


def test_the_page_shows_what_failed_and_what_was_not_measured() -> None:
    page = render(
        {
            "check graphs": {"ok": False, "fault": "no <compiler>"},
            "speed student-1-eager": {"step_ms": 1234.5, "samples_s": 81.25, "waiting": 0.0123},
            "speed student-8-eager": {"fault": "took over 240 s"},
            "training": {"scores": {"pairs": "identity 21.0"}, "steps": 20},
        }
    )
    assert "<td>graphs<td>no<td>no &lt;compiler&gt;" in page
    assert "<td>student-1-eager<td>1234<td>81.2<td>unknown<td>unknown<td>1.2%<td>" in page
    assert f"<td>student-8-eager{'<td>unknown' * 5}<td>took over 240 s" in page
    assert "<h3>pairs</h3><pre>identity 21.0</pre>" in page
