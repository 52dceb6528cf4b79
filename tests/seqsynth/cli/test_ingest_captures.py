"""``seqsynth ingest-captures``: what it refuses, and what it says."""

import hashlib
from pathlib import Path

import pytest

from seqsynth.errors import SeqsynthError
from seqsynth.ingest.decisions import write_decisions
from seqsynth.shards import open_shards


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_faulty_scene_is_named_and_the_others_go_on(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    torn = make_scene("torn", 5)
    (torn / "centre.png").write_bytes(b"")
    before = hashes(tmp_path / "scenes")
    result = ingest()
    assert result.exception is None
    assert "REJECT  torn" in result.output
    assert [s.name for s in open_shards(tmp_path / "out")] == ["porch"]
    assert hashes(tmp_path / "scenes") == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--limit", "iso_maximum=3"), "iso_maximum"),
        (("--limit", "iso_max=many"), "iso_max=many"),
        (("--limit", "iso_min=9000"), "iso_min"),
        (("--size", 100, 1160), "long side"),
    ],
)
def test_impossible_setting_is_refused_by_name(make_scene, ingest, options, named):
    make_scene("porch", 3)
    result = ingest(*options)
    assert isinstance(result.exception, SeqsynthError)
    assert named in str(result.exception)


def test_limit_from_toml_decides(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    (tmp_path / "strict.toml").write_text(
        "[limits]\nmotion_reject_min = 0.09\n"
        "motion_warn_min = 0.09\nmotion_warn_max = 0.09\n"
        "motion_reject_max = 0.1\n"
    )
    result = ingest("--config", tmp_path / "strict.toml")
    assert "camera_motion" in result.output
    assert isinstance(result.exception, SeqsynthError)  # nothing is accepted


def test_folder_without_scenes_is_refused(ingest, tmp_path):
    (tmp_path / "scenes").mkdir()
    assert "no scene" in str(ingest().exception)


def test_decisions_have_the_last_word_and_strangers_are_named(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    make_scene("yard", 5)
    file = tmp_path / "decisions.json"
    write_decisions(file, dict.fromkeys(("yard", "gone", "away"), "reject"))
    result = ingest("--decisions", file)
    assert result.exception is None
    assert "REJECT  yard  (by hand)" in result.output
    assert "decided, but no scene here: away, gone" in result.output
    assert [s.name for s in open_shards(tmp_path / "out")] == ["porch"]
    assert ingest("--decisions", file).exception is None  # again is safe


def test_a_file_of_decisions_that_is_not_there_is_one_line(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    result = ingest("--decisions", tmp_path / "none.json")
    assert isinstance(result.exception, SeqsynthError)
    assert "cannot be read (No such file" in str(result.exception)
