"""Where photos are found, what a list means, and how photos are divided into pools."""

import os
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import SourceError
from seqsynth.voc import find_photos, split_pools


def make_files(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def make_voc(folder: Path, *, lists: str = "Main", **ids: str) -> Path:
    """Make a VOC folder of five photos, a to e, with lists by name."""
    make_files(folder / "JPEGImages", *(f"{name}.jpg" for name in "abcde"))
    for name, text in ids.items():
        (folder / "ImageSets" / lists).mkdir(parents=True, exist_ok=True)
        (folder / "ImageSets" / lists / f"{name}.txt").write_text(text)
    return folder


# Finding


@pytest.mark.parametrize("above", ["", "..", "../.."], ids=["folder", "devkit", "above"])
def test_voc_folder_is_found_from_above(tmp_path, above):
    voc = make_voc(tmp_path / "VOCdevkit" / "VOC2012", train="a\nb\n")
    photos = find_photos((voc / above).resolve())
    assert (photos.folder, list(photos.files)) == (voc / "JPEGImages", ["a", "b"])


def test_two_years_have_to_be_told_apart(tmp_path):
    make_voc(tmp_path / "VOC2007")
    make_voc(tmp_path / "VOC2012")
    with pytest.raises(SourceError, match=r"holds VOC2007, VOC2012; name one of these folders"):
        find_photos(tmp_path)


def test_folder_around_a_voc_folder_is_refused_for_its_masks(tmp_path):
    make_voc(tmp_path / "kaggle" / "train_val")
    make_files(tmp_path / "kaggle" / "train_val" / "SegmentationClass", "a.png")
    with pytest.raises(SourceError, match=r"holds a VOC folder, .*/kaggle/train_val; give that"):
        find_photos(tmp_path)


def test_main_lists_come_before_segmentation_lists(tmp_path):
    make_voc(tmp_path, train="a\n")
    make_voc(tmp_path, lists="Segmentation", train="b\n")
    assert list(find_photos(tmp_path).files) == ["a"]


def test_segmentation_lists_serve_where_there_are_no_others(tmp_path):
    make_voc(tmp_path, lists="Segmentation", train="b\n", val="c\n")
    assert list(find_photos(tmp_path).files) == ["b"]
    assert list(find_photos(tmp_path, "val").files) == ["c"]


def test_voc_folder_without_lists_gives_all(tmp_path):
    photos = find_photos(make_voc(tmp_path))
    assert (photos.name, list(photos.files)) == ("all", list("abcde"))


@pytest.mark.parametrize("name", ["train", "val", "trainval"])
def test_official_list_is_chosen_by_name(tmp_path, name):
    voc = make_voc(tmp_path, train="a\n", val="b\n", trainval="a\nb\n")
    expected = {"train": ["a"], "val": ["b"], "trainval": ["a", "b"]}[name]
    assert list(find_photos(voc, name).files) == expected


def test_all_is_every_file_whatever_the_lists(tmp_path):
    assert len(find_photos(make_voc(tmp_path, train="a\n"), "all").files) == 5


def test_plain_folder_is_searched_below_but_for_hidden_and_other_files(tmp_path):
    make_files(tmp_path, "b.PNG", "deep/er/a.jpeg", ".hidden/c.jpg", ".d.jpg", "e.txt", "f.gif")
    photos = find_photos(tmp_path)
    assert dict(photos.files) == {"b": "b.PNG", "deep/er/a": "deep/er/a.jpeg"}
    assert photos.path("deep/er/a") == tmp_path / "deep/er/a.jpeg"


def test_folder_named_like_a_photo_is_no_photo(tmp_path):
    make_files(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").mkdir()
    assert list(find_photos(tmp_path).files) == ["a"]


def test_dots_within_a_name_belong_to_the_id(tmp_path):
    assert list(find_photos(make_files(tmp_path, "img.0001.jpg")).files) == ["img.0001"]


# Lists


@pytest.mark.parametrize(
    "text",
    [
        "a\nc\n",
        "a.jpg\nc.JPG\n",
        "a 7 x\nc  2 y\n",
        "\n a \n\nc",
        "a\r\nc\r\n",
        "\ufeffa\nc\n",
        "a\nc\na\n",
        "/mnt/data/VOC2012/JPEGImages/a.jpg\nJPEGImages/c.jpg\n",
        "C:\\VOC2012\\JPEGImages\\a.jpg\nc.jpg\n",
        "/JPEGImages/a.jpg /SegmentationClass/a.png\n/JPEGImages/c.jpg /SegmentationClass/c.png\n",
    ],
    ids=[
        *("plain", "suffix", "columns", "blanks", "crlf", "mark", "twice"),
        *("paths", "windows", "masks"),
    ],
)
def test_list_file_may_be_written_many_ways(tmp_path, text):
    voc = make_voc(tmp_path / "voc", train="b\n")
    (tmp_path / "mine.txt").write_text(text, newline="")
    photos = find_photos(voc, str(tmp_path / "mine.txt"))
    assert (photos.name, list(photos.files)) == ("mine.txt", ["a", "c"])


def test_listed_id_may_hold_blanks(tmp_path):
    make_files(tmp_path / "photos", "my cat.jpg", "my.jpg")
    (tmp_path / "mine.txt").write_text("my cat.jpg\n")
    assert list(find_photos(tmp_path / "photos", str(tmp_path / "mine.txt")).files) == ["my cat"]


def test_listed_id_may_lie_in_a_subfolder(tmp_path):
    make_files(tmp_path / "photos", "one/a.jpg", "two/a.jpg")
    (tmp_path / "mine.txt").write_text("two/a\n")
    assert dict(find_photos(tmp_path / "photos", str(tmp_path / "mine.txt")).files) == {
        "two/a": "two/a.jpg"
    }


def test_list_that_is_no_text(tmp_path):
    (tmp_path / "mine.txt").write_bytes(b"\xff\xd8\xff\xe0" * 9)
    with pytest.raises(SourceError, match=r"mine.txt: is no list of ids"):
        find_photos(make_voc(tmp_path / "voc"), str(tmp_path / "mine.txt"))


def test_list_that_may_not_be_read(tmp_path, monkeypatch):
    voc = make_voc(tmp_path, train="a\n")

    def refuse(path: Path, **_: Any) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(SourceError, match=r"train.txt: cannot be read \(Permission denied\)"):
        find_photos(voc)


# Pools


IDS = [f"photo{number:03d}" for number in range(41)]


def test_pools_are_disjoint_equal_and_complete():
    pools = split_pools(IDS, 7, 0.1)
    lists = [*pools.of("train"), *pools.of("val"), pools.unused]
    assert sorted(name for ids in lists for name in ids) == IDS
    assert [len(ids) for ids in lists] == [18, 18, 2, 2, 1]


@pytest.mark.parametrize(
    ("count", "fraction", "held"),
    [
        (40, 0, 0),
        (40, 0.01, 1),
        (40, 0.05, 1),
        (40, 0.075, 2),
        (40, 0.125, 3),
        (40, 0.5, 10),
        (4, 0.05, 1),
    ],
)
def test_held_back_share_is_rounded_half_up_and_at_least_one(count, fraction, held):
    pools = split_pools(IDS[:count], 0, fraction)
    assert [len(ids) for ids in pools.of("val")] == [held, held]
    assert [len(ids) for ids in pools.of("train")] == [count // 2 - held] * 2


def test_pools_do_not_depend_on_the_order_of_the_list():
    assert split_pools(IDS[::-1], 3, 0.1) == split_pools(IDS, 3, 0.1)


def test_ids_are_sorted_by_bytes_not_by_letters():
    ids = ["é", "z", "Z", "a"]
    assert split_pools(ids, 0, 0) == split_pools(sorted(ids, key=os.fsencode), 0, 0)
    assert sorted(ids, key=os.fsencode) == ["Z", "a", "z", "é"]


def test_seed_decides_the_pools():
    assert split_pools(IDS, 1, 0.1) != split_pools(IDS, 2, 0.1)


def test_every_photo_may_come_into_every_pool():
    seen = [set[str]() for _ in range(5)]
    for seed in range(200):
        pools = split_pools(IDS[:9], seed, 0.25)
        for place, ids in zip(
            seen, (*pools.of("train"), *pools.of("val"), pools.unused), strict=True
        ):
            place.update(ids)
    assert seen == [set(IDS[:9])] * 5


@pytest.mark.parametrize(("count", "fraction", "needed"), [(3, 0.05, 4), (1, 0, 2), (0, 0, 2)])
def test_too_few_photos_are_refused(count, fraction, needed):
    with pytest.raises(SourceError, match=f"{count} photos are too few: {needed} are needed"):
        split_pools(IDS[:count], 0, fraction)


def test_moved_folder_gives_the_same_photos(tmp_path):
    voc = make_voc(tmp_path / "here" / "VOC2012", train="a\nc\n")
    shutil.copytree(voc, tmp_path / "there")
    assert dict(find_photos(voc).files) == dict(find_photos(tmp_path / "there").files)


# Other files


def test_files_of_other_kinds_and_litter_are_no_photos(tmp_path):
    make_files(tmp_path, "a.jpg", "._a.jpg", "__MACOSX/b.jpg", "@eaDir/c.jpg", "Thumbs.db")
    make_files(tmp_path, *(f"IMG_{number}.CR2" for number in range(6)))
    photos = find_photos(tmp_path)
    assert list(photos.files) == ["a"]
    assert photos.left_out == "6 files of other kinds left out: .cr2"


def test_heic_counts_and_its_jpeg_comes_first(tmp_path):
    photos = find_photos(make_files(tmp_path, "a.HEIC", "b.heic", "b.jpg"))
    assert dict(photos.files) == {"a": "a.HEIC", "b": "b.jpg"}


def test_linked_folder_of_photos_counts_once(tmp_path):
    make_files(tmp_path / "photos", "a.jpg")
    make_files(tmp_path / "disk", "b.jpg")
    for name in ("one", "two"):
        (tmp_path / "photos" / name).symlink_to(tmp_path / "disk")
    (tmp_path / "photos" / "loop").symlink_to(tmp_path)
    assert list(find_photos(tmp_path / "photos").files) == ["a", "one/b"]


def test_photos_below_the_output_are_no_input(tmp_path):
    make_files(tmp_path, "a.jpg", "out/b.jpg")
    assert list(find_photos(tmp_path, outside=(tmp_path / "out",)).files) == ["a"]


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("listed", ["NFC", "NFD"])
def test_listed_id_is_found_however_its_accents_are_stored(tmp_path, stored, listed):
    photo_id = unicodedata.normalize(stored, "été")
    make_files(tmp_path / "photos", f"{photo_id}.jpg", "b.jpg")
    (tmp_path / "mine.txt").write_text(unicodedata.normalize(listed, "été\n"))
    photos = find_photos(tmp_path / "photos", str(tmp_path / "mine.txt"))
    assert list(photos.files) == [photo_id]


# VOC's class lists


CLASS = "a  1\nb -1\nc  0\nd -1\ne  1\n"


@pytest.mark.parametrize(
    "name",
    ["dog_train", "dog_train.txt", "Main/dog_train", "{voc}/ImageSets/Main/dog_train.txt"],
)
def test_class_list_gives_what_shows_the_class(tmp_path, name):
    voc = make_voc(tmp_path / "voc", train="a\nb\n", dog_train=CLASS)
    photos = find_photos(voc, name.format(voc=voc))
    assert (photos.name, list(photos.files)) == ("dog_train.txt", ["a", "e"])
    assert photos.remark.endswith(
        "dog_train.txt: a class list: 2 of its 5 photos show the class (label 1) and are taken; "
        "left out: 1 difficult (0), 2 without it (-1)"
    )


def test_list_of_an_action_gives_photos_in_which_somebody_does_it(tmp_path):
    voc = make_voc(tmp_path, train="a\n")
    make_voc(tmp_path, lists="Action", jumping_val="a 1 -1\na 2  1\nb 1 -1\nc 1  1\n")
    assert list(find_photos(voc, "jumping_val").files) == ["a", "c"]


def test_photos_whose_names_end_like_labels_are_no_class_list(tmp_path):
    make_files(tmp_path / "photos", "walk 1.jpg", "walk 0.jpg", "sea.jpg")
    (tmp_path / "mine.txt").write_text("walk 1\nwalk 0\n")
    photos = find_photos(tmp_path / "photos", str(tmp_path / "mine.txt"))
    assert (list(photos.files), photos.remark) == (["walk 1", "walk 0"], "")


@pytest.mark.parametrize("text", ["a 2\nb 1\n", "a 0.7\nb -0.1\n", "a dog\nb cat\n"])
def test_list_whose_further_words_have_no_say_says_so(tmp_path, text):
    photos = find_photos(make_voc(tmp_path, train="a\n", mine_train=text), "mine_train")
    assert list(photos.files) == ["a", "b"]
    assert photos.remark.endswith("no class list; what follows the ids on its lines has no say")


def test_class_that_no_photo_shows_is_refused(tmp_path):
    voc = make_voc(tmp_path, train="a\n", cat_train="a -1\nb  0\n")
    with pytest.raises(SourceError, match=r"cat_train\.txt: it is a class list: 0 of its 2 photos"):
        find_photos(voc, "cat_train")


def test_list_that_is_nowhere_is_refused_with_where_lists_lie(tmp_path):
    voc = make_voc(tmp_path, train="a\n")
    with pytest.raises(SourceError, match=r"a list of .*ImageSets by its name, or a file of ids"):
        find_photos(voc, "cow_train")
