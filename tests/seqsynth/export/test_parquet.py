"""A Hugging Face folder, opened by datasets.load_dataset without a network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seqsynth.shards import open_shards
from tests.seqsynth.export.conftest import Export

READ = """
import json, sys
import numpy as np
from datasets import load_dataset
found = load_dataset(sys.argv[1])
pictures = {}
rows = {}
for split, data in found.items():
    rows[split] = []
    for place, row in enumerate(data):
        facts = {}
        for name, value in row.items():
            listed = value if isinstance(value, list) else [value]
            for view, picture in enumerate(listed):
                if hasattr(picture, "convert"):
                    assert picture.mode == "RGB"
                    pictures[f"{split} {place} {name} {view}"] = np.asarray(picture)
            if not any(hasattr(one, "convert") for one in listed):
                facts[name] = value
        rows[split].append(facts)
np.savez(sys.argv[2], **pictures)
print(json.dumps({"rows": rows, "features": {k: str(v) for k, v in data.features.items()}}))
"""


def load(folder: Path, work: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Pictures by "SPLIT ROW COLUMN VIEW", and all else, in a process of its own, offline."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(work / "cache")}
    command = [sys.executable, "-c", READ, str(folder), str(work / "pictures.npz")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    with np.load(work / "pictures.npz") as stored:
        return dict(stored), json.loads(run.stdout)


@pytest.fixture(scope="module")
def centre(
    export_to: Export, tiny_shards: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, np.ndarray], dict]:
    work = tmp_path_factory.mktemp("hf")
    export_to(work / "out", "hf", tiny_shards, shard_size=16_000)
    return load(work / "out", work)


def test_pictures_of_every_split_come_back(centre, tiny_shards):
    pictures, _ = centre
    for split, name in (("train", "train"), ("val", "validation")):
        for place, sequence in enumerate(open_shards(tiny_shards).split(split)):
            for kind in ("blended", "transmission", "reflection"):
                found = pictures.pop(f"{name} {place} {kind} 0")
                np.testing.assert_array_equal(found, getattr(sequence, kind)[1])
    assert pictures == {}


def test_rows_state_name_trajectory_and_metadata(centre, tiny_shards):
    _, told = centre
    sequence = open_shards(tiny_shards).split("val")[2]
    row = told["rows"]["validation"][2]
    assert (row["name"], row["kind"], row["views"], row["centre"]) == (
        "val-000002",
        "synthetic",
        3,
        1,
    )
    assert row["reflection_origin"] == sequence.trajectory.reflection.tolist()
    assert json.loads(row["metadata"]) == sequence.metadata


def test_pictures_are_image_features(centre):
    _, told = centre
    for kind in ("blended", "transmission", "reflection"):
        assert told["features"][kind].startswith("Image(")


def test_all_views_of_captures_with_none_for_what_is_unknown(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "hf", captures, views="all")
    pictures, told = load(tmp_path / "out", tmp_path)
    sequence = open_shards(captures).split("test")[0]
    for view in range(3):
        np.testing.assert_array_equal(pictures[f"test 0 blended {view}"], sequence.blended[view])
    np.testing.assert_array_equal(pictures["test 0 transmission 1"], sequence.transmission[0])
    assert "test 0 transmission 0" not in pictures
    row = told["rows"]["test"][0]
    assert row["reflection"] == [None, None, None]
    assert row["transmission_origin"] is None
    assert row["name"] == "garden gate, été"


def test_unknown_centre_pictures_are_null(export_to, pairs, tmp_path):
    export_to(tmp_path / "out", "hf", pairs)
    pictures, told = load(tmp_path / "out", tmp_path)
    places = {s.name: n for n, s in enumerate(open_shards(pairs))}
    row = told["rows"]["test"][places["2"]]
    assert row["transmission"] is None
    assert row["reflection"] is None
    assert f"test {places['0']} transmission 0" in pictures


def test_a_camera_stands_among_the_metadata(export_to, camera_shards, tmp_path):
    export_to(tmp_path / "out", "hf", camera_shards)
    (file,) = (tmp_path / "out").rglob("train*.parquet")
    rows = pytest.importorskip("pyarrow.parquet").read_table(file).to_pylist()
    sequences = open_shards(camera_shards).split("train")
    for row, sequence in zip(rows, sequences, strict=True):
        assert row["transmission_origin"] is None
        camera = json.loads(row["metadata"])["camera"]
        assert np.array_equal(camera["pose"], sequence.camera.pose)
