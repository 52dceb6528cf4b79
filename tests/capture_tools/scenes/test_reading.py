"""Scene folders are read by file name; what is wrong with one is said and the rest goes on."""

import unicodedata

import pytest

from capture_tools.capture import CaptureError, SceneNotes, Severity
from capture_tools.scenes.reading import SceneFolder, find_scenes, read_scene
from capture_tools.scenes.roles import default_roles, parse_roles

NAMES = ("before", "centre", "after", "transmission")


@pytest.fixture
def scene(tmp_path, save_photo):
    """One sound scene in a folder of its own."""
    folder = tmp_path / "scenes" / "stone"
    for name in NAMES:
        save_photo(folder / f"{name}.jpg")
    return folder


def read(folder, roles=None):
    return read_scene(SceneFolder(folder.name, folder), roles or default_roles())


def only(group):
    (finding,) = group.findings
    return finding


def stems(group):
    return [photo.path.stem for photo in group.photos()]


def test_sound_scene_is_read_in_shooting_order_without_findings(scene):
    group = read(scene)

    assert stems(group) == list(NAMES)
    assert (group.complete, group.findings) == (True, ())
    assert group.centre.path.stem == "centre"


@pytest.mark.parametrize(
    "names",
    [
        ("view_0", "view_1", "view_2", "t"),
        ("view_00", "view_01", "view_02", "transmission"),
        ("1", "2", "3", "gt"),
        ("BEFORE", "Center", "After", "GT"),
    ],
)
def test_common_spellings_are_understood(tmp_path, save_photo, names):
    for name in names:
        save_photo(tmp_path / f"{name}.png")

    assert stems(read(tmp_path)) == list(names)


@pytest.mark.parametrize(
    "names",
    [
        ("before_2", "before_1", "centre", "after_1", "after_2", "t"),
        ("view_0", "view_1", "view_2", "view_3", "view_4", "t"),
    ],
)
def test_five_views_have_five_roles(tmp_path, save_photo, names):
    for name in names:
        save_photo(tmp_path / f"{name}.png")

    group = read(tmp_path, default_roles(5))

    assert stems(group) == list(names)
    assert group.centre.path.stem == names[2]


def test_other_names_are_read_through_a_pattern(tmp_path, save_photo):
    for name in ("x_left", "x_mid", "x_right", "x_clean"):
        save_photo(tmp_path / f"{name}.jpg")

    group = read(tmp_path, parse_roles("*_left|*_mid|*_right|*_clean,*_gt"))

    assert stems(group) == ["x_left", "x_mid", "x_right", "x_clean"]


@pytest.mark.parametrize("text", ["", "a|b", "a||b|t", "a|b|"])
def test_pattern_with_too_few_roles_is_refused(text):
    with pytest.raises(CaptureError, match="name every view in shooting order"):
        parse_roles(text)


def test_one_view_is_refused():
    with pytest.raises(CaptureError, match="views = 1: a scene has at least 2 views"):
        default_roles(1)


def test_names_with_accents_match_however_they_are_stored(tmp_path, save_photo):
    for name in ("früh", "mitte", "spät", "klar"):
        save_photo(tmp_path / "Straße 5" / f"{unicodedata.normalize('NFD', name)}.jpg")

    group = read(tmp_path / "Straße 5", parse_roles("früh|mitte|spät|klar"))

    assert group.complete
    assert group.name == "Straße 5"


def test_missing_centre_is_named(scene):
    (scene / "centre.jpg").unlink()

    finding = only(read(scene))

    assert (finding.code, finding.severity) == ("missing_photo", Severity.REJECT)
    assert (finding.value, finding.limit) == (3, 4)
    assert "missing: centre" in finding.message


def test_photo_that_was_meant_is_suggested(scene):
    (scene / "centre.jpg").rename(scene / "IMG_0312.jpg")

    assert "photos without a role: IMG_0312.jpg" in only(read(scene)).message


def test_photo_named_like_a_text_is_suggested(scene):
    (scene / "centre.jpg").rename(scene / "centre.jpg.txt")
    (scene / "centre.webp").touch()

    assert "no photos by their names: centre.webp" in only(read(scene)).message


def test_empty_folder_is_said(tmp_path):
    assert "no photos at all" in only(read(tmp_path)).message


def test_two_scenes_in_one_folder_are_refused(scene, save_photo):
    save_photo(scene / "1.jpg")

    finding = only(read(scene))

    assert (finding.code, finding.severity) == ("two_scenes", Severity.REJECT)
    assert "1.jpg, before.jpg" in finding.message


def test_raw_file_beside_its_jpeg_is_passed_over(scene):
    (scene / "before.NEF").write_bytes(b"II*\0")

    group = read(scene)

    assert group.complete
    assert (only(group).code, only(group).severity) == ("unused_photo", Severity.NOTE)


def test_unreadable_photo_leaves_the_others_readable(scene):
    (scene / "before.jpg").write_bytes(b"")

    group = read(scene)

    assert (only(group).code, only(group).photo) == ("unreadable", "before.jpg")
    assert stems(group) == ["centre", "after", "transmission"]


def test_photo_with_the_wrong_suffix_is_used_and_named(scene):
    (scene / "before.jpg").rename(scene / "before.png")

    group = read(scene)

    assert group.complete
    assert (only(group).code, only(group).severity) == ("wrong_name", Severity.NOTE)


def test_link_out_of_the_folder_is_refused(scene, tmp_path):
    (scene / "before.jpg").rename(tmp_path / "elsewhere.jpg")
    (scene / "before.jpg").symlink_to(tmp_path / "elsewhere.jpg")

    finding = only(read(scene))

    assert (finding.code, finding.severity) == ("link_outside", Severity.REJECT)
    assert "elsewhere" not in finding.message


def test_link_within_the_folder_is_followed(scene):
    (scene / "before.jpg").rename(scene / "IMG_1.jpg")
    (scene / "before.jpg").symlink_to("IMG_1.jpg")

    assert read(scene).complete


def test_linked_scene_folder_is_refused(scene):
    linked = scene.with_name("again")
    linked.symlink_to(scene, target_is_directory=True)

    assert only(read(linked)).code == "link_outside"


def test_camera_roll_is_told_from_a_scene(tmp_path):
    for number in range(60):
        (tmp_path / f"IMG_{number}.jpg").touch()

    finding = only(read(tmp_path))

    assert (finding.code, finding.value) == ("camera_roll", 60)
    assert "group-captures" in finding.message


def test_surplus_photos_are_noted(scene, save_photo):
    save_photo(scene / "view_7.jpg")

    group = read(scene)

    assert group.complete
    assert "view_7.jpg" in only(group).message


def test_hidden_and_foreign_files_are_passed_over(scene):
    (scene / "._before.jpg").touch()
    (scene / "Thumbs.db").touch()

    assert read(scene).findings == ()


def test_photos_that_stand_in_no_folder_of_their_own_are_a_scene_too(scene, save_photo):
    save_photo(scene.parent / "stray.jpg")

    names = [found.name for found in find_scenes(scene.parent)]

    assert names == sorted(["scenes", "stone"])


def test_nested_scenes_are_named_by_their_path(tmp_path, save_photo):
    for name in ("indoor/b", "outdoor/a"):
        save_photo(tmp_path / name / "before.jpg")
    (tmp_path / "indoor" / "empty").mkdir()
    (tmp_path / "outdoor" / ".hidden").mkdir()

    names = [found.name for found in find_scenes(tmp_path)]

    assert names == ["indoor/b", "indoor/empty", "outdoor/a"]


def test_linked_folders_are_found_but_not_walked_into(tmp_path, save_photo):
    save_photo(tmp_path / "elsewhere" / "deep" / "before.jpg")
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    assert [found.name for found in find_scenes(tmp_path / "scenes")] == ["link"]


def test_root_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(CaptureError, match="name the folder that holds the scene folders"):
        find_scenes(tmp_path / "nowhere")


def test_notes_are_read(scene):
    text = 'place = "indoor"\nlight = "low"\ncamera = "Pixel 2"\nnotes = "ä"\nlicence = "CC0"'
    (scene / "scene.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert read(scene).notes == SceneNotes("indoor", "low", "Pixel 2", "ä", "CC0")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('location = "hall"', "unknown key 'location'"),
        ('place = "garden"', "write 'indoor' or 'outdoor'"),
        ("place = 5", "write it as text in quotes"),
        ("place = indoor", "is not TOML"),
    ],
)
def test_faulty_notes_are_said_and_the_scene_goes_on(scene, text, fault):
    (scene / "scene.toml").write_text(text)

    group = read(scene)

    assert group.complete
    assert only(group).severity is Severity.WARN
    assert fault in only(group).message


def test_one_faulty_note_keeps_the_others(scene):
    (scene / "scene.toml").write_text('place = "garden"\nlight = "low"')

    assert read(scene).notes == SceneNotes(light="low")
