"""``seqsynth check-captures``: verdicts and no shards."""

import json

from seqsynth.cli import group
from seqsynth.shards import open_shards


def test_strict_exits_with_1_if_a_scene_is_rejected(make_scene, run, tmp_path):
    make_scene("porch", 3)
    (make_scene("torn", 5) / "centre.png").write_bytes(b"")
    result = run(
        "check-captures", tmp_path / "scenes", "--out", tmp_path / "out", "--strict", "--jobs", 1
    )
    assert result.return_value == 1


def test_check_takes_every_option_of_ingestion():
    options = [
        {option for parameter in group.get_command(None, name).params for option in parameter.opts}
        for name in ("ingest-captures", "check-captures")
    ]
    assert options[0] == options[1]


def test_check_writes_findings_and_page_but_no_shards(make_scene, run, tmp_path):
    make_scene("porch", 3)
    run("check-captures", tmp_path / "scenes", "--out", tmp_path / "out", "--jobs", 1)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["findings.json", "report.html"]
    (scene,) = json.loads((tmp_path / "out" / "findings.json").read_text())["scenes"]
    assert (scene["scene"], scene["verdict"]) == ("porch", "accept")
    keys = {"code", "severity", "value", "limit", "message"}
    assert all(keys <= finding.keys() for finding in scene["findings"])
    assert [motion["view"] for motion in scene["measured"]["motions"]] == [-1, 0, 1]


def test_shards_may_follow_a_check_in_the_same_folder(make_scene, run, ingest, tmp_path):
    make_scene("porch", 3)
    run("check-captures", tmp_path / "scenes", "--out", tmp_path / "out", "--jobs", 1)
    assert ingest().exception is None
    assert len(open_shards(tmp_path / "out")) == 1
