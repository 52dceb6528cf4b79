"""``seqsynth group-captures``: what it makes of a camera roll, and says of it."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Seqsynth = Callable[..., Any]
NOON = datetime.datetime(2026, 5, 1, 12)


@pytest.fixture
def roll(tmp_path: Path) -> Path:
    """A scene of four photos ten seconds apart, and one photo an hour later."""
    folder = tmp_path / "roll"
    folder.mkdir()
    for number, seconds in enumerate((0, 10, 20, 30, 3600)):
        exif = Image.Exif()
        taken = NOON + datetime.timedelta(seconds=seconds)
        exif.get_ifd(0x8769)[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
        picture = Image.new("RGB", (32, 24), (40 * number, 90, 60))
        picture.save(folder / f"IMG_{number}.jpg", exif=exif)
    return folder


def test_scene_is_a_folder_and_the_rest_is_listed(
    seqsynth: Seqsynth, roll: Path, tmp_path: Path
) -> None:
    told = seqsynth("group-captures", roll, "--out", tmp_path / "scenes")
    assert told.code == 0
    (scene,) = (tmp_path / "scenes").iterdir()
    assert sorted(path.stem for path in scene.glob("*.jpg")) == [
        "after",
        "before",
        "centre",
        "transmission",
    ]
    lines = told.out.splitlines()
    assert any(line.startswith("left over: IMG_4.jpg: ") for line in lines)
    assert lines[-1] == f"1 scenes stand in {tmp_path / 'scenes'}, 1 photos left over"
    assert len(list(roll.iterdir())) == 5


def test_dry_run_makes_nothing(seqsynth: Seqsynth, roll: Path, tmp_path: Path) -> None:
    told = seqsynth("group-captures", roll, "--out", tmp_path / "scenes", "--dry-run")
    assert told.code == 0
    assert "1 scenes would be made" in told.out
    assert not (tmp_path / "scenes").exists()


def test_scene_that_stands_otherwise_is_refused(
    seqsynth: Seqsynth, roll: Path, tmp_path: Path
) -> None:
    seqsynth("group-captures", roll, "--out", tmp_path / "scenes")
    (scene,) = (tmp_path / "scenes").iterdir()
    (scene / "centre.jpg").write_bytes(b"another photo")
    told = seqsynth("group-captures", roll, "--out", tmp_path / "scenes")
    assert told.code == 1
    assert f"not made: {scene.name}: " in told.err
    assert (scene / "centre.jpg").read_bytes() == b"another photo"


def test_unknown_order_is_one_line(seqsynth: Seqsynth, roll: Path, tmp_path: Path) -> None:
    told = seqsynth("group-captures", roll, "--out", tmp_path / "scenes", "--order", "before")
    assert told.code == 1
    assert len(told.error_lines) == 1
