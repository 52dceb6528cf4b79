"""The page of judged captures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from capture_tools.checks import JudgedScene
from seqsynth.config import RunConfig
from seqsynth.errors import OutputError
from seqsynth.ingest import CaptureConfig
from seqsynth.ingest.ingestion import judge_folder
from seqsynth.report import captures as page
from seqsynth.report.captures import make_scene_card, summary_section, write_capture_report

MakeScene = Callable[..., Path]


@pytest.fixture
def judged(make_scene: MakeScene, tmp_path: Path) -> list[JudgedScene]:
    """A sound scene and one that lacks a photo."""
    make_scene("porch", 3)
    (make_scene("torn", 5) / "after.png").unlink()
    return list(judge_folder(tmp_path / "scenes", CaptureConfig(), RunConfig(jobs=1)).scenes)


def test_rejected_scenes_come_first(judged: list[JudgedScene], tmp_path: Path) -> None:
    text = write_capture_report(tmp_path, judged).read_text(encoding="utf-8")
    assert "1 accepted" in text
    scenes = text[text.index('id="scenes"') :]
    assert scenes.index("torn") < scenes.index("porch")


def test_summary_counts_each_finding_once_a_scene(judged: list[JudgedScene]) -> None:
    body = summary_section(judged).body
    for scene in judged:
        for finding in scene.verdict.findings:
            assert finding.code in body


def test_card_of_an_aligned_scene_shows_views_truth_and_their_difference(
    judged: list[JudgedScene],
) -> None:
    card = make_scene_card(judged[0], pictures=True)
    assert (card.name, card.verdict) == ("porch", "accept")
    assert card.captions == ("view 1", "centre", "view 3")
    assert [reel.name for reel in card.reels] == ["transmission", "difference", "flicker"]
    assert [view for view, _, _ in card.motions] == ["view 1", "view 3"]


def test_card_of_a_rejected_scene_says_why(judged: list[JudgedScene]) -> None:
    card = make_scene_card(judged[1], pictures=True)
    assert card.verdict == "reject"
    assert "reject" in {severity for severity, _, _, _ in card.findings}


def test_scenes_beyond_the_most_are_told_in_words(
    judged: list[JudgedScene], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write_capture_report(tmp_path, judged).stat().st_size
    monkeypatch.setattr(page, "MOST_PICTURES", 1)
    text = write_capture_report(tmp_path, judged).read_text(encoding="utf-8")
    assert "porch" in text
    assert len(text) < whole


def test_folder_that_is_not_there_is_one_sentence(
    judged: list[JudgedScene], tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match=r"report\.html: cannot be written"):
        write_capture_report(tmp_path / "away", judged)
