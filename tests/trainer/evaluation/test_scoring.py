from pathlib import Path

import pytest

from seqsynth.errors import ConfigError, SourceError
from tests.trainer.evaluation.pictures import (
    Save,
    draw,
    invoke,
    save,
)
from trainer.cli.evaluate import command as evaluate_command
from trainer.cli.score import command as score_command


def test_evaluate_always_prints_the_rows_that_learn_nothing(shards: Path) -> None:
    output = invoke(evaluate_command, "yang", shards).output
    for row in ("identity", "stretch", "linear", "yang"):
        assert f"\n{row} (learns nothing)" in output
    assert "protocol native" in output


def test_evaluate_quotes_the_paper_on_request_alone(shards: Path) -> None:
    assert "quoted" not in invoke(evaluate_command, "identity", shards).output
    assert "ERRNet (quoted)" in invoke(evaluate_command, "identity", shards, "--quoted").output


def test_score_refuses_two_rows_of_one_name(shards: Path, predictions: Save) -> None:
    folder = predictions("a", "b", "c", "d")
    result = invoke(score_command, f"A={folder}", f"A={folder}", shards)
    assert isinstance(result.exception, ConfigError)


@pytest.mark.parametrize("arguments", [["identity"], ["no/such/path"]])
def test_arguments_without_shards_are_one_sentence(arguments: list[str]) -> None:
    result = invoke(score_command, *arguments)
    assert isinstance(result.exception, ConfigError)


def test_folder_without_any_photo_of_the_shards_is_refused(shards: Path, tmp_path: Path) -> None:
    save(tmp_path / "zebra.png", draw(9))
    result = invoke(score_command, f"Zoo={tmp_path}", shards)
    assert isinstance(result.exception, SourceError)
    assert "zebra.png" in str(result.exception)
