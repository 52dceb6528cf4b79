from pathlib import Path

from tests.trainer.evaluation.pictures import (
    Save,
    invoke,
)
from trainer.cli.score import command as score_command


def test_score_names_rows_and_shows_every_image(
    shards: Path, predictions: Save, tmp_path: Path
) -> None:
    folder = predictions("a", "b", "c", "d")
    result = invoke(score_command, f"Perfect={folder}", shards, "--out", tmp_path / "out")
    assert "\nPerfect" in result.output
    page = (tmp_path / "out/index.html").read_text()
    assert page.count("<tr><th><b>") == 4
    assert page.count('class="difference"') == 4 * 4
    assert "http" not in page
