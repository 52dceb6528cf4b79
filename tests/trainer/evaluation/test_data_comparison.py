"""Methods by data: every cell of one recipe, scored on the same photos, compared in pairs."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import ConfigError
from seqsynth.synthesis import generate
from trainer.checkpoint import load_checkpoint
from trainer.cli.compare_data import command

SETTINGS = [
    "perceptual=none",
    "tensorboard=false",
    "device=cpu",
    "method.width=0.03125",
    "method.batch=2",
    "method.crop=32",
    "method.steps=2",
]


@pytest.fixture(scope="module")
def linear(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sequences of another blend from the same photos."""
    folder = tmp_path_factory.mktemp("shards") / "linear"
    config = SynthesisConfig(sequences=6, val_fraction=0.34, window=(56, 56), blend="linear")
    generate(photos, folder, config, RunConfig(jobs=1))
    return folder


def compare(out: Path, *arguments: str) -> Result:
    told = [text for setting in SETTINGS for text in ("--set", setting)]
    return CliRunner().invoke(
        command,
        [*arguments, "--methods", "corrn", "--out", str(out), "--preset", "small", *told],
    )


def test_methods_stand_against_data_on_every_benchmark(synthetic, linear, tmp_path):
    result = compare(tmp_path, str(synthetic), f"other={linear}")
    assert result.exit_code == 0, result.output
    assert "scored on synthetic" in result.output
    assert "scored on other" in result.output
    heads = [line.split() for line in result.output.splitlines() if "synthetic" in line]
    assert ["synthetic", "other"] in heads
    assert "CoRRN on other against CoRRN on synthetic on other, PSNR" in result.output
    with (tmp_path / "comparisons.csv").open() as source:
        pairs = {(row["first"], row["second"]) for row in csv.DictReader(source)}
    assert ("CoRRN on other", "CoRRN on synthetic") in pairs


def test_every_cell_has_the_same_budget(synthetic, linear, tmp_path):
    compare(tmp_path, str(synthetic), f"other={linear}")
    runs = [
        load_checkpoint(tmp_path / f"{data}/corrn/corrn/last.pt") for data in ("synthetic", "other")
    ]
    assert runs[0].config == runs[1].config
    assert [run.step for run in runs] == [2, 2]


def test_the_same_command_again_trains_nothing(synthetic, linear, tmp_path):
    arguments = (str(synthetic), f"other={linear}", "--test", f"both={synthetic}")
    first = compare(tmp_path, *arguments)
    assert first.exit_code == 0, first.output
    file = tmp_path / "other/corrn/corrn/best.pt"
    before = file.stat().st_mtime_ns
    again = compare(tmp_path, *arguments)
    assert file.stat().st_mtime_ns == before
    assert again.output.split("scored on both")[1] == first.output.split("scored on both")[1]


def test_one_set_compares_with_nothing(synthetic, tmp_path):
    result = compare(tmp_path, str(synthetic))
    assert isinstance(result.exception, ConfigError)
    assert "compares with nothing" in str(result.exception)


def test_two_sets_of_one_name_are_refused(synthetic, linear, tmp_path):
    result = compare(tmp_path, f"mine={synthetic}", f"mine={linear}")
    assert isinstance(result.exception, ConfigError)
    assert "two sets are named 'mine'" in str(result.exception)
