"""The server: what it answers, and whom."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from seqsynth.errors import SourceError
from seqsynth.shards import open_shards, read_index
from seqsynth.shards.index import render
from seqsynth.view.collection import Collection, open_collection
from seqsynth.view.guard import MARK
from seqsynth.view.server import make_app
from tests.seqsynth.view.conftest import HOSTILE, Things

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
def client(collection: Collection) -> Iterator[TestClient]:
    """A browser of this machine."""
    return TestClient(make_app(collection), base_url=LOCAL)


def test_the_head_names_everything(client: TestClient) -> None:
    head = client.get("/api/head").json()
    assert [one["kind"] for one in head["sets"]] == ["synthetic", "pair"]
    assert (head["captures"], head["results"], head["restore"]) == (True, True, False)
    assert head["runs"][0]["name"] == "run student"


def test_a_frame_is_the_stored_one(client: TestClient, things: Things) -> None:
    answer = client.get("/frame/any/0/7/reflection/2")
    with open_shards(things.synthetic) as shards:
        wanted = shards[7].reflection
    assert wanted is not None
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), wanted[2])


def test_a_page_of_rows_is_that_part_of_the_selection(client: TestClient) -> None:
    rows = client.get("/api/sets/0/rows", params={"first": 3, "count": 4, "split": "train"}).json()
    assert [row["name"] for row in rows] == [f"train-{number:06d}" for number in range(3, 7)]


def test_a_sequence_tells_motion_as_its_layers_are_seen_to_move(
    client: TestClient, things: Things
) -> None:
    document = client.get("/api/sets/0/sequences/0").json()
    with open_shards(things.synthetic) as shards:
        trajectory = shards[0].trajectory
    assert trajectory is not None
    first, centre = trajectory.reflection[:2].astype(int)
    down, right = (centre - first).tolist()
    assert [one[2:] for one in document["arrows"]["reflection"][0]] == [
        [right, down] for _ in document["arrows"]["reflection"][0]
    ]
    assert document["arrows"]["reflection"][1] == []


@pytest.mark.parametrize(
    "path",
    [
        "/frame/any/0/0/../../../etc/passwd/0",
        "/frame/any/0/24/blended/0",
        "/frame/any/0/0/blended/3",
        "/frame/any/0/0/__dict__/0",
        "/strip/any/9/0",
        "/strip/any/-1/0",
        "/photo/any/0/99",
        "/panel/any/0/2",
        "/output/any/0/9",
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/api/runs/0/../../secret",
        "/api/sets/0/rows?first=-1",
    ],
)
def test_what_does_not_exist_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


def test_a_bad_condition_is_one_sentence(client: TestClient) -> None:
    answer = client.get("/api/sets/0/selection", params={"where": "sigma"})
    assert answer.status_code == 400
    assert "is not KEY OPERATOR VALUE" in answer.json()["fault"]


def test_a_decision_is_written_and_taken_back(client: TestClient, tmp_path: Path) -> None:
    scenes = client.get("/api/captures").json()["scenes"]
    assert [scene["scene"] for scene in scenes] == ["attic", HOSTILE, "garden"]
    for verdict, wanted in (("accept", {"attic": "accept"}), ("", {})):
        answer = client.post("/api/captures/0", content=verdict, headers={MARK: "1"})
        assert answer.json()["decision"] == verdict
        assert json.loads((tmp_path / "decisions.json").read_text())["scenes"] == wanted


def test_no_other_decision_is_taken(client: TestClient) -> None:
    answer = client.post("/api/captures/0", content="burn", headers={MARK: "1"})
    assert answer.status_code == 400


def test_photos_of_scenes_are_shown_where_they_are_at_hand(client: TestClient) -> None:
    scenes = client.get("/api/captures").json()["scenes"]
    assert [scene["shown"] for scene in scenes] == [[True] * 3, [False] * 3, [False] * 3]
    assert client.get("/photo/any/0/1").headers["content-type"] == "image/webp"
    assert client.get("/photo/any/1/1").status_code == 404


def test_curves_leave_out_what_is_no_number(client: TestClient) -> None:
    curves = client.get("/api/runs/0/validation.csv").json()
    assert curves["psnr"][0] == [0, 10]
    assert len(curves["psnr_identity"]) == 10


def test_a_photo_longer_than_any_is_refused(collection: Collection) -> None:
    client = TestClient(make_app(collection), base_url=LOCAL)
    assert client.post("/api/restore", content=b"x", headers={MARK: "1"}).status_code == 404
    answer = client.post("/api/captures/0", content=b"x" * 65, headers={MARK: "1"})
    assert answer.status_code == 413


# --- sets that are not as they should be ----------------------------------------------------------


def client_of(folder: Path, **options: Any) -> TestClient:
    return TestClient(make_app(open_collection([folder], **options)), base_url=LOCAL)


def settle(client: TestClient, **asked: str) -> dict[str, Any]:
    """Return a selection once it is done."""
    while not (state := client.get("/api/sets/0/selection", params=asked).json())["done"]:
        time.sleep(0.01)
    return dict(state)


def test_a_torn_shard_spoils_no_other(shards_copy: Path) -> None:
    client = client_of(shards_copy)
    (shards_copy / "train-00001.h5").write_bytes(b"torn")
    rows = client.get("/api/sets/0/rows?count=100").json()
    torn = [row["number"] for row in rows if "fault" in row]
    assert 0 < len(torn) < len(rows) == 24
    assert "torn or no HDF5 file" in rows[torn[0]]["fault"]
    assert client.get(f"/strip/any/0/{torn[0]}").status_code == 400
    assert client.get("/strip/any/0/0").status_code == 200
    state = settle(client, where="sigma>=0")
    assert state["count"] == 24 - len(torn)
    assert "its sequences are left out" in state["fault"]


def test_a_shard_deleted_while_it_is_shown_is_one_sentence(shards_copy: Path) -> None:
    client = client_of(shards_copy)
    for path in shards_copy.glob("*.h5"):
        path.unlink()
    answer = client.get("/api/sets/0/sequences/3")
    assert answer.status_code == 400
    assert "the file is missing" in answer.json()["fault"]


def test_a_set_of_nothing_is_shown(shards_copy: Path) -> None:
    index = read_index(shards_copy)
    (shards_copy / "index.json").write_bytes(render(index.with_shards([], complete=False)))
    client = client_of(shards_copy)
    assert settle(client, where="sigma>=0")["count"] == 0
    assert client.get("/api/sets/0/rows?count=10").json() == []
    assert client.get("/api/sets/0/histograms").json() == []


def test_a_folder_of_scenes_that_is_not_there_is_said(shards_copy: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        client_of(shards_copy, scenes=shards_copy / "none")
