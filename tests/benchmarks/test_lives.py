"""What has become of a preset's networks, counted over seeds."""

import sys
from pathlib import Path

import pytest

from benchmarks import lives
from benchmarks.photos import write_photos
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate

ALIVE = {
    "step": 60.0,
    "dead_everywhere": 0.0125,
    "dead_before_colours": 0.0,
    "residual_std": 7.0,
    "residual_std_true": 9.0,
    "output_std": 40.0,
    "psnr_pooled": 18.5,
    "psnr_pooled_identity": 16.0,
    "psnr_pooled_linear": 16.5,
}
DEAD = {**ALIVE, "step": 40.0, "residual_std": 0.001, "dead_before_colours": 0.75}
SILENT = {**ALIVE, "residual_std": 0.0}


def test_the_dead_are_counted_and_figures_span_all_seeds() -> None:
    network, truth, photo, linear = lives.describe("student", [ALIVE, DEAD, SILENT])
    assert network == (
        *("student", "40 to 60", "1 of 3", "1.2", "0.0 to 75.0"),
        *("0.00 to 7.00", "40.0", "18.50"),
    )
    assert {len(network), len(truth), len(photo), len(linear)} == {len(lives.HEADER)}
    assert (truth[5], photo[-1], linear[-1]) == ("9.0", "16.00", "16.50")


def test_what_is_trained_already_is_only_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_photos(tmp_path / "photos", 8)
    asked = SynthesisConfig(window=(64, 64), sequences=8, val_fraction=0.25, seed=1)
    generate(tmp_path / "photos", tmp_path / "shards", asked, RunConfig())
    command = f"lives {tmp_path}/shards --preset demo --seeds 2 --set max_steps=1 --out {tmp_path}"
    monkeypatch.setattr(sys, "argv", command.split())
    lives.main()
    first = capsys.readouterr().out
    assert first.startswith("demo0 student 1: ")
    assert "demo1 student 1: " in first
    lives.main()
    again = capsys.readouterr().out
    assert again == first[first.index("| network") :]
    assert "| student | 1 | 0 of 2 |" in again
