"""``seqsynth demo``: a line a step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth import demo


def test_every_step_is_told(
    seqsynth: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SETTINGS", {**demo.SETTINGS, "sequences": 4})
    told = seqsynth("demo", "--out", tmp_path)
    assert told.code == 0
    assert told.out.splitlines() == [
        f"photos:  50 in {tmp_path / 'VOC2012'}",
        f"shards:  4 sequences in {tmp_path / 'shards'}",
        "verify:  no fault",
        f"report:  {tmp_path / 'shards' / 'report.html'}  <- open this in a browser",
    ]
