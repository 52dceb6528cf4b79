"""The demonstration, as a function."""

from pathlib import Path

import pytest

from seqsynth import demo
from seqsynth.demo import demonstrate
from seqsynth.errors import OutputError, ShardError
from seqsynth.shards import Fault, open_shards


def test_demonstration_makes_checks_and_shows_a_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SETTINGS", {**demo.SETTINGS, "sequences": 4})
    steps = list(demonstrate(tmp_path))
    assert [step.subject for step in steps] == ["photos", "shards", "verify", "report"]
    assert steps[0].outcome == f"50 in {tmp_path / 'VOC2012'}"
    assert len(open_shards(tmp_path / "shards")) == 4
    assert (tmp_path / "shards" / "report.html").exists()


def test_faults_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SETTINGS", {**demo.SETTINGS, "sequences": 4})
    monkeypatch.setattr(demo, "verify_shards", lambda _: iter([Fault("a.h5", "is torn")]))
    with pytest.raises(ShardError, match=r"a\.h5: is torn"):
        list(demonstrate(tmp_path))


@pytest.mark.parametrize("place", ["JPEGImages/astronaut_00.jpg", "ImageSets/Main/train.txt"])
def test_file_of_somebody_else_is_kept(tmp_path: Path, place: str) -> None:
    mine = tmp_path / "VOC2012" / place
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match=r"is not the demonstration's; choose another --out"):
        list(demonstrate(tmp_path))
    assert mine.read_text() == "mine"
