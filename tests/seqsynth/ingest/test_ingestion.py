"""Captures to shards by one call, and what it tells on the way."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import SourceError
from seqsynth.ingest import CaptureConfig, check_captures, ingest_captures
from seqsynth.ingest.ingestion import Verdicts, judge_folder, storing
from seqsynth.progress import Advance
from seqsynth.shards import open_shards, read_index

MakeScene = Callable[..., Path]
ALONE = RunConfig(jobs=1)
CONFIG = CaptureConfig()


def damage(scene: Path) -> None:
    (scene / "after.png").unlink()


def test_accepted_scenes_become_a_set_with_findings_and_page(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    make_scene("one", 1)
    damage(make_scene("two", 2))
    out = tmp_path / "out"
    index = ingest_captures(tmp_path / "scenes", out, run=ALONE)
    assert [sequence.name for sequence in open_shards(out)] == ["one"]
    assert index.complete
    told = json.loads((out / "findings.json").read_text())["scenes"]
    assert [scene["verdict"] for scene in told] == ["accept", "reject"]
    assert "two" in (out / "report.html").read_text()


def test_check_tells_the_same_and_stores_nothing(make_scene: MakeScene, tmp_path: Path) -> None:
    make_scene("one", 1)
    damage(make_scene("two", 2))
    verdicts = check_captures(tmp_path / "scenes", tmp_path / "out", run=ALONE)
    assert verdicts.rejected == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "findings.json",
        "report.html",
    ]
    assert verdicts.findings.exists()
    assert verdicts.report.exists()


def test_verdicts_can_be_read_before_the_first_scene_is_stored(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    make_scene("one", 1)
    captures = judge_folder(tmp_path / "scenes", CONFIG, ALONE)
    with storing(captures, tmp_path / "out", CONFIG, ALONE) as making:
        assert Verdicts(captures, tmp_path / "out").findings.exists()
        assert not list((tmp_path / "out").glob("*.h5"))
        assert sum(entry.count for entry in making) == 1
    assert making.index == read_index(tmp_path / "out")


def test_findings_are_kept_where_no_scene_is_accepted(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    damage(make_scene("one", 1))
    with pytest.raises(SourceError, match="none of 1 scenes is accepted"):
        ingest_captures(tmp_path / "scenes", tmp_path / "out", run=ALONE)
    assert (tmp_path / "out" / "findings.json").exists()


def test_findings_of_nothing_leave_the_set_that_stands_there_alone(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    scene = make_scene("one", 1)
    ingest_captures(tmp_path / "scenes", out, run=ALONE)
    before = (out / "findings.json").read_bytes()
    damage(scene)
    with pytest.raises(SourceError):
        ingest_captures(tmp_path / "scenes", out, run=ALONE, overwrite=True)
    assert (out / "findings.json").read_bytes() == before


def test_judging_tells_how_far_it_is(make_scene: MakeScene, tmp_path: Path) -> None:
    make_scene("one", 1)
    make_scene("two", 2)
    told: list[str] = []

    @contextmanager
    def progress(label: str, total: int, unit: str, *, done: int = 0) -> Iterator[Advance]:
        told.append(f"{label} {done}/{total} {unit}")
        yield lambda steps=1: told.append("+" * steps)

    judge_folder(tmp_path / "scenes", CONFIG, ALONE, progress=progress)
    assert told == ["judge 0/2 scenes", "+", "+"]
