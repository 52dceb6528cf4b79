"""Captured scenes into shards: what is stored, and that nothing moves."""

import hashlib
import json
import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image

from seqsynth.errors import SeqsynthError
from seqsynth.shards import Fault, open_shards, verify_shards


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


def test_scene_whose_name_is_not_utf8_is_rejected_and_the_others_stored(
    make_scene, ingest, tmp_path
):
    make_scene("porch", 3)
    odd = make_scene("attic", 4)
    odd.rename(odd.with_name(os.fsdecode(b"\xe9t\xe9")))
    answer = ingest()
    assert answer.exception is None
    assert "the folder's name is not UTF-8: rename it" in answer.output
    assert [one.name for one in open_shards(tmp_path / "out")] == ["porch"]
    assert [found for found in verify_shards(tmp_path / "out") if isinstance(found, Fault)] == []


def test_file_without_a_role_may_have_any_name(make_scene, ingest, tmp_path):
    folder = make_scene("porch", 3)
    shutil.copy(folder / "before.png", folder / os.fsdecode(b"\xe9t\xe9.png"))
    assert ingest().exception is None
    assert [found for found in verify_shards(tmp_path / "out") if isinstance(found, Fault)] == []


def test_decision_is_found_however_the_accents_of_its_scene_are_stored(
    make_scene, ingest, tmp_path
):
    make_scene(unicodedata.normalize("NFD", "été"), 3)
    make_scene("porch", 4)
    decided = {"format": "seqsynth-decisions", "version": 1, "scenes": {"été": "reject"}}
    (tmp_path / "decisions.json").write_text(json.dumps(decided))
    answer = ingest("--decisions", str(tmp_path / "decisions.json"))
    assert "no scene here" not in answer.output
    assert [one.name for one in open_shards(tmp_path / "out")] == ["porch"]


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
