"""Photos get their roles by their names, in the spellings people use."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest

from capture_tools.capture import CaptureError
from capture_tools.scenes.roles import default_roles, parse_roles
from tests.capture_tools.kinds import SavePhoto
from tests.capture_tools.scenes.reading import read, stems


@pytest.mark.parametrize(
    "names",
    [
        ("view_0", "view_1", "view_2", "t"),
        ("view_00", "view_01", "view_02", "transmission"),
        ("1", "2", "3", "gt"),
        ("BEFORE", "Center", "After", "GT"),
    ],
)
def test_common_spellings_are_understood(
    tmp_path: Path, save_photo: SavePhoto, names: Sequence[str]
) -> None:
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
def test_five_views_have_five_roles(
    tmp_path: Path, save_photo: SavePhoto, names: Sequence[str]
) -> None:
    for name in names:
        save_photo(tmp_path / f"{name}.png")

    group = read(tmp_path, default_roles(5))

    assert stems(group) == list(names)
    assert group.centre.path.stem == names[2]


def test_other_names_are_read_through_a_pattern(tmp_path: Path, save_photo: SavePhoto) -> None:
    for name in ("x_left", "x_mid", "x_right", "x_clean"):
        save_photo(tmp_path / f"{name}.jpg")

    group = read(tmp_path, parse_roles("*_left|*_mid|*_right|*_clean,*_gt"))

    assert stems(group) == ["x_left", "x_mid", "x_right", "x_clean"]


@pytest.mark.parametrize("text", ["", "a|b", "a||b|t", "a|b|"])
def test_pattern_with_too_few_roles_is_refused(text: str) -> None:
    with pytest.raises(CaptureError, match="name every view in shooting order"):
        parse_roles(text)


def test_one_view_is_refused() -> None:
    with pytest.raises(CaptureError, match="views = 1: a scene has at least 2 views"):
        default_roles(1)


def test_names_with_accents_match_however_they_are_stored(
    tmp_path: Path, save_photo: SavePhoto
) -> None:
    for name in ("früh", "mitte", "spät", "klar"):
        save_photo(tmp_path / "Straße 5" / f"{unicodedata.normalize('NFD', name)}.jpg")

    group = read(tmp_path / "Straße 5", parse_roles("früh|mitte|spät|klar"))

    assert group.complete
    assert group.name == "Straße 5"
