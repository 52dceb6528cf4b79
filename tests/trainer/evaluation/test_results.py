import csv
import io
from pathlib import Path

from tests.trainer.evaluation.pictures import (
    Save,
    invoke,
    read_pair,
    save,
)
from trainer.cli.evaluate import command as evaluate_command


def test_evaluate_writes_one_line_an_image_and_method(shards: Path, tmp_path: Path) -> None:
    invoke(evaluate_command, "yang", shards, "--out", tmp_path / "out")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out/images.csv").read_text())))
    assert len(rows) == 4 * 4
    assert {row["subset"] for row in rows} == {"Postcard", "Wild"}


def test_page_shows_the_worst_image_first(
    files: Path, shards: Path, predictions: Save, tmp_path: Path
) -> None:
    folder = predictions("a", "b", "d")
    save(folder / "c.png", 255 - read_pair(files, "c")[1])
    invoke(evaluate_command, folder, shards, "--out", tmp_path / "out", "--pictures", 2)
    page = (tmp_path / "out/index.html").read_text()
    assert "predictions, worst first" in page
    assert (
        page.index("SIR2 Wild/c")
        == min(
            page.index(f"<b>SIR2 {n}")
            for n in ("Wild/c", "Postcard/a", "Postcard/b", "Wild/d")
            if f"<b>SIR2 {n}" in page
        )
        + 3
    )
