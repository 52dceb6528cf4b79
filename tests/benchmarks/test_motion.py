"""The table of motions: every figure of the published ones beside those of sequences made here."""

from pathlib import Path

import pytest

from benchmarks import motion
from benchmarks.photos import write_photos


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    write_photos(folder, 8)
    return folder


def test_table_has_the_published_figures_and_ours(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motion, "WINDOW", (120, 160))
    report = motion.measure(photos, [], "handheld", 2)
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in report.splitlines()}
    for label, real in motion.REAL.values():
        assert f"{real[1]:.2g}" in lines[label]
    assert "of 4 steps of 2 sequences were told" in report
    assert "compiled" in report


def test_slides_neither_turn_nor_grow(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "WINDOW", (120, 160))
    report = motion.measure(photos, [], motion.SLIDE, 2)
    (line,) = (line for line in report.splitlines() if line.startswith("| turn"))
    found = [float(part) for part in line.split("|")[3].split("/")]
    assert max(found) < 0.1
