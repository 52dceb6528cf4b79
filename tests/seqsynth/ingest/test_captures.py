"""Captured scenes into shards: what is stored, what is refused, and that nothing moves."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from seqsynth.cli import group
from seqsynth.errors import SeqsynthError
from seqsynth.shards import Fault, open_shards, verify_shards


@pytest.fixture
def run():
    """Run the command line; errors on purpose come out as exceptions."""

    def runner(*arguments, **options):
        call = [str(argument) for argument in arguments]
        return CliRunner().invoke(group, call, standalone_mode=False, **options)

    return runner


@pytest.fixture
def ingest(run, tmp_path):
    """Ingest scenes/ into out/ with one worker."""

    def call(*options, out="out"):
        return run(
            "ingest-captures", tmp_path / "scenes", "--out", tmp_path / out, "--jobs", 1, *options
        )

    return call


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_views_are_cut_out_of_the_photos_unchanged(make_scene, ingest, tmp_path, drawn):
    make_scene("porch", 3)
    assert ingest("--keep-size").exception is None
    sequence = open_shards(tmp_path / "out")[0]
    _, height, width, _ = sequence.blended.shape
    photo = drawn(3)[0]
    places = [
        (row, column)
        for row in range(photo.shape[0] - height + 1)
        for column in range(photo.shape[1] - width + 1)
        if np.array_equal(photo[row : row + height, column : column + width], sequence.blended[0])
    ]
    assert len(places) == 1


def test_transmission_is_of_the_centre_and_reflection_absent(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    ingest()
    sequence = open_shards(tmp_path / "out")[0]
    assert sequence.transmission.shape == (1, *sequence.blended.shape[1:])
    assert sequence.reflection is None
    assert sequence.name == "porch"
    assert sequence.metadata["verdict"] == "accept"


def test_stored_transmission_lies_nearer_to_the_centre_view(make_scene, ingest, tmp_path, drawn):
    folder = make_scene("porch", 3)
    shifted = np.roll(drawn(3)[3], 4, axis=1)
    Image.fromarray(shifted).save(folder / "transmission.png")
    ingest("--keep-size")
    sequence = open_shards(tmp_path / "out")[0]
    stored = sequence.transmission[0].astype(float)
    centre = sequence.blended[1].astype(float)
    displaced = np.roll(stored, 4, axis=1)
    assert np.abs(centre - stored).mean() < np.abs(centre - displaced).mean()


def test_what_was_ingested_has_no_fault(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    make_scene("kitchen", 5)
    ingest()
    assert not [r for r in verify_shards(tmp_path / "out") if isinstance(r, Fault)]


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


def test_page_of_the_content_leaves_the_page_of_the_findings_alone(
    make_scene, run, ingest, tmp_path
):
    make_scene("porch", 3)
    ingest()
    judged = (tmp_path / "out" / "report.html").read_bytes()
    assert run("report", tmp_path / "out").exception is None
    assert (tmp_path / "out" / "report.html").read_bytes() == judged
    assert (tmp_path / "out" / "shards.html").exists()


def test_workers_and_repetition_change_no_byte(make_scene, run, ingest, tmp_path):
    make_scene("porch", 3)
    make_scene("kitchen", 5)
    ingest()
    first = hashes(tmp_path / "out")
    ingest()
    assert hashes(tmp_path / "out") == first
    run("ingest-captures", tmp_path / "scenes", "--out", tmp_path / "two", "--jobs", 2)
    assert hashes(tmp_path / "two") == first


def test_lost_shard_is_made_again(make_scene, ingest, tmp_path):
    make_scene("porch", 3)
    ingest()
    first = hashes(tmp_path / "out")
    next((tmp_path / "out").glob("*.h5")).unlink()
    ingest()
    assert hashes(tmp_path / "out") == first


def test_added_scenes_leave_the_old_ones_where_they_were(make_scene, ingest, tmp_path):
    for seed in (3, 5, 7):
        make_scene(f"scene_{seed}", seed)
    ingest("--division", 1, 1)
    before = {s.name: s.split for s in open_shards(tmp_path / "out")}
    make_scene("a_new_one", 9)
    refused = ingest("--division", 1, 1)
    assert isinstance(refused.exception, SeqsynthError)
    ingest("--division", 1, 1, "--overwrite")
    after = {s.name: s.split for s in open_shards(tmp_path / "out")}
    assert {name: after[name] for name in before} == before
    assert len(after) == 4


def test_same_scene_twice_is_used_once(make_scene, ingest, tmp_path):
    shutil.copytree(make_scene("porch", 3), tmp_path / "scenes" / "porch_again")
    result = ingest()
    assert [s.name for s in open_shards(tmp_path / "out")] == ["porch"]
    assert "duplicate" in result.output


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
