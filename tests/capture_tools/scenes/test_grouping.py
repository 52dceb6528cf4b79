"""A camera roll becomes a plan of scenes by the clock; whatever does not fit is left over."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from capture_tools.capture import CaptureError
from capture_tools.scenes.grouping import GroupingPlan, PlannedScene, parse_order, plan_grouping
from tests.capture_tools.kinds import SavePhoto

ORDER = ("before", "centre", "transmission", "after")


@pytest.fixture
def roll(tmp_path: Path, save_photo: SavePhoto) -> Callable[..., Path]:
    """A function that writes photos of a roll: file name to seconds after two o'clock."""

    def write(times: dict[str, float], **tags: Any) -> Path:
        for name, second in times.items():
            clock = f"2019:05:02 14:{int(second) // 60:02d}:{int(second) % 60:02d}"
            save_photo(tmp_path / "roll" / name, time=clock, **tags)
        return tmp_path / "roll"

    return write


def plan(folder: Path, gap_s: float = 10.0, order: Sequence[str] = ORDER) -> GroupingPlan:
    return plan_grouping(folder, order=order, gap_s=gap_s)


def names(scene: PlannedScene) -> dict[str, str]:
    return {role: path.name for role, path in scene.photos}


def test_photos_close_in_time_make_a_scene_in_the_given_order(roll: Callable[..., Path]) -> None:
    folder = roll({"IMG_1.jpg": 0, "IMG_2.jpg": 3, "IMG_3.jpg": 6, "IMG_4.jpg": 9})

    (scene,) = plan(folder).scenes

    assert names(scene) == {
        "before": "IMG_1.jpg",
        "centre": "IMG_2.jpg",
        "transmission": "IMG_3.jpg",
        "after": "IMG_4.jpg",
    }


def test_scene_is_named_by_its_first_photo(roll: Callable[..., Path]) -> None:
    folder = roll({"a.jpg": 61, "b.jpg": 62, "c.jpg": 63, "d.jpg": 64})

    assert plan(folder).scenes[0].name == "2019-05-02_14-01-01"


def test_order_follows_the_clock_not_the_names(roll: Callable[..., Path]) -> None:
    folder = roll({"d.jpg": 0, "c.jpg": 1, "b.jpg": 2, "a.jpg": 3})

    assert names(plan(folder).scenes[0])["before"] == "d.jpg"


def test_pause_longer_than_the_gap_parts_two_scenes(roll: Callable[..., Path]) -> None:
    folder = roll({f"IMG_{n}.jpg": n + (n >= 4) * 10 for n in range(8)})

    assert [names(scene)["before"] for scene in plan(folder).scenes] == ["IMG_0.jpg", "IMG_4.jpg"]


def test_pause_as_long_as_the_gap_joins(roll: Callable[..., Path]) -> None:
    folder = roll({"a.jpg": 0, "b.jpg": 10, "c.jpg": 20, "d.jpg": 30})

    assert len(plan(folder, gap_s=10).scenes) == 1


def test_run_of_another_number_is_left_over_whole(roll: Callable[..., Path]) -> None:
    folder = roll({f"IMG_{n}.jpg": n for n in range(5)})

    found = plan(folder)

    assert found.scenes == ()
    assert len(found.leftovers) == 5
    assert "5 photos within 10 s" in found.leftovers[0].reason
    assert "a shorter gap" in found.leftovers[0].reason


def test_lonely_photo_is_left_over(roll: Callable[..., Path]) -> None:
    (leftover,) = plan(roll({"IMG_1.jpg": 0})).leftovers

    assert "a longer gap" in leftover.reason


def test_photo_without_a_time_is_left_over_not_guessed(
    roll: Callable[..., Path], save_photo: SavePhoto
) -> None:
    folder = roll({"IMG_1.jpg": 0, "IMG_2.jpg": 3, "IMG_3.jpg": 6, "IMG_4.jpg": 9})
    save_photo(folder / "IMG_5.jpg")

    found = plan(folder)

    assert len(found.scenes) == 1
    assert "no time in its EXIF" in found.leftovers[0].reason


def test_unreadable_photo_is_left_over(roll: Callable[..., Path]) -> None:
    folder = roll({"IMG_1.jpg": 0})
    (folder / "IMG_2.jpg").write_bytes(b"")

    reasons = {leftover.path.name: leftover.reason for leftover in plan(folder).leftovers}

    assert "is empty" in reasons["IMG_2.jpg"]


def test_subseconds_order_photos_of_one_second(roll: Callable[..., Path]) -> None:
    folder = roll({"c.jpg": 0}, subsecond="10")
    roll({"a.jpg": 0}, subsecond="5")
    roll({"b.jpg": 0}, subsecond="75")
    roll({"d.jpg": 1}, subsecond="0")

    (scene,) = plan(folder).scenes

    assert list(names(scene).values()) == ["c.jpg", "a.jpg", "b.jpg", "d.jpg"]
    assert scene.remarks == ()


def test_same_second_without_subseconds_is_ordered_by_number_and_said(
    roll: Callable[..., Path],
) -> None:
    folder = roll({"IMG_9.jpg": 0, "IMG_10.jpg": 0, "IMG_11.jpg": 5, "IMG_12.jpg": 6})

    (scene,) = plan(folder).scenes

    assert list(names(scene).values())[:2] == ["IMG_9.jpg", "IMG_10.jpg"]
    (remark,) = scene.remarks
    assert "IMG_9.jpg and IMG_10.jpg have the same second" in remark


def test_same_time_with_subseconds_is_said(roll: Callable[..., Path]) -> None:
    folder = roll({"a.jpg": 0, "b.jpg": 0}, subsecond="50")
    roll({"c.jpg": 1, "d.jpg": 2}, subsecond="50")

    assert "have the same time" in plan(folder).scenes[0].remarks[0]


def test_two_cameras_are_told_apart(roll: Callable[..., Path]) -> None:
    roll({f"D_{n}.jpg": 2 * n for n in range(4)}, camera="D810")
    folder = roll({f"P_{n}.jpg": 2 * n + 1 for n in range(4)}, camera="Pixel 2")

    found = plan(folder)

    assert [set(names(scene).values()) for scene in found.scenes] == [
        {f"D_{n}.jpg" for n in range(4)},
        {f"P_{n}.jpg" for n in range(4)},
    ]


def test_scenes_that_begin_in_one_second_get_names_of_their_own(roll: Callable[..., Path]) -> None:
    roll({f"D_{n}.jpg": n for n in range(4)}, camera="D810")
    folder = roll({f"P_{n}.jpg": n for n in range(4)}, camera="Pixel 2")

    assert [scene.name for scene in plan(folder).scenes] == [
        "2019-05-02_14-00-00",
        "2019-05-02_14-00-00_2",
    ]


def test_raw_file_beside_its_jpeg_is_left_over(roll: Callable[..., Path]) -> None:
    folder = roll({"IMG_1.jpg": 0, "IMG_2.jpg": 3, "IMG_3.jpg": 6, "IMG_4.jpg": 9})
    (folder / "IMG_1.NEF").write_bytes(b"II*\0")

    found = plan(folder)

    assert len(found.scenes) == 1
    assert "raw file of a photo" in found.leftovers[0].reason


def test_folders_of_a_memory_card_are_read_as_one_roll(roll: Callable[..., Path]) -> None:
    folder = roll({"100/a.jpg": 0, "100/b.jpg": 1, "101/c.jpg": 2, "101/d.jpg": 3})

    assert len(plan(folder).scenes) == 1


def test_five_views_are_grouped_in_their_order(roll: Callable[..., Path]) -> None:
    order = parse_order("view_0,view_1,view_2,t,view_3,view_4")
    folder = roll({f"IMG_{n}.jpg": n for n in range(6)})

    (scene,) = plan(folder, order=order).scenes

    assert names(scene)["t"] == "IMG_3.jpg"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("before,centre,after", "missing: "),
        ("before,centre,transmission,centre", "missing: after"),
        ("before,centre,glass,after", "unknown: glass"),
        ("", "missing: "),
    ],
)
def test_order_that_is_no_scene_is_refused(text: str, fault: str) -> None:
    with pytest.raises(CaptureError, match=fault):
        parse_order(text)


def test_gap_of_nothing_is_refused(roll: Callable[..., Path]) -> None:
    with pytest.raises(CaptureError, match="gap = 0 s: name the longest pause"):
        plan(roll({"a.jpg": 0}), gap_s=0)


def test_roll_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is no folder"):
        plan(tmp_path / "nowhere")


def test_litter_links_and_other_files_are_no_photos_of_the_roll(roll, tmp_path):
    folder = roll({f"IMG_{n}.jpg": 3 * n for n in range(4)})
    (folder / "._IMG_0.jpg").write_bytes(b"\0\5\26\7")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "IMG_9.jpg").write_bytes(b"")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "IMG_0.AAE").touch()

    planned = plan(folder)

    assert [len(scene.photos) for scene in planned.scenes] == [4]
    assert planned.leftovers == ()
    assert planned.left_out == "1 file of other kinds left out: .aae"


def test_heic_beside_its_jpeg_is_left_over(roll):
    folder = roll({f"IMG_{n}.jpg": 3 * n for n in range(4)})
    (folder / "IMG_2.HEIC").write_bytes(b"")

    (leftover,) = plan(folder).leftovers

    assert (leftover.path.name, leftover.reason) == (
        "IMG_2.HEIC",
        "HEIC file of a photo that is there converted",
    )
