"""``seqsynth ingest-pairs`` says where it was stopped and where it goes on, as its siblings do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqsynth.shards import ShardEntry, WriteSession, open_shards
from tests.seqsynth.cli.conftest import Outcome, Seqsynth


@pytest.fixture
def ingest(seqsynth: Seqsynth, tmp_path: Path) -> Callable[[], Outcome]:
    """Ingest three pairs of three sizes, each a shard of its own."""
    rng = np.random.default_rng(0)
    for stem, height in ((3, 12), (4, 14), (5, 16)):
        for folder in ("blended", "transmission_layer"):
            path = tmp_path / "real" / folder / f"{stem}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (height, 16, 3), dtype=np.uint8)).save(path)
    return lambda: seqsynth("ingest-pairs", "real20", tmp_path / "real", "--out", tmp_path / "out")


@pytest.fixture
def stopped(ingest: Callable[[], Outcome], monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """What Ctrl-C prints once the first shard is there."""
    record = WriteSession.record

    def interrupted(session: WriteSession, entry: ShardEntry) -> None:
        record(session, entry)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WriteSession, "record", interrupted)
        return ingest()


def test_stopped_command_says_what_is_finished_and_how_to_go_on(stopped, tmp_path: Path):
    assert stopped.code == 130
    assert stopped.error_lines == [
        f"stopped with 1 of 3 pairs finished in {tmp_path / 'out'}; run the same command again to "
        "go on"
    ]


def test_same_command_goes_on_and_says_so(stopped, ingest, tmp_path: Path):
    answer = ingest()
    assert answer.code == 0
    assert "write: going on after 1 of 3 pairs" in answer.err.splitlines()
    assert len(open_shards(tmp_path / "out")) == 3


def test_first_run_and_finished_one_go_on_from_nowhere(ingest):
    assert not any("going on" in ingest().err for _ in range(2))
