"""Table 1 with our rows: trained once, scored once, beside what the paper printed."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seqsynth.errors import ConfigError
from trainer.cli.rows import named_folders, recipes_of
from trainer.cli.table import command
from trainer.evaluation.method_table import ALL, title_of
from trainer.evaluation.published import TABLE_1
from trainer.methods import NAMES

SETTINGS = [
    "perceptual=none",
    "tensorboard=false",
    "device=cpu",
    "method.width=0.03125",
    "method.batch=2",
    "method.crop=32",
    "method.steps=1",
]
"""Of every run; two methods of one phase and no features."""

METHODS = "corrn,ibcln"


def table(shards: Path, out: Path, *arguments: str) -> Result:
    told = [text for setting in SETTINGS for text in ("--set", setting)]
    return CliRunner().invoke(
        command,
        [str(shards), "--out", str(out), "--preset", "small", *told, *arguments],
    )


def test_all_are_the_papers_learned_methods_and_the_student():
    assert (*NAMES, "student") == ALL
    printed = {row.name.split(" (F)")[0] for row in TABLE_1}
    titles = {title_of(name).removesuffix(" et al.") for name in ALL}
    assert printed - titles == {"Yang"}


def test_rows_stand_below_the_papers_own(synthetic, tmp_path):
    result = table(
        synthetic, tmp_path, "--methods", METHODS, "--quoted", "--test", f"SIR2={synthetic}"
    )
    assert result.exit_code == 0, result.output
    names = [
        "identity (learns nothing)",
        "CEILNet (quoted)",
        "CoRRN (quoted)",
        "CoRRN (F), here",
        "IBCLN (quoted)",
        "IBCLN (F) (quoted)",
        "IBCLN (F), here",
        "the paper's method (quoted)",
    ]
    places = [result.output.index(f"\n{name} ") for name in names]
    assert places == sorted(places)
    assert "CoRRN (F), here against linear on SIR2, PSNR" in result.output
    for name in ("table.tex", "images.csv", "intervals.csv", "comparisons.csv"):
        assert (tmp_path / name).exists()


def test_the_page_shows_every_row_s_pictures(synthetic, tmp_path):
    result = table(synthetic, tmp_path, "--methods", "corrn", "--pictures", "1")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "index.html").read_text()
    # One photo and its truth; of each of four rows the picture and its difference to the truth.
    assert page.count('"data:image/jpeg') == 2 + 4 * 2
    assert "CoRRN (F), here" in page
    assert "no prediction" not in page


def test_finished_methods_are_neither_trained_nor_scored_again(synthetic, tmp_path):
    first = table(synthetic, tmp_path, "--methods", "corrn")
    assert first.exit_code == 0, first.output
    files = [tmp_path / "corrn/corrn/best.pt", tmp_path / "corrn/scores.json"]
    before = [file.stat().st_mtime_ns for file in files]
    second = table(synthetic, tmp_path, "--methods", METHODS)
    assert second.exit_code == 0, second.output
    assert [file.stat().st_mtime_ns for file in files] == before
    assert "IBCLN (F), here" in second.output


def test_an_unknown_method_is_one_sentence(synthetic, tmp_path):
    result = table(synthetic, tmp_path, "--methods", "corrn,cielnet")
    assert isinstance(result.exception, ConfigError)
    assert "unknown method 'cielnet'" in str(result.exception)
    with pytest.raises(ConfigError, match="names separated by commas"):
        recipes_of("corrn,", "small", None, ())


def test_several_methods_cannot_begin_with_the_weights_of_one():
    told = ["init_from=runs/a/corrn/best.pt"]
    with pytest.raises(ConfigError, match="corrn, ibcln are to be trained; leave it out, or name"):
        recipes_of(METHODS, "small", None, told)
    assert recipes_of("corrn", "small", None, told)["corrn"].init_from is not None


def test_settings_of_methods_are_not_the_students():
    recipes = recipes_of("errnet,student", "small", None, ["method.steps=3", "seed=4"])
    assert recipes["errnet"].method.steps == 3
    assert recipes["student"].method is None
    assert {recipe.seed for recipe in recipes.values()} == {4}


def test_tests_may_have_names():
    assert named_folders(["SIR2=shards/sir2", "shards/real"]) == [
        ("SIR2", Path("shards/sir2")),
        ("", Path("shards/real")),
    ]
