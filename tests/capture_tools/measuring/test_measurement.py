"""The numbers of a scene: known motions, gains and hashes are found, and no picture is kept."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from capture_tools.checks.validation import JudgedScene
from capture_tools.measuring.hashing import picture_hashes
from capture_tools.photos.working_view import reduce_view
from tests.capture_tools.kinds import Draw, Judge, SavePhoto, WriteScene
from tests.capture_tools.scene_files import NAMES, SOUND, TAGS, codes, judge
from tests.drawing.captures import to_linear, to_srgb


def test_measurement_holds_no_pictures(write_scene: WriteScene, tmp_path: Path) -> None:
    measurement = judge(write_scene(tmp_path)).measurement

    arrays = [value for value in vars(measurement).values() if isinstance(value, np.ndarray)]
    assert max(array.nbytes for array in arrays) < 1000


def test_measurement_knows_its_files(write_scene: WriteScene, tmp_path: Path) -> None:
    measurement = judge(write_scene(tmp_path)).measurement

    assert measurement.names == tuple(f"{name}.jpg" for name in NAMES)
    assert measurement.sha256 == tuple(
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in measurement.names
    )


def test_hashes_are_of_the_transmission_photo(
    draw: Draw, write_scene: WriteScene, tmp_path: Path
) -> None:
    measurement = judge(write_scene(tmp_path, suffix=".png")).measurement

    own = picture_hashes(reduce_view(draw(1, **SOUND).transmission))
    assert np.array_equal(measurement.hashes, own)


def test_known_motions_are_measured_in_full_size_pixels(
    draw: Draw, write_scene: WriteScene, tmp_path: Path
) -> None:
    size = (880, 1320)
    motions = judge(write_scene(tmp_path, size=size)).measurement.alignment.motions

    for motion, warp in zip(motions, draw(1, **{**SOUND, "size": size}).warps, strict=True):
        rows, columns = np.indices(size).reshape(2, -1)
        x, y, w = warp @ np.stack([columns, rows, np.ones(rows.size)])
        truth = (float((x / w - columns).mean()), float((y / w - rows).mean()))
        assert (motion.dx_px, motion.dy_px) == pytest.approx(truth, abs=0.2)


def test_reflection_is_followed_view_by_view(
    draw: Draw, write_scene: WriteScene, tmp_path: Path
) -> None:
    steps = draw(1, **SOUND).reflection_steps

    motions = judge(write_scene(tmp_path)).measurement.reflection_motions

    assert motions[1] is None
    for motion, step in ((motions[0], steps[0]), (motions[2], steps[2])):
        assert (motion.dx_px, motion.dy_px) == pytest.approx(tuple(step), abs=2)


def test_view_exposed_for_less_is_compared_at_its_own_gain(
    draw: Draw, judge_pictures: Judge
) -> None:
    # Subtracting the transmission as bright as in the centre view would leave it negative there.
    judged = judge_pictures(1, gain=0.5)

    motion = judged.measurement.reflection_motions[0]
    truth = tuple(draw(1, **SOUND).reflection_steps[0])
    assert (motion.dx_px, motion.dy_px) == pytest.approx(truth, abs=0.4)
    assert "moving_object" not in codes(judged)


@pytest.fixture
def judge_pictures(draw: Draw, save_photo: SavePhoto, tmp_path: Path) -> Judge:
    def judge_with(seed: int, gain: float | None) -> JudgedScene:
        scene = draw(seed, **SOUND)
        pictures = [*scene.views, scene.transmission]
        pictures[0] = to_srgb(to_linear(pictures[0]) * np.float32(gain))
        for name, picture in zip(NAMES, pictures, strict=True):
            save_photo(tmp_path / f"{name}.png", picture, **TAGS)
        return judge(tmp_path)

    return judge_with
