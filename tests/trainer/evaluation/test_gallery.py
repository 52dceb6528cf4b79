import configparser
from importlib import resources
from pathlib import Path

import trainer
from tests.trainer.evaluation.pictures import (
    Save,
    invoke,
)
from trainer.cli.score import command as score_command

SUFFIXES = (".html",)


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


def test_the_page_s_template_is_installed_with_its_package() -> None:
    settings = configparser.ConfigParser()
    settings.read(Path(trainer.__file__).parents[1] / "setup.cfg")
    patterns = settings["options.package_data"]["*"].split()
    package = resources.files("trainer.evaluation")
    packed = [file.name for file in package.iterdir() if any(map(file.name.endswith, SUFFIXES))]
    assert packed == ["gallery.html"]
    assert all(f"*{suffix}" in patterns for suffix in SUFFIXES)
