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
from trainer.evaluation.gallery import Album
from trainer.evaluation.scoring import ScoringConfig, evaluate, score, sort_items


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


def test_score_is_the_command_without_a_terminal(
    shards: Path, predictions: Save, tmp_path: Path
) -> None:
    folder = predictions("a", "b", "c", "d")
    found = score([f"Perfect={folder}", "yang", shards], ScoringConfig(pictures=2))
    said = invoke(score_command, f"Perfect={folder}", "yang", shards).output
    for text in (*found.render(), *found.sentences()):
        assert text in said
    found.write(tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<title>Comparison" in page or "Comparison" in page
    assert page.count("<tr><th><b>") == 2


def test_evaluate_makes_the_other_page(shards: Path, tmp_path: Path) -> None:
    found = evaluate(["yang", shards], ScoringConfig(pictures=1))
    found.write(tmp_path / "out")
    assert "yang, worst first" in (tmp_path / "out" / "index.html").read_text()


def test_progress_is_told_from_none_to_all(shards: Path) -> None:
    told: list[tuple[int, int]] = []
    evaluate(["identity", shards], progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 12) for done in range(13)]


def test_what_matches_no_photo_is_returned(shards: Path, predictions: Save) -> None:
    folder = predictions("a", "b", "c", "d")
    save(folder / "zebra.png", draw(9))
    assert score([folder, shards]).unmatched == {folder: [folder / "zebra.png"]}


def test_a_row_to_compare_that_is_not_there_is_named_with_those_that_are(shards: Path) -> None:
    config = ScoringConfig(compare=(("yang", "identity"),))
    with pytest.raises(ConfigError, match=r"'yang' is no row; rows are identity, stretch, linear"):
        score([shards], config)


def test_comparisons_asked_for_stand_in_place_of_the_usual_one(shards: Path) -> None:
    usual = evaluate(["yang", shards]).sentences()
    assert len(usual) == 3  # SIR2 and its two subsets, PSNR alone
    assert all(one.startswith("yang against stretch on SIR2") for one in usual)
    asked = evaluate([shards], ScoringConfig(compare=(("linear", "identity"),))).sentences()
    assert len(asked) == 3 * 4
    assert all(one.startswith("linear against identity on SIR2") for one in asked)


def test_without_pictures_none_are_kept(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    monkeypatch.setattr(Album, "add", lambda _, result: kept.append(result))
    found = score(["yang", shards], ScoringConfig(pictures=0))
    assert kept == []
    found.write(tmp_path / "out")
    assert "<tr><th><b>" not in (tmp_path / "out" / "index.html").read_text()


def test_a_run_s_checkpoint_is_named_as_the_run(tmp_path: Path) -> None:
    shards, best = tmp_path / "shards", tmp_path / "runs" / "mine" / "student" / "best.pt"
    for path in (shards / "index.json", best):
        path.parent.mkdir(parents=True)
        path.touch()
    entries = sort_items([f"Mine={best}", best, "yang", f"Garden={shards}"])
    assert entries.methods == (("Mine", best), ("", best))
    assert entries.shards == (("Garden", shards),)
    assert entries.with_yang
