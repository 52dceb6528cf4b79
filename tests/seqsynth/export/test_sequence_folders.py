"""One folder a sequence: numbered views, and trajectory.json."""

import json
from pathlib import Path

import numpy as np

from seqsynth.shards import open_shards
from tests.seqsynth.export.peers import look


def read(folder: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Pictures by name, and what stands beside them."""
    pictures = {path.stem: look(path) for path in folder.glob("*.png")}
    return pictures, json.loads((folder / "trajectory.json").read_text())


def test_every_view_of_every_layer_is_there_pixel_for_pixel(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "folders", tiny_shards, views="all")
    for split in ("train", "val"):
        folders = sorted((tmp_path / "out" / split).iterdir())
        sequences = open_shards(tiny_shards).split(split)
        for folder, sequence in zip(folders, sequences, strict=True):
            pictures, _ = read(folder)
            assert len(pictures) == 9
            for view in range(3):
                for kind in ("blended", "transmission", "reflection"):
                    truth = getattr(sequence, kind)[view]
                    np.testing.assert_array_equal(pictures[f"{kind}-{view}"], truth)


def test_trajectory_cuts_the_views_out_of_their_layer(export_to, tiny_shards, tmp_path):
    """T of two views agrees where their windows, placed by the trajectory, overlap."""
    export_to(tmp_path / "out", "folders", tiny_shards, views="all")
    pictures, document = read(tmp_path / "out/train/000003")
    (top, left), (low, right) = (document["trajectory"]["transmission"][v] for v in (0, 2))
    first, last = pictures["transmission-0"], pictures["transmission-2"]
    down, along = low - top, right - left
    height, width = first.shape[:2]
    np.testing.assert_array_equal(first[down:, along:], last[: height - down, : width - along])


def test_centre_view_keeps_its_number(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "folders", tiny_shards, limit=1)
    pictures, document = read(tmp_path / "out/train/000000")
    assert set(pictures) == {"blended-1", "transmission-1", "reflection-1"}
    assert (document["views"], document["centre"]) == (3, 1)
    assert document["frames"]["blended"] == [1]


def test_what_is_recorded_of_a_sequence_is_kept(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "folders", tiny_shards, limit=1)
    sequence = open_shards(tiny_shards)[0]
    _, document = read(tmp_path / "out/train/000000")
    assert document["metadata"] == sequence.metadata
    assert (document["name"], document["split"]) == ("train-000000", "train")
    assert document["trajectory"]["reflection"] == sequence.trajectory.reflection.tolist()


def test_unknown_frames_and_trajectory_are_absent(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "folders", captures, views="all")
    pictures, document = read(tmp_path / "out/test/000000")
    assert set(pictures) == {"blended-0", "blended-1", "blended-2", "transmission-1"}
    assert document["trajectory"] is None
    assert document["frames"] == {"blended": [0, 1, 2], "transmission": [1]}
    assert document["name"] == "garden gate, été"


def test_a_camera_is_told_in_numbers(export_to, camera_shards, tmp_path):
    export_to(tmp_path / "out", "folders", camera_shards, limit=2, views="all")
    _, document = read(tmp_path / "out/train/000001")
    camera, sequence = document["camera"], open_shards(camera_shards)[1]
    assert document["trajectory"] is None
    assert np.array_equal(camera["pose"], sequence.camera.pose)
    assert np.array_equal(camera["intrinsics"], sequence.camera.intrinsics)
    assert np.array_equal(camera["plane"], sequence.camera.plane)
    motion = sequence.motion
    assert np.array_equal(camera["transmission_homography"], motion.transmission.homographies)
    assert np.array_equal(camera["reflection_homography"], motion.reflection.homographies)
    assert np.array_equal(camera["second_homography"], motion.transmission.second)


def test_a_slide_says_nothing_of_a_camera(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "folders", tiny_shards, limit=1)
    assert "camera" not in read(tmp_path / "out/train/000000")[1]
