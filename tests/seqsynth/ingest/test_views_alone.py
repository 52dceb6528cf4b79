"""Captures without a transmission photo, and a validation split of those with one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqsynth.errors import SourceError
from seqsynth.ingest.splitting import SceneStratum, split_scenes
from seqsynth.shards import Fault, open_shards, verify_shards


@pytest.fixture
def blind(make_scene: Callable[..., Path]) -> Callable[[str, int], Path]:
    """Write a drawn scene without a transmission photo: (name, seed) -> folder."""

    def make(name: str, seed: int) -> Path:
        folder = make_scene(name, seed)
        (folder / "transmission.png").unlink()
        return folder

    return make


def test_views_alone_go_in_unchanged_beside_whole_scenes(
    make_scene, blind, ingest, tmp_path, drawn
):
    make_scene("porch", 3)
    blind("attic", 4)
    result = ingest("--without-transmission", "--keep-size", "--division", 1, 0)
    assert result.exception is None
    sequences = {sequence.name: sequence for sequence in open_shards(tmp_path / "out")}
    assert sequences["porch"].transmission is not None
    attic = sequences["attic"]
    assert attic.transmission is None
    assert attic.reflection is None
    assert attic.trajectory is None
    assert attic.split == "train"
    assert all(np.array_equal(attic.blended[view], drawn(4)[view]) for view in range(3))
    assert not any(isinstance(found, Fault) for found in verify_shards(tmp_path / "out"))


def test_without_the_option_a_scene_without_a_transmission_is_rejected(
    make_scene, blind, ingest, tmp_path
):
    make_scene("porch", 3)
    blind("attic", 4)
    assert ingest().exception is None
    assert [sequence.name for sequence in open_shards(tmp_path / "out")] == ["porch"]


def test_nothing_is_said_of_views_alone_that_was_not_measured(blind, ingest, tmp_path):
    blind("attic", 4)
    assert ingest("--without-transmission").exception is None
    (scene,) = json.loads((tmp_path / "out" / "findings.json").read_text())["scenes"]
    assert scene["verdict"] == "accept"
    assert "measured" not in scene
    assert "no_transmission" in {finding["code"] for finding in scene["findings"]}


def test_a_missing_view_is_still_a_missing_view(blind, ingest):
    (blind("attic", 4) / "after.png").unlink()
    assert isinstance(ingest("--without-transmission").exception, SourceError)


def test_a_view_that_is_another_scene_s_is_left_out(make_scene, blind, ingest, tmp_path):
    whole = make_scene("porch", 3)
    copy = blind("attic", 4)
    shutil.copy(whole / "before.png", copy / "before.png")
    ingest("--without-transmission")
    assert [sequence.name for sequence in open_shards(tmp_path / "out")] == ["porch"]


def test_one_file_in_two_roles_is_rejected(make_scene, blind, ingest, tmp_path):
    make_scene("porch", 3)
    folder = blind("attic", 4)
    shutil.copy(folder / "before.png", folder / "after.png")
    ingest("--without-transmission")
    assert [sequence.name for sequence in open_shards(tmp_path / "out")] == ["porch"]


def test_a_share_of_the_training_scenes_is_held_out_and_stays_so(make_scene, ingest, tmp_path):
    for seed in range(6):
        make_scene(f"scene{seed}", seed)
    plain = ("--division", 2, 1, "--seed", 5)
    assert ingest(*plain, out="two").exception is None
    assert ingest(*plain, "--val-fraction", 0.5, out="three").exception is None
    splits = {
        out: {sequence.name: sequence.split for sequence in open_shards(tmp_path / out)}
        for out in ("two", "three")
    }
    # Those for testing are the same as without.
    tested = {name for name, split in splits["two"].items() if split == "test"}
    assert {name for name, split in splits["three"].items() if split == "test"} == tested
    names = [SceneStratum(name, ("", "")) for name in sorted(splits["two"]) if name not in tested]
    held_out = split_scenes(names, test_fraction=1 / 2, seed=5)
    wanted = {name for name, side in held_out.items() if side == "test"}
    found = {name for name, split in splits["three"].items() if split == "val"}
    assert len(found) == len(wanted) == 2
    # Another scene moves none of them.
    make_scene("later", 9)
    again = ingest(*plain, "--val-fraction", 0.5, "--overwrite", out="three")
    assert again.exception is None
    after = {sequence.name: sequence.split for sequence in open_shards(tmp_path / "three")}
    assert {name: after[name] for name in splits["three"]} == splits["three"]
