"""No command starts a program that a photo asks for."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.drawing.files import POSTSCRIPT, fake_ghostscript
from tests.seqsynth.cli.conftest import Seqsynth


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a program named gs leaves, which is found before any other."""
    left = fake_ghostscript(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    return left


def test_generate_names_the_photo(seqsynth: Seqsynth, photo_folder, tmp_path, mark) -> None:
    shutil.copytree(photo_folder, tmp_path / "photos")
    for number in range(4):
        (tmp_path / "photos" / f"ps{number}.jpg").write_bytes(POSTSCRIPT)
    out = tmp_path / "out"
    command = ("generate", "--voc", tmp_path / "photos", "--out", out, "--window", "16")
    answer = seqsynth(
        *command,
        "--jobs",
        "1",
        "--reflection-step",
        "2",
        "4",
        "--sequences",
        "24",
        "--val-fraction",
        "0",
    )
    assert answer.code == 0
    assert "is no picture but PostScript, which is not read here" in answer.out
    assert not mark.exists()


def test_ingest_pairs_names_the_photo(seqsynth: Seqsynth, tmp_path, mark) -> None:
    for role in ("blended", "transmission_layer"):
        (tmp_path / "real" / role).mkdir(parents=True)
        Image.fromarray(np.full((9, 9, 3), 7, np.uint8)).save(tmp_path / "real" / role / "1.png")
        (tmp_path / "real" / role / "2.jpg").write_bytes(POSTSCRIPT)
    answer = seqsynth("ingest-pairs", "real20", tmp_path / "real", "--out", tmp_path / "out")
    assert answer.code == 1
    assert "unreadable: blended/2.jpg: is no picture but PostScript" in answer.err
    assert not mark.exists()


def test_ingest_captures_names_the_photo(seqsynth: Seqsynth, tmp_path, mark) -> None:
    (tmp_path / "scenes" / "one").mkdir(parents=True)
    for role in ("before", "centre", "after", "transmission"):
        (tmp_path / "scenes" / "one" / f"{role}.jpg").write_bytes(POSTSCRIPT)
    out = tmp_path / "out"
    answer = seqsynth("ingest-captures", tmp_path / "scenes", "--out", out, "--jobs", "1")
    assert answer.code == 1
    assert "before.jpg is no picture but PostScript" in answer.out
    assert not mark.exists()


@pytest.mark.parametrize("command", ["check-captures", "group-captures"])
def test_captures_that_are_programs_are_not_run(
    seqsynth: Seqsynth, tmp_path, mark, command: str
) -> None:
    (tmp_path / "roll" / "one").mkdir(parents=True)
    for role in ("before", "centre", "after", "transmission"):
        (tmp_path / "roll" / "one" / f"{role}.jpg").write_bytes(POSTSCRIPT)
        (tmp_path / "roll" / f"{role}.jpg").write_bytes(POSTSCRIPT)
    jobs = ("--jobs", "1") if command == "check-captures" else ()
    answer = seqsynth(command, tmp_path / "roll", "--out", tmp_path / "out", *jobs)
    assert answer.code in (0, 1)
    assert "PostScript" in answer.out + answer.err
    assert not mark.exists()


def test_view_shows_no_output_that_is_a_program(seqsynth: Seqsynth, tmp_path, mark) -> None:
    for kind in ("blended", "transmission_layer"):
        (tmp_path / "real" / kind).mkdir(parents=True)
        Image.fromarray(np.full((9, 9, 3), 7, np.uint8)).save(tmp_path / "real" / kind / "1.png")
    assert (
        seqsynth("ingest-pairs", "real20", tmp_path / "real", "--out", tmp_path / "set").code == 0
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.png").write_bytes(POSTSCRIPT)
    outputs = f"mine={tmp_path / 'mine'}"
    site = tmp_path / "site"
    answer = seqsynth("view", tmp_path / "set", "--predictions", outputs, "--export", site)
    assert answer.code == 0
    assert not mark.exists()
