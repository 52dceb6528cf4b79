from pathlib import Path

import pytest
from click.testing import CliRunner

from seqsynth.errors import ConfigError, OutputError
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.cli.export import command
from trainer.nets import StudentNet
from trainer.recipe import load_recipe

TINY = {"width": 1 / 64, "context_blocks": 1, "d_layers": 1}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    config = load_recipe("small", overrides={"net": TINY})
    weights = StudentNet(config.net).state_dict()
    file = tmp_path / "run" / "best.pt"
    save_checkpoint(Checkpoint("student", 1, config, (), weights, {}, current_versions()), file)
    return file


def test_every_file_is_said(checkpoint: Path, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    arguments = [str(checkpoint), "--safetensors", str(tmp_path / "w.safetensors")]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    assert "w.safetensors: " in result.output
    assert "README.md: model card" in result.output


def test_file_that_is_there_is_kept(checkpoint: Path, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    (tmp_path / "README.md").write_text("mine")
    arguments = [str(checkpoint), "--safetensors", str(tmp_path / "w.safetensors")]
    assert isinstance(CliRunner().invoke(command, arguments).exception, OutputError)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert not (tmp_path / "w.safetensors").exists()


def test_nothing_to_export_is_one_sentence(checkpoint: Path) -> None:
    assert isinstance(CliRunner().invoke(command, [str(checkpoint)]).exception, ConfigError)
