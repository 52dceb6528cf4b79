"""Who is answered: this machine, or whoever holds the token, and always under the policy."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seqsynth.view.collection import Collection
from seqsynth.view.server import make_app

LOCAL = "http://127.0.0.1:8000"


@pytest.fixture
def client(collection: Collection) -> TestClient:
    """A browser of this machine."""
    return TestClient(make_app(collection), base_url=LOCAL)


def test_a_page_of_another_site_is_not_answered(collection: Collection) -> None:
    stranger = TestClient(make_app(collection), base_url="http://evil.example:8000")
    assert stranger.get("/api/head").status_code == 403


def test_nothing_changes_unless_the_page_itself_asks(client: TestClient, tmp_path: Path) -> None:
    assert client.post("/api/captures/0", content="accept").status_code == 403
    assert not (tmp_path / "decisions.json").exists()


def test_without_the_token_nothing_is_answered(collection: Collection) -> None:
    browser = TestClient(make_app(collection, token="secret"), base_url="http://10.0.0.5:8000")
    assert browser.get("/api/head").status_code == 403
    assert browser.get("/?token=guess").status_code == 403
    assert browser.get("/?token=secret").status_code == 200
    assert browser.get("/api/head").status_code == 200


def test_every_answer_carries_the_policy(client: TestClient) -> None:
    for path in ("/", "/api/head", "/nothing", "/static/view.js"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
