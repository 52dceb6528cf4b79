"""Scene folders are read by file name; what is wrong with one is said and the rest goes on."""

import os
from pathlib import Path

import pytest

from capture_tools.capture import CaptureError, Severity
from capture_tools.scenes.reading import find_scenes
from capture_tools.scenes.roles import parse_roles
from tests.capture_tools.kinds import SavePhoto
from tests.capture_tools.scenes.reading import NAMES, only, read, stems


def test_sound_scene_is_read_in_shooting_order_without_findings(scene: Path) -> None:
    group = read(scene)

    assert stems(group) == list(NAMES)
    assert (group.complete, group.findings) == (True, ())
    assert group.centre.path.stem == "centre"


def test_missing_centre_is_named(scene: Path) -> None:
    (scene / "centre.jpg").unlink()

    finding = only(read(scene))

    assert (finding.code, finding.severity) == ("missing_photo", Severity.REJECT)
    assert (finding.value, finding.limit) == (3, 4)
    assert "missing: centre" in finding.message


def test_photo_that_was_meant_is_suggested(scene: Path) -> None:
    (scene / "centre.jpg").rename(scene / "IMG_0312.jpg")

    assert "photos without a role: IMG_0312.jpg" in only(read(scene)).message


def test_photo_named_like_a_text_is_suggested(scene: Path) -> None:
    (scene / "centre.jpg").rename(scene / "centre.jpg.txt")
    (scene / "centre.webp").touch()

    assert "no photos by their names: centre.webp" in only(read(scene)).message


def test_empty_folder_is_said(tmp_path: Path) -> None:
    assert "no photos at all" in only(read(tmp_path)).message


def test_two_scenes_in_one_folder_are_refused(scene: Path, save_photo: SavePhoto) -> None:
    save_photo(scene / "1.jpg")

    finding = only(read(scene))

    assert (finding.code, finding.severity) == ("two_scenes", Severity.REJECT)
    assert "1.jpg, before.jpg" in finding.message


def test_raw_file_beside_its_jpeg_is_passed_over(scene: Path) -> None:
    (scene / "before.NEF").write_bytes(b"II*\0")

    group = read(scene)

    assert group.complete
    assert (only(group).code, only(group).severity) == ("unused_photo", Severity.NOTE)


def test_unreadable_photo_leaves_the_others_readable(scene: Path) -> None:
    (scene / "before.jpg").write_bytes(b"")

    group = read(scene)

    assert (only(group).code, only(group).photo) == ("unreadable", "before.jpg")
    assert stems(group) == ["centre", "after", "transmission"]


def test_photo_with_the_wrong_suffix_is_used_and_named(scene: Path) -> None:
    (scene / "before.jpg").rename(scene / "before.png")

    group = read(scene)

    assert group.complete
    assert (only(group).code, only(group).severity) == ("wrong_name", Severity.NOTE)


def test_link_out_of_the_folder_is_refused(scene: Path, tmp_path: Path) -> None:
    (scene / "before.jpg").rename(tmp_path / "elsewhere.jpg")
    (scene / "before.jpg").symlink_to(tmp_path / "elsewhere.jpg")

    finding = only(read(scene))

    assert (finding.code, finding.severity) == ("link_outside", Severity.REJECT)
    assert "elsewhere" not in finding.message


def test_link_within_the_folder_is_followed(scene: Path) -> None:
    (scene / "before.jpg").rename(scene / "IMG_1.jpg")
    (scene / "before.jpg").symlink_to("IMG_1.jpg")

    assert read(scene).complete


def test_name_that_is_not_utf8_is_refused(scene: Path) -> None:
    odd = os.fsdecode(b"sc\xe9ne")
    renamed = scene.rename(scene.with_name(odd))
    finding = only(read(renamed))
    assert (finding.code, finding.severity) == ("name", Severity.REJECT)
    renamed.rename(scene)
    (scene / "before.jpg").rename(scene / os.fsdecode(b"b\xe9.jpg"))
    other = read(scene, parse_roles("b\udce9|centre|after|transmission"))
    assert only(other).code == "name"


def test_linked_scene_folder_is_refused(scene: Path) -> None:
    linked = scene.with_name("again")
    linked.symlink_to(scene, target_is_directory=True)

    assert only(read(linked)).code == "link_outside"


def test_camera_roll_is_told_from_a_scene(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"IMG_{number}.jpg").touch()

    finding = only(read(tmp_path))

    assert (finding.code, finding.value) == ("camera_roll", 60)
    assert "group-captures" in finding.message


def test_surplus_photos_are_noted(scene: Path, save_photo: SavePhoto) -> None:
    save_photo(scene / "view_7.jpg")

    group = read(scene)

    assert group.complete
    assert "view_7.jpg" in only(group).message


def test_hidden_and_foreign_files_are_passed_over(scene: Path) -> None:
    (scene / "._before.jpg").touch()
    (scene / "Thumbs.db").touch()

    assert read(scene).findings == ()


def test_photos_that_stand_in_no_folder_of_their_own_are_a_scene_too(
    scene: Path, save_photo: SavePhoto
) -> None:
    save_photo(scene.parent / "stray.jpg")

    names = [found.name for found in find_scenes(scene.parent)]

    assert names == sorted(["scenes", "stone"])


def test_nested_scenes_are_named_by_their_path(tmp_path: Path, save_photo: SavePhoto) -> None:
    for name in ("indoor/b", "outdoor/a"):
        save_photo(tmp_path / name / "before.jpg")
    (tmp_path / "indoor" / "empty").mkdir()
    (tmp_path / "outdoor" / ".hidden").mkdir()

    names = [found.name for found in find_scenes(tmp_path)]

    assert names == ["indoor/b", "indoor/empty", "outdoor/a"]


def test_linked_folders_are_found_but_not_walked_into(
    tmp_path: Path, save_photo: SavePhoto
) -> None:
    save_photo(tmp_path / "elsewhere" / "deep" / "before.jpg")
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    assert [found.name for found in find_scenes(tmp_path / "scenes")] == ["link"]


def test_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="name the folder that holds the scene folders"):
        find_scenes(tmp_path / "nowhere")


def test_folder_of_the_results_is_no_scene(tmp_path: Path, save_photo: SavePhoto) -> None:
    save_photo(tmp_path / "stone" / "before.jpg")
    save_photo(tmp_path / "out" / "thumbnail.jpg")
    (tmp_path / "@eaDir").mkdir()

    names = [found.name for found in find_scenes(tmp_path, outside=[tmp_path / "out"])]

    assert names == ["stone"]
