"""The table of labels: its first rows are what training's own validation found."""

from pathlib import Path

import pytest

from benchmarks.labelling import run
from benchmarks.photos import write_photos
from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.synthesis import generate
from tests.trainer.conftest import TINY
from tests.trainer.training.runs import train
from trainer.recipe import load_recipe


def test_teacher_with_and_without_neighbours_and_the_student_before_are_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_photos(tmp_path / "photos", 8)
    shards = tmp_path / "shards"
    config = SynthesisConfig(sequences=4, val_fraction=0.5, window=(56, 56), seed=3)
    generate(tmp_path / "photos", shards, config, RunConfig(jobs=1))
    recipe = load_recipe("paper", overrides=TINY | {"max_steps": 1})
    reports = train(recipe, [shards], tmp_path / "seed0")
    teacher, student = (report.validations[-1].scores for report in reports)
    # No stand-in of this name: nothing is trained.
    rows = {row[:2]: row for row in run(tmp_path, shards, seed=0, steps=1, only=["none"])}
    for name, of, found in (
        ("its teacher", "new", teacher["psnr_pooled"]),
        ("its teacher, centre repeated", "new", teacher["psnr_pooled_repeated"]),
        ("student before", "new", student["psnr_pooled"]),
        ("student before", "known", student["psnr_pooled"]),
    ):
        assert float(rows[name, of][2]) == pytest.approx(found, abs=0.006)
    assert "student before" in capsys.readouterr().out
