"""Whoever lists a folder finds the same pictures, and says what is left out."""

import os
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import SourceError
from seqsynth.pictures import is_litter, lies_in, list_pictures, same_name
from seqsynth.pictures.folders import describe_others, walk

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Lay empty files by name into a folder: ``lay("photos", "a.jpg", "deep/b.png")``."""

    def make(folder: str, *names: str) -> Path:
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / folder

    return make


def test_pictures_are_found_at_any_depth_in_the_order_of_their_bytes(lay: Lay) -> None:
    folder = lay("photos", "b.JPG", "é.png", "Z.tif", "deep/er/a.webp", "c.HEIC")
    assert list_pictures(folder).files == ("Z.tif", "b.JPG", "c.HEIC", "deep/er/a.webp", "é.png")
    assert list_pictures(folder).paths()[0] == folder / "Z.tif"


@pytest.mark.parametrize(
    "litter",
    [
        "._a.jpg",
        ".hidden.png",
        ".git/a.png",
        "__MACOSX/a.jpg",
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "Thumbs.db",
        "thumbs.db",
        ".DS_Store",
        "desktop.ini",
        "$RECYCLE.BIN/a.jpg",
        "@Recycle/a.jpg",
        "#snapshot/a.jpg",
        "lost+found/a.jpg",
    ],
)
def test_litter_is_neither_found_nor_counted(lay: Lay, litter: str) -> None:
    found = list_pictures(lay("photos", "a.jpg", litter, f"deep/{litter}"))
    assert (found.files, found.others) == (("a.jpg",), {})


def test_folder_that_is_hidden_itself_is_searched(lay: Lay) -> None:
    assert list_pictures(lay(".photos", "a.jpg")).files == ("a.jpg",)


def test_files_of_other_kinds_are_counted_by_suffix(lay: Lay) -> None:
    found = list_pictures(lay("photos", "a.jpg", "b.CR2", "deep/c.cr2", "notes.txt", "README"))
    assert found.others == {".cr2": 2, ".txt": 1, "": 1}
    assert found.describe_left_out() == "4 files of other kinds left out: .cr2, no suffix, .txt"
    assert list_pictures(lay("clean", "a.jpg")).describe_left_out() == ""


def test_many_kinds_are_counted_not_all_named() -> None:
    told = describe_others({f".{letter}": 1 for letter in "abcdefghi"})
    assert told == "9 files of other kinds left out: .a, .b, .c, .d, .e, .f and 3 more"


def test_suffix_that_would_steer_a_terminal_is_shown_escaped() -> None:
    assert describe_others({".\x1b[31m": 1}) == "1 file of other kinds left out: .\\x1b[31m"


def test_heic_without_its_library_is_named_with_the_way_to_read_it(lay: Lay, monkeypatch) -> None:
    folder = lay("photos", "a.jpg", *(f"{number}.heic" for number in range(6)))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    found = list_pictures(folder)
    assert found.files == ("a.jpg",)
    assert found.describe_left_out() == (
        "6 files of other kinds left out: .heic (pip install 'seqsynth[heif]' to read them)"
    )


def test_photo_handed_out_twice_is_taken_once(lay: Lay) -> None:
    found = list_pictures(lay("photos", "a.HEIC", "a.JPG", "deep/a.heic", "b.heic"))
    assert (found.files, found.doubles) == (("a.JPG", "b.heic", "deep/a.heic"), ("a.HEIC",))
    assert found.describe_left_out() == "1 HEIC file left out beside a photo of the same name"


def test_linked_folder_is_followed_once(lay: Lay) -> None:
    folder, disk = lay("photos", "a.jpg"), lay("disk", "b.jpg")
    for name in ("one", "two"):
        (folder / name).symlink_to(disk)
    assert list_pictures(folder).files == ("a.jpg", "one/b.jpg")


def test_folder_keeps_its_own_place_before_that_of_a_link(lay: Lay) -> None:
    folder = lay("photos", "real/b.jpg")
    (folder / "alias").symlink_to(folder / "real")
    assert list_pictures(folder).files == ("real/b.jpg",)


@pytest.mark.parametrize("target", [".", "..", "../..", "deep"])
def test_loops_are_cut(lay: Lay, target: str) -> None:
    folder = lay("photos", "a.jpg", "deep/b.jpg")
    lay("elsewhere", "c.jpg")
    (folder / "deep" / "loop").symlink_to(folder / target, target_is_directory=True)
    assert list_pictures(folder).files == ("a.jpg", "deep/b.jpg")


def test_links_of_links_end(lay: Lay) -> None:
    folder, one, two = lay("photos", "a.jpg"), lay("one", "b.jpg"), lay("two", "c.jpg")
    (folder / "x").symlink_to(one)
    (one / "y").symlink_to(two)
    (two / "z").symlink_to(one)
    assert list_pictures(folder).files == ("a.jpg", "x/b.jpg", "x/y/c.jpg")


def test_what_lies_below_the_output_is_no_input_by_any_way(lay: Lay) -> None:
    folder = lay("photos", "a.jpg", "out/b.jpg", "out/deep/c.jpg", "outer/d.jpg")
    (folder / "again").symlink_to(folder / "out")
    found = list_pictures(folder, outside=(folder / "out", folder / "not-there"))
    assert found.files == ("a.jpg", "outer/d.jpg")


def test_output_into_the_folder_itself_hides_nothing(lay: Lay) -> None:
    folder = lay("photos", "a.jpg")
    assert list_pictures(folder, outside=(folder,)).files == ("a.jpg",)


def test_link_to_nothing_is_found_so_that_it_is_named_when_it_is_read(lay: Lay) -> None:
    folder = lay("photos", "a.jpg")
    (folder / "gone.jpg").symlink_to(folder / "nowhere")
    assert list_pictures(folder).files == ("a.jpg", "gone.jpg")


def test_link_to_itself_is_found_so_that_it_is_named_when_it_is_read(lay: Lay) -> None:
    folder = lay("photos", "a.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "loop").symlink_to("loop")
    found = list_pictures(folder)
    assert (found.files, found.others) == (("a.jpg", "loop.jpg"), {"": 1})


def test_pipe_named_like_a_photo_is_never_opened(lay: Lay) -> None:
    folder = lay("photos", "a.jpg")
    os.mkfifo(folder / "b.jpg")
    assert list_pictures(folder).files == ("a.jpg",)


def test_folder_that_may_not_be_read_is_named(lay: Lay, monkeypatch) -> None:
    folder = lay("photos", "deep/a.jpg")
    scan = os.scandir

    def refuse(path: str | Path) -> Any:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match=r"deep: cannot be read \(Permission denied\)"):
        list_pictures(folder)


def test_walk_shows_every_folder_once(lay: Lay) -> None:
    folder = lay("photos", "a/1.txt", "b/c/2.txt")
    seen = [(found.path, found.folders, found.files) for found in walk(folder)]
    assert seen == [
        (folder, ("a", "b"), ()),
        (folder / "a", (), ("1.txt",)),
        (folder / "b", ("c",), ()),
        (folder / "b" / "c", (), ("2.txt",)),
    ]


def test_names_are_compared_however_their_accents_are_stored() -> None:
    name = "é/ü.jpg"
    assert same_name(unicodedata.normalize("NFD", name)) == same_name(name) == name


def test_hidden_is_told_by_the_name_alone() -> None:
    assert [is_litter(name) for name in (".a", "THUMBS.DB", "a.jpg")] == [True, True, False]


def test_place_below_a_folder_is_found_through_links(lay: Lay) -> None:
    folder = lay("photos", "a.jpg")
    (folder.parent / "link").symlink_to(folder)
    assert lies_in(folder.parent / "link" / "a.jpg", [folder])
    assert not lies_in(folder.parent / "photos-2", [folder])
