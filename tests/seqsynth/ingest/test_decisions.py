"""Decisions: what a person says of a scene holds, whatever the checks found."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import SourceError
from seqsynth.ingest import CaptureConfig, check_captures, ingest_captures, read_decisions
from seqsynth.ingest.decisions import write_decisions
from seqsynth.shards import open_shards, read_index

MakeScene = Callable[..., Path]
ALONE = RunConfig(jobs=1)

STRICT = CaptureConfig(
    limits={
        "motion_reject_min": 0.49,
        "motion_warn_min": 0.49,
        "motion_warn_max": 0.49,
        "motion_reject_max": 0.5,
    }
)
"""Every drawn scene moves by less than this asks for."""


def stored(out: Path) -> list[str]:
    return [sequence.name for sequence in open_shards(out)]


def findings_of(out: Path) -> dict[str, dict[str, object]]:
    scenes = json.loads((out / "findings.json").read_text())["scenes"]
    return {scene["scene"]: scene for scene in scenes}


def test_what_is_accepted_by_hand_is_stored_whatever_was_found(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    make_scene("one", 3)
    make_scene("two", 5)
    out = tmp_path / "out"
    ingest_captures(tmp_path / "scenes", out, STRICT, ALONE, decisions={"one": "accept"})
    assert stored(out) == ["one"]
    told = findings_of(out)
    assert (told["one"]["verdict"], told["one"]["decision"]) == ("accept", "accept")
    assert "camera_motion" in json.dumps(told["one"]["findings"])
    assert told["two"]["verdict"] == "reject"
    assert "decision" not in told["two"]
    assert read_index(out).sources["decided"] == {"one": "accept"}
    assert open_shards(out).metadata(0)["decision"] == "accept"
    page = (out / "report.html").read_text()
    assert "accept by hand" in page
    assert "Of 1 it was decided by hand" in page


def test_what_is_rejected_by_hand_is_left_out(make_scene: MakeScene, tmp_path: Path) -> None:
    make_scene("one", 1)
    make_scene("two", 2)
    out = tmp_path / "out"
    ingest_captures(tmp_path / "scenes", out, run=ALONE, decisions={"two": "reject"})
    assert stored(out) == ["one"]
    assert findings_of(out)["two"]["decision"] == "reject"
    assert read_index(out).sources["decided"] == {"two": "reject"}
    assert read_index(out).sources["rejected"] == {"two": []}


def test_a_scene_that_cannot_be_stored_says_so_and_the_others_go_on(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    make_scene("one", 1)
    (make_scene("two", 2) / "after.png").unlink()
    out = tmp_path / "out"
    decisions = dict.fromkeys(("one", "two"), "accept")
    ingest_captures(tmp_path / "scenes", out, run=ALONE, decisions=decisions)
    assert stored(out) == ["one"]
    said = json.dumps(findings_of(out)["two"]["findings"])
    assert "accepted by hand, but a photo is missing or unreadable" in said


def test_what_is_left_out_by_hand_makes_no_other_a_duplicate(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    shutil.copytree(make_scene("one", 1), tmp_path / "scenes" / "two")
    alone = check_captures(tmp_path / "scenes", tmp_path / "a", run=ALONE)
    assert [scene.accepted for scene in alone.captures.scenes] == [True, False]
    decided = check_captures(
        tmp_path / "scenes", tmp_path / "b", run=ALONE, decisions={"one": "reject"}
    )
    assert [scene.accepted for scene in decided.captures.scenes] == [False, True]


def test_names_that_no_scene_has_are_kept_apart(make_scene: MakeScene, tmp_path: Path) -> None:
    make_scene("one", 1)
    decisions = dict.fromkeys(("one", "gone", "away"), "accept")
    verdicts = check_captures(tmp_path / "scenes", tmp_path / "a", run=ALONE, decisions=decisions)
    assert verdicts.captures.strangers == ("away", "gone")


def test_decisions_are_read_as_they_were_written(tmp_path: Path) -> None:
    decided = {"garden": "accept", 'a "b" \u00e9': "reject"}
    write_decisions(tmp_path / "decisions.json", decided)
    assert read_decisions(tmp_path / "decisions.json") == decided


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no decisions"),
        ("[]", "holds no decisions"),
        ('{"scenes": {}}', "holds no decisions"),
        ('{"format": "seqsynth-index", "scenes": {}}', "is of format 'seqsynth-index'"),
        ('{"format": "seqsynth-decisions", "scenes": {"a": "maybe"}}', "write accept or reject"),
        ('{"format": "seqsynth-decisions", "scenes": {"a": ["accept"]}}', "write accept or reject"),
        ('{"format": "seqsynth-decisions", "scenes": 3}', "holds no decisions"),
    ],
)
def test_what_is_no_file_of_decisions_is_one_sentence(
    tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "decisions.json"
    file.write_text(content)
    with pytest.raises(SourceError, match=said):
        read_decisions(file)
