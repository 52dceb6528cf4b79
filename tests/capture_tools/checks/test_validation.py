"""Scenes are judged from their files: every fault of every scene comes out, and nothing raises."""

from pathlib import Path

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
from capture_tools.scenes.reading import find_scenes, read_scene
from capture_tools.scenes.roles import default_roles
from tests.capture_tools.kinds import Draw, SavePhoto, WriteScene
from tests.capture_tools.scene_files import LIMITS, NAMES, SOUND, TAGS, codes, judge


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_sound_scene_is_accepted_without_a_word(
    write_scene: WriteScene, tmp_path: Path, suffix: str
) -> None:
    judged = judge(write_scene(tmp_path, suffix=suffix))

    # Pillow's TIFF writer keeps no EXIF details.
    assert codes(judged) == (["exif_missing"] if suffix == ".tif" else [])
    assert judged.accepted


def test_every_torn_photo_is_named(write_scene: WriteScene, tmp_path: Path) -> None:
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


def test_headers_are_judged_though_a_photo_is_missing(
    write_scene: WriteScene, tmp_path: Path, save_photo: SavePhoto
) -> None:
    write_scene(tmp_path)
    (tmp_path / "before.jpg").unlink()
    save_photo(tmp_path / "after.jpg", np.zeros((440, 660, 3), np.uint8), **{**TAGS, "iso": 12800})

    found = codes(judge(tmp_path))

    assert found[0] == "missing_photo"
    assert {"iso", "iso_drift", "exif_missing"} <= set(found)


def test_photos_of_mixed_sizes_are_not_compared(
    write_scene: WriteScene, tmp_path: Path, save_photo: SavePhoto
) -> None:
    write_scene(tmp_path)
    save_photo(tmp_path / "after.jpg", np.zeros((400, 660, 3), np.uint8), **TAGS)

    judged = judge(tmp_path)

    assert "size_mismatch" in codes(judged)
    assert judged.measurement is None


def test_scene_turned_by_its_exif_is_judged_upright(
    draw: Draw, save_photo: SavePhoto, tmp_path: Path
) -> None:
    scene = draw(1, **SOUND)
    for name, picture in zip(NAMES, (*scene.views, scene.transmission), strict=True):
        # Orientation 6: the camera stored what is to be turned clockwise.
        stored = np.ascontiguousarray(np.rot90(picture))
        save_photo(tmp_path / f"{name}.png", stored, orientation=6, **TAGS)

    judged = judge(tmp_path)

    assert judged.measurement.size == (440, 660)
    assert judged.accepted


def test_one_bad_scene_leaves_the_others_alone(write_scene: WriteScene, tmp_path: Path) -> None:
    write_scene(tmp_path / "good")
    (tmp_path / "bad").mkdir()

    roles = default_roles()
    judged = [judge_scene(read_scene(each, roles), LIMITS) for each in find_scenes(tmp_path)]

    assert {each.group.name: each.accepted for each in judged} == {"bad": False, "good": True}


def test_source_is_left_as_it_was(write_scene: WriteScene, tmp_path: Path) -> None:
    write_scene(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}

    judge(tmp_path)

    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()
    }


def test_copied_scene_is_rejected_beside_the_first(write_scene: WriteScene, tmp_path: Path) -> None:
    judged = [judge(write_scene(tmp_path / name)) for name in ("first", "second")]

    (first, second), (pair,) = judge_duplicates(judged, LIMITS)

    assert (first.accepted, second.accepted) == (True, False)
    assert codes(second) == ["duplicate"]
    assert (pair.first, pair.second) == ("first", "second")


def test_scenes_saved_anew_are_kept_on_one_side(write_scene: WriteScene, tmp_path: Path) -> None:
    judged = [judge(write_scene(tmp_path / s[1:], suffix=s)) for s in (".jpg", ".png")]

    scenes, pairs = judge_duplicates(judged, LIMITS)

    assert [scene.accepted for scene in scenes] == [True, True]
    assert len(pairs) == 1


def test_unlike_scenes_are_no_duplicates(write_scene: WriteScene, tmp_path: Path) -> None:
    judged = [judge(write_scene(tmp_path / str(seed), seed=seed)) for seed in (1, 2)]

    scenes, pairs = judge_duplicates(judged, LIMITS)

    assert pairs == []
    assert [codes(scene) for scene in scenes] == [[], []]


def test_scene_without_photos_is_no_duplicate_of_anything(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    _, pairs = judge_duplicates([judge(tmp_path / "a"), judge(tmp_path / "b")], LIMITS)

    assert pairs == []


def test_gain_exif_and_size_never_reject(
    write_scene: WriteScene, tmp_path: Path, draw: Draw, save_photo: SavePhoto
) -> None:
    scene = draw(1, **{**SOUND, "gain": (0.5, 0.5)})
    for name, picture in zip(NAMES, (*scene.views, scene.transmission), strict=True):
        save_photo(tmp_path / f"{name}.png", picture)

    judged = judge(tmp_path, CheckLimits())

    assert {"gain", "exif_missing", "small_size"} <= set(codes(judged))
    assert judged.accepted
    assert all(finding.severity is not Severity.REJECT for finding in judged.verdict.findings)


def test_every_check_stands_in_the_order_of_validation() -> None:
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
