"""Executing a plan copies or links whole scenes, moves nothing and overwrites nothing."""

import os
import shutil
from pathlib import Path

import pytest

from capture_tools.capture import CaptureError
from capture_tools.scenes.folders import Outcome, execute_plan
from capture_tools.scenes.grouping import GroupingPlan, parse_order, plan_grouping
from capture_tools.scenes.reading import find_scenes, read_scene
from capture_tools.scenes.roles import default_roles
from tests.capture_tools.kinds import SavePhoto


@pytest.fixture
def roll(tmp_path: Path, save_photo: SavePhoto) -> Path:
    """Two scenes' photos on a card."""
    for number in range(8):
        clock = f"2019:05:02 14:{(number // 4) * 5:02d}:{number:02d}"
        save_photo(tmp_path / "roll" / f"IMG_{number}.JPG", time=clock)
    return tmp_path / "roll"


@pytest.fixture
def plan(roll: Path) -> GroupingPlan:
    order = parse_order("before,centre,transmission,after")
    return plan_grouping(roll, order=order, gap_s=10)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_made_scenes_are_read_back_complete(plan: GroupingPlan, tmp_path: Path) -> None:
    outcomes = [made.outcome for made in execute_plan(plan, tmp_path / "scenes")]

    groups = [read_scene(found, default_roles()) for found in find_scenes(tmp_path / "scenes")]
    assert outcomes == [Outcome.MADE, Outcome.MADE]
    assert [group.complete for group in groups] == [True, True]
    assert [group.findings for group in groups] == [(), ()]


def test_roles_get_the_photos_of_the_plan(plan: GroupingPlan, roll: Path, tmp_path: Path) -> None:
    list(execute_plan(plan, tmp_path / "scenes"))

    made = tmp_path / "scenes" / plan.scenes[0].name
    assert (made / "transmission.jpg").read_bytes() == (roll / "IMG_2.JPG").read_bytes()


def test_roll_is_left_as_it_was(plan: GroupingPlan, roll: Path, tmp_path: Path) -> None:
    before = contents(roll)

    list(execute_plan(plan, tmp_path / "scenes"))

    assert contents(roll) == before


def test_read_only_roll_gives_writable_copies(
    plan: GroupingPlan, roll: Path, tmp_path: Path
) -> None:
    for path in roll.iterdir():
        path.chmod(0o444)

    list(execute_plan(plan, tmp_path / "scenes"))

    copies = list((tmp_path / "scenes").rglob("*.jpg"))
    assert len(copies) == 8
    assert all(path.stat().st_mode & 0o200 for path in copies)


def test_copies_keep_the_time_of_the_file(plan: GroupingPlan, roll: Path, tmp_path: Path) -> None:
    os.utime(roll / "IMG_0.JPG", (1_000_000, 1_000_000))

    list(execute_plan(plan, tmp_path / "scenes"))

    copy = tmp_path / "scenes" / plan.scenes[0].name / "before.jpg"
    assert copy.stat().st_mtime == 1_000_000


def test_links_take_no_room(plan: GroupingPlan, roll: Path, tmp_path: Path) -> None:
    list(execute_plan(plan, tmp_path / "scenes", link=True))

    linked = tmp_path / "scenes" / plan.scenes[0].name / "before.jpg"
    assert linked.samefile(roll / "IMG_0.JPG")


def test_running_again_keeps_what_is_there(plan: GroupingPlan, tmp_path: Path) -> None:
    list(execute_plan(plan, tmp_path / "scenes"))
    before = contents(tmp_path / "scenes")

    outcomes = [made.outcome for made in execute_plan(plan, tmp_path / "scenes")]

    assert outcomes == [Outcome.KEPT, Outcome.KEPT]
    assert contents(tmp_path / "scenes") == before


def test_folder_with_other_files_is_refused_and_the_rest_goes_on(
    plan: GroupingPlan, tmp_path: Path
) -> None:
    standing = tmp_path / "scenes" / plan.scenes[0].name / "before.jpg"
    standing.parent.mkdir(parents=True)
    standing.write_bytes(b"another photo")

    outcomes = [made.outcome for made in execute_plan(plan, tmp_path / "scenes")]

    assert outcomes == [Outcome.REFUSED, Outcome.MADE]
    assert standing.read_bytes() == b"another photo"


def test_photo_that_vanished_leaves_no_half_scene(
    plan: GroupingPlan, roll: Path, tmp_path: Path
) -> None:
    (roll / "IMG_3.JPG").unlink()

    first, second = execute_plan(plan, tmp_path / "scenes")

    assert (first.outcome, second.outcome) == (Outcome.REFUSED, Outcome.MADE)
    assert "cannot be copied" in first.reason
    assert sorted(path.name for path in (tmp_path / "scenes").iterdir()) == [second.name]


def test_interrupted_run_is_taken_up_again(
    plan: GroupingPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(100))
    copy = shutil.copyfile

    def interrupted(source: Path, target: Path) -> Path:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(execute_plan(plan, tmp_path / "scenes"))

    monkeypatch.setattr(shutil, "copyfile", copy)
    assert [found.name for found in find_scenes(tmp_path / "scenes")] == [plan.scenes[0].name]
    outcomes = [made.outcome for made in execute_plan(plan, tmp_path / "scenes")]
    assert outcomes == [Outcome.KEPT, Outcome.MADE]


@pytest.mark.parametrize("inside", [".", "scenes"])
def test_output_inside_the_roll_is_refused(plan: GroupingPlan, roll: Path, inside: str) -> None:
    with pytest.raises(CaptureError, match="is never written to"):
        list(execute_plan(plan, roll / inside))


def test_output_that_cannot_be_made_is_refused(plan: GroupingPlan, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CaptureError, match="cannot make"):
        list(execute_plan(plan, tmp_path / "file" / "scenes"))
