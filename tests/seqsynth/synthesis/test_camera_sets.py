"""Sets by a camera: the same bytes however they are made, and slides as they ever were."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqsynth.shards import open_shards
from seqsynth.synthesis import RunConfig, SequenceStream, SynthesisConfig, generate
from seqsynth.synthesis.integers import arithmetic
from tests.conftest import TINY_SETTINGS

SETTINGS = {**TINY_SETTINGS, "motion": "camera", "image_set": ""}
BLENDS = ("ceilnet", "zhang", "ibcln", "dsrnet", "ghosting", "linear")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A set by one worker."""
    out = tmp_path_factory.mktemp("camera") / "one"
    generate(photo_folder, out, SynthesisConfig(**SETTINGS), RunConfig(jobs=1))
    return bytes_of(out)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_and_engines_change_no_byte(
    made: dict[str, bytes], photo_folder: Path, tmp_path: Path, backend: str
) -> None:
    run = RunConfig(jobs=2, backend=backend)
    generate(photo_folder, tmp_path / "two", SynthesisConfig(**SETTINGS), run)
    assert len(made) > 3
    assert bytes_of(tmp_path / "two") == made


def test_compiled_code_changes_no_byte(
    made: dict[str, bytes],
    photo_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(arithmetic, "RESAMPLING_WORTHWHILE", 1)
    monkeypatch.setattr(arithmetic, "WORTHWHILE", 1)
    run = RunConfig(jobs=1, backend="threading")
    generate(photo_folder, tmp_path / "compiled", SynthesisConfig(**SETTINGS), run)
    assert bytes_of(tmp_path / "compiled") == made


def test_a_stream_gives_the_shards_sequences(photo_folder: Path, tmp_path: Path) -> None:
    config = SynthesisConfig(**SETTINGS, camera={"second_plane": (1.5, 3.0)})
    generate(photo_folder, tmp_path / "set", config, RunConfig(jobs=1))
    stored = open_shards(tmp_path / "set").split("train")
    stream = SequenceStream(photo_folder, config)
    for number in (0, 7):
        fresh, kept = stream[number], stored[number]
        assert np.array_equal(fresh.blended, kept.blended)
        assert np.array_equal(fresh.camera.pose, kept.camera.pose)
        for layer in ("transmission", "reflection"):
            flows = [getattr(one.motion, layer).flow() for one in (fresh, kept)]
            assert np.array_equal(*flows)
        assert fresh.trajectory is None
        assert fresh.metadata == kept.metadata


@pytest.mark.parametrize("blend", BLENDS)
def test_every_blend_moves_its_r_by_the_stored_motion(photo_folder: Path, blend: str) -> None:
    """R of a view is found in the centre view where the flow says, whatever the blend made of it.

    But for a vignette, which stays with the view.
    """
    config = SynthesisConfig(
        **{**SETTINGS, "window": (24, 32)},
        blend=blend,
        camera={"translation": (0.02, 0.03), "reflection_motion": (0.05, 0.07)},
    )
    stream = SequenceStream(photo_folder, config)
    better = []
    for number in range(12):
        sequence = stream[number]
        flow = sequence.motion.reflection.flow()
        rows, columns = np.indices((24, 32))
        for view in (0, 2):
            x, y = np.rint(columns + flow[view, ..., 0]), np.rint(rows + flow[view, ..., 1])
            inside = (x >= 0) & (x < 32) & (y >= 0) & (y < 24)
            there = sequence.reflection[view][
                np.clip(y, 0, 23).astype(int), np.clip(x, 0, 31).astype(int)
            ].astype(int)
            centre = sequence.reflection[1].astype(int)
            moved = np.abs(there - centre)[inside].mean()
            still = np.abs(sequence.reflection[view].astype(int) - centre)[inside].mean()
            if still > 1:
                better.append(moved < still)
    assert len(better) >= 5
    assert np.mean(better) > 0.8


def test_slides_state_nothing_of_cameras(make_shards: Callable[..., Path], tmp_path: Path) -> None:
    plain = make_shards(tmp_path / "plain")
    told = make_shards(tmp_path / "told", motion="slide", camera={"slant": (0.0, 1.0)})
    assert bytes_of(plain) == bytes_of(told)
    assert b"camera" not in (plain / "index.json").read_bytes()
