"""Scenes are judged from their files: every fault of every scene comes out, and nothing raises."""

import hashlib

import numpy as np
import pytest

from capture_tools.capture import Severity
from capture_tools.checks.limits import CheckLimits
from capture_tools.checks.validation import (
    GROUP_CHECKS,
    SCENE_CHECKS,
    judge_duplicates,
    judge_scene,
)
from capture_tools.measuring.hashing import picture_hashes
from capture_tools.photos.working_view import reduce_view
from capture_tools.scenes.reading import SceneFolder, find_scenes, read_scene
from capture_tools.scenes.roles import default_roles
from tests.drawing.captures import to_linear, to_srgb

LIMITS = CheckLimits(long_side_px=660, short_side_px=440)
NAMES = ("before", "centre", "after", "transmission")

SOUND = {
    "size": (440, 660),
    "texture": "leaves",
    "camera_step": (6, 10),
    "misalignment": (0, 0),
    "defocus": (0, 0),
    "reflection_ratio": 0.3,
    "gain": (0.95, 0.95),
    "quality": 0,
}

TAGS = {
    "camera": "NIKON D810",
    "iso": 400,
    "aperture": 5.6,
    "exposure_s": 0.01,
    "white_balance": 1,
    "focal_length_mm": 35.0,
}


@pytest.fixture
def write_scene(draw, save_photo):
    """Write a drawn scene's photos with EXIF: ``write_scene(folder, seed=1, suffix=".jpg")``."""

    def write(folder, seed=1, suffix=".jpg", size=(440, 660)):
        scene = draw(seed, **{**SOUND, "size": size})
        pictures = zip(NAMES, (*scene.views, scene.transmission), strict=True)
        for second, (name, picture) in enumerate(pictures):
            clock = f"2019:05:02 14:00:{second:02d}"
            save_photo(folder / f"{name}{suffix}", picture, time=clock, **TAGS)
        return folder

    return write


def judge(folder, limits=LIMITS):
    return judge_scene(read_scene(SceneFolder(folder.name, folder), default_roles()), limits)


def codes(judged):
    return [finding.code for finding in judged.verdict.findings]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_sound_scene_is_accepted_without_a_word(write_scene, tmp_path, suffix):
    judged = judge(write_scene(tmp_path, suffix=suffix))

    # Pillow's TIFF writer keeps no EXIF details.
    assert codes(judged) == (["exif_missing"] if suffix == ".tif" else [])
    assert judged.accepted


def test_measurement_holds_no_pictures(write_scene, tmp_path):
    measurement = judge(write_scene(tmp_path)).measurement

    arrays = [value for value in vars(measurement).values() if isinstance(value, np.ndarray)]
    assert max(array.nbytes for array in arrays) < 1000


def test_measurement_knows_its_files(write_scene, tmp_path):
    measurement = judge(write_scene(tmp_path)).measurement

    assert measurement.names == tuple(f"{name}.jpg" for name in NAMES)
    assert measurement.sha256 == tuple(
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in measurement.names
    )


def test_hashes_are_of_the_transmission_photo(draw, write_scene, tmp_path):
    measurement = judge(write_scene(tmp_path, suffix=".png")).measurement

    own = picture_hashes(reduce_view(draw(1, **SOUND).transmission))
    assert np.array_equal(measurement.hashes, own)


def test_every_torn_photo_is_named(write_scene, tmp_path):
    write_scene(tmp_path)
    for name in ("before.jpg", "after.jpg"):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2])

    judged = judge(tmp_path)

    assert [(each.code, each.photo) for each in judged.verdict.reasons] == [
        ("unreadable", "before.jpg"),
        ("unreadable", "after.jpg"),
    ]
    assert judged.measurement is None


def test_headers_are_judged_though_a_photo_is_missing(write_scene, tmp_path, save_photo):
    write_scene(tmp_path)
    (tmp_path / "before.jpg").unlink()
    save_photo(tmp_path / "after.jpg", np.zeros((440, 660, 3), np.uint8), **{**TAGS, "iso": 12800})

    found = codes(judge(tmp_path))

    assert found[0] == "missing_photo"
    assert {"iso", "iso_drift", "exif_missing"} <= set(found)


def test_photos_of_mixed_sizes_are_not_compared(write_scene, tmp_path, save_photo):
    write_scene(tmp_path)
    save_photo(tmp_path / "after.jpg", np.zeros((400, 660, 3), np.uint8), **TAGS)

    judged = judge(tmp_path)

    assert "size_mismatch" in codes(judged)
    assert judged.measurement is None


def test_scene_turned_by_its_exif_is_judged_upright(draw, save_photo, tmp_path):
    scene = draw(1, **SOUND)
    for name, picture in zip(NAMES, (*scene.views, scene.transmission), strict=True):
        # Orientation 6: the camera stored what is to be turned clockwise.
        stored = np.ascontiguousarray(np.rot90(picture))
        save_photo(tmp_path / f"{name}.png", stored, orientation=6, **TAGS)

    judged = judge(tmp_path)

    assert judged.measurement.size == (440, 660)
    assert judged.accepted


def test_known_motions_are_measured_in_full_size_pixels(draw, write_scene, tmp_path):
    size = (880, 1320)
    motions = judge(write_scene(tmp_path, size=size)).measurement.alignment.motions

    for motion, warp in zip(motions, draw(1, **{**SOUND, "size": size}).warps, strict=True):
        rows, columns = np.indices(size).reshape(2, -1)
        x, y, w = warp @ np.stack([columns, rows, np.ones(rows.size)])
        truth = (float((x / w - columns).mean()), float((y / w - rows).mean()))
        assert (motion.dx_px, motion.dy_px) == pytest.approx(truth, abs=0.2)


def test_reflection_is_followed_view_by_view(draw, write_scene, tmp_path):
    steps = draw(1, **SOUND).reflection_steps

    motions = judge(write_scene(tmp_path)).measurement.reflection_motions

    assert motions[1] is None
    for motion, step in ((motions[0], steps[0]), (motions[2], steps[2])):
        assert (motion.dx_px, motion.dy_px) == pytest.approx(tuple(step), abs=2)


def test_view_exposed_for_less_is_compared_at_its_own_gain(draw, judge_pictures):
    # Subtracting the transmission as bright as in the centre view would leave it negative there.
    judged = judge_pictures(1, gain=0.5)

    motion = judged.measurement.reflection_motions[0]
    truth = tuple(draw(1, **SOUND).reflection_steps[0])
    assert (motion.dx_px, motion.dy_px) == pytest.approx(truth, abs=0.4)
    assert "moving_object" not in codes(judged)


@pytest.fixture
def judge_pictures(draw, save_photo, tmp_path):
    def judge_with(seed, gain):
        scene = draw(seed, **SOUND)
        pictures = [*scene.views, scene.transmission]
        pictures[0] = to_srgb(to_linear(pictures[0]) * np.float32(gain))
        for name, picture in zip(NAMES, pictures, strict=True):
            save_photo(tmp_path / f"{name}.png", picture, **TAGS)
        return judge(tmp_path)

    return judge_with


def test_one_bad_scene_leaves_the_others_alone(write_scene, tmp_path):
    write_scene(tmp_path / "good")
    (tmp_path / "bad").mkdir()

    roles = default_roles()
    judged = [judge_scene(read_scene(each, roles), LIMITS) for each in find_scenes(tmp_path)]

    assert {each.group.name: each.accepted for each in judged} == {"bad": False, "good": True}


def test_source_is_left_as_it_was(write_scene, tmp_path):
    write_scene(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}

    judge(tmp_path)

    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()
    }


def test_copied_scene_is_rejected_beside_the_first(write_scene, tmp_path):
    judged = [judge(write_scene(tmp_path / name)) for name in ("first", "second")]

    (first, second), (pair,) = judge_duplicates(judged, LIMITS)

    assert (first.accepted, second.accepted) == (True, False)
    assert codes(second) == ["duplicate"]
    assert (pair.first, pair.second) == ("first", "second")


def test_scenes_saved_anew_are_kept_on_one_side(write_scene, tmp_path):
    judged = [judge(write_scene(tmp_path / s[1:], suffix=s)) for s in (".jpg", ".png")]

    scenes, pairs = judge_duplicates(judged, LIMITS)

    assert [scene.accepted for scene in scenes] == [True, True]
    assert len(pairs) == 1


def test_unlike_scenes_are_no_duplicates(write_scene, tmp_path):
    judged = [judge(write_scene(tmp_path / str(seed), seed=seed)) for seed in (1, 2)]

    scenes, pairs = judge_duplicates(judged, LIMITS)

    assert pairs == []
    assert [codes(scene) for scene in scenes] == [[], []]


def test_scene_without_photos_is_no_duplicate_of_anything(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    _, pairs = judge_duplicates([judge(tmp_path / "a"), judge(tmp_path / "b")], LIMITS)

    assert pairs == []


def test_gain_exif_and_size_never_reject(write_scene, tmp_path, draw, save_photo):
    scene = draw(1, **{**SOUND, "gain": (0.5, 0.5)})
    for name, picture in zip(NAMES, (*scene.views, scene.transmission), strict=True):
        save_photo(tmp_path / f"{name}.png", picture)

    judged = judge(tmp_path, CheckLimits())

    assert {"gain", "exif_missing", "small_size"} <= set(codes(judged))
    assert judged.accepted
    assert all(finding.severity is not Severity.REJECT for finding in judged.verdict.findings)


def test_every_check_stands_in_the_order_of_validation():
    import capture_tools.checks.content
    import capture_tools.checks.geometry
    import capture_tools.checks.light
    import capture_tools.checks.settings
    import capture_tools.checks.sharpness
    import capture_tools.checks.size

    modules = (
        capture_tools.checks.content,
        capture_tools.checks.geometry,
        capture_tools.checks.light,
        capture_tools.checks.settings,
        capture_tools.checks.sharpness,
        capture_tools.checks.size,
    )
    written = {
        value
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("check_") and value.__module__ == module.__name__
    }

    assert written == {*GROUP_CHECKS, *SCENE_CHECKS}
