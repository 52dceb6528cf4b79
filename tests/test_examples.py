"""Every example runs as its first line says, and prints what is so."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from seqsynth.shards import open_shards

EXAMPLES = Path(__file__).parents[1] / "examples"

MakeShards = Callable[..., Path]


def run(name: str, *arguments: Path, cwd: Path) -> str:
    """Run an example as a user does; return what it prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_example_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 45


def test_bare_h5py_prints_the_means_of_every_shards_first_view(
    tiny_shards: Path, tmp_path: Path
) -> None:
    lines = run("read_with_h5py.py", tiny_shards, cwd=tmp_path).splitlines()
    sequences = open_shards(tiny_shards)
    for line, first in zip(lines, (0, 6, 12, 19), strict=True):
        sequence = sequences[first]
        assert sequence.transmission is not None
        assert sequence.reflection is not None
        wanted = [
            frames[1].mean()
            for frames in (sequence.blended, sequence.transmission, sequence.reflection)
        ]
        found = re.search(r"I ([\d.]+), T ([\d.]+), R ([\d.]+)", line)
        assert found is not None
        assert [float(text) for text in found.groups()] == pytest.approx(wanted, abs=0.006)


@pytest.mark.parametrize("layout", ["layers", "views"])
@pytest.mark.parametrize("blend", ["ceilnet", "ghosting", "linear", "zhang"])
def test_bare_h5py_reads_the_views_that_open_shards_reads(
    make_shards: MakeShards, tmp_path: Path, layout: str, blend: str
) -> None:
    settings = {"blend": blend, "layout": layout, "sequences": 4, "val_fraction": 0}
    folder = make_shards(tmp_path / "set", shard_size=10**6, **settings)
    read_view = runpy.run_path(str(EXAMPLES / "read_with_h5py.py"))["read_view"]
    for i, sequence in enumerate(open_shards(folder)):
        with h5py.File(folder / "train-00000.h5") as file:
            for v in range(3):
                blended, transmission, reflection = read_view(file, i, v)
                np.testing.assert_array_equal(blended, sequence.blended[v])
                assert sequence.transmission is not None
                np.testing.assert_array_equal(transmission, sequence.transmission[v])
                assert sequence.reflection is not None
                np.testing.assert_array_equal(reflection, sequence.reflection[v])


def test_training_with_bare_h5py_sees_the_centre_views_and_their_truths(
    tiny_shards: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train_with_h5py.py", str(tiny_shards)])
    left = runpy.run_path(str(EXAMPLES / "train_with_h5py.py"))
    last = open_shards(tiny_shards).split("train")[-1]
    for name, picture in (
        ("blended", last.centre_blended),
        ("wanted", last.centre_transmission),
    ):
        assert picture is not None
        seen = left[name].permute(1, 2, 0).numpy() * 255
        np.testing.assert_allclose(seen, picture, atol=1e-4)
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_reading_shards_prints_what_is_in_them(tiny_shards: Path, tmp_path: Path) -> None:
    printed = run("read_shards.py", tiny_shards, cwd=tmp_path)
    assert "ShardSet(24 sequences: 19 train, 5 val)" in printed
    assert "train-000000 (train): I (3, 16, 24, 3)" in printed
    trajectory = open_shards(tiny_shards).trajectory(0)
    assert trajectory is not None
    down, right = trajectory.reflection[2].tolist()
    assert f"the reflection moved {down} px down and {right} px right" in printed
    assert "'transmission': (4, 3, 12, 12, 3)" in printed


def test_one_synthesised_sequence_is_a_strip_of_sums(tmp_path: Path) -> None:
    printed = run("synthesise_one.py", tmp_path / "strip.png", cwd=tmp_path)
    assert "5 views in columns" in printed
    with Image.open(tmp_path / "strip.png") as picture:
        strip = np.asarray(picture).astype(int)
    blended, transmission, reflection = np.split(strip, 3)
    assert strip.shape == (3 * 224, 5 * 224, 3)
    assert reflection.any()
    np.testing.assert_array_equal(blended, np.minimum(transmission + reflection, 255))


def test_generating_a_dataset_lists_its_shards(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    rng = np.random.default_rng(5)
    for number in range(8):
        pixels = rng.integers(0, 256, (180, 200, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f"{number}.jpg")
    printed = run("generate_dataset.py", photos, tmp_path / "out", cwd=tmp_path)
    assert "train-00000.h5: 4 sequences" in printed
    assert open_shards(tmp_path / "out")[0].blended.shape == (3, 128, 128, 3)
