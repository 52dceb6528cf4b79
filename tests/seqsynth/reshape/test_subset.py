"""Choosing sequences: by split, condition, photo and number, against bare h5py."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError, ShardError, SourceError
from seqsynth.reshape import SubsetConfig, plan_subset, reshape
from seqsynth.reshape.subset import PhotoLines, read_list, read_names
from seqsynth.settings import check_settings
from tests.seqsynth.reshape.stored import Row, assert_copies, index_of, rows_of, seal

StorePairs = Callable[..., Path]


@pytest.fixture
def chosen(tmp_path: Path, tiny_shards: Path) -> Callable[..., list[str]]:
    """Names, in the set chosen from, of what a subset of it holds."""

    def choose(
        folder: Path = tiny_shards,
        listed: frozenset[str] | None = None,
        named: frozenset[str] | None = None,
        **settings: Any,
    ) -> list[str]:
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        config = check_settings(SubsetConfig, settings)
        reshape(plan_subset(folder, config, listed=listed, named=named), out, RunConfig(jobs=1))
        assert_copies(out, folder)
        return [row.described["origin"]["name"] for row in rows_of(out)]

    return choose


Chosen = Callable[..., list[str]]


def names(folder: Path, wanted: Callable[[Row], bool] = lambda _: True) -> list[str]:
    return [row.name for row in rows_of(folder) if wanted(row)]


def splits(chosen: list[str]) -> dict[str, int]:
    return dict(Counter(name.partition("-")[0] for name in chosen))


def test_without_a_wish_everything_is_taken(chosen: Chosen, tiny_shards: Path) -> None:
    assert chosen() == names(tiny_shards)


def test_split_alone(chosen: Chosen, tiny_shards: Path) -> None:
    assert chosen(split=("val",)) == names(tiny_shards, lambda row: row.split == "val")


def test_conditions_choose_what_the_datasets_say(chosen: Chosen, tiny_shards: Path) -> None:
    found = chosen(where=("sigma>3", "source~2008_"))
    assert found == names(
        tiny_shards,
        lambda row: row.values["sigma"] > 3 and any("2008_" in photo for photo in row.photos),
    )
    assert 0 < len(found) < 24


def test_patterns_want_every_photo_to_fit(chosen: Chosen, tiny_shards: Path) -> None:
    found = chosen(sources=("2008_*", "2009_*"))
    assert found == names(
        tiny_shards, lambda row: all(photo.startswith(("2008_", "2009_")) for photo in row.photos)
    )
    assert found


def test_list_wants_every_photo_to_be_on_it(chosen: Chosen, tiny_shards: Path) -> None:
    listed = frozenset().union(*(row.photos for row in rows_of(tiny_shards)[:6]))
    found = chosen(listed=listed)
    assert found == names(tiny_shards, lambda row: row.photos <= listed)
    assert set(names(tiny_shards)[:6]) <= set(found)


def test_pairs_are_listed_by_name(chosen: Chosen, store_pairs: StorePairs) -> None:
    folder = store_pairs({"desk": (1, 3), "door": (5, 7), "tree": (9, 11)})
    assert chosen(folder, sources=("d*",)) == ["desk", "door"]
    assert chosen(folder, listed=frozenset({"tree"})) == ["tree"]


def test_names_choose_in_the_order_of_the_set(chosen: Chosen) -> None:
    named = frozenset({"val-000001", "train-000007", "train-000002"})
    assert chosen(named=named) == ["train-000002", "train-000007", "val-000001"]
    assert chosen(named=named, split=("val",)) == ["val-000001"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_is_asked_for_is_found_however_its_accents_are_stored(
    store_pairs: StorePairs, chosen: Chosen, form: Literal["NFC", "NFD"]
) -> None:
    stored, asked = (unicodedata.normalize(one, "été") for one in ("NFD", form))
    pairs = store_pairs({stored: (1, 3), "b": (5, 7)})
    assert chosen(pairs, named=frozenset({asked})) == [stored]
    assert chosen(pairs, listed=frozenset({asked})) == [stored]
    assert chosen(pairs, sources=(f"{asked}*",)) == [stored]
    assert chosen(pairs, where=(f"files.blended~{asked}",)) == [stored]


def test_names_that_no_sequence_has_are_refused(tiny_shards: Path) -> None:
    named = frozenset({"train-000002", "train-99", "gone"})
    with pytest.raises(ShardError, match=r"has no sequence 'gone', 'train-99'; take"):
        plan_subset(tiny_shards, named=named)
    many = frozenset(f"gone-{number}" for number in range(9))
    with pytest.raises(ShardError, match=r"'gone-5' and 3 more"):
        plan_subset(tiny_shards, named=many)


def test_names_are_lines_to_the_letter(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes("\ufeffporch  2\r\n\n a b\ntree\u2028x".encode())
    assert read_names(tmp_path / "names.txt") == {"porch  2", " a b", "tree\u2028x"}


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [
        (0.5, {"train": 10, "val": 3}),  # 9.5 and 2.5, halves up
        (0.1, {"train": 2, "val": 1}),  # 1.9 and 0.5
        (0.05, {"train": 1}),  # 0.95 and 0.25
        (1, {"train": 19, "val": 5}),
    ],
)
def test_fraction_is_of_every_split(
    chosen: Chosen, fraction: float, expected: dict[str, int]
) -> None:
    assert splits(chosen(fraction=fraction)) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (24, {"train": 19, "val": 5}),
        (12, {"train": 10, "val": 2}),  # 9.5 and 2.5: the first gets the tie
        (10, {"train": 8, "val": 2}),  # 7.92 and 2.08
        (1, {"train": 1}),
    ],
)
def test_count_is_shared_out_over_the_splits(
    chosen: Chosen, count: int, expected: dict[str, int]
) -> None:
    assert splits(chosen(count=count)) == expected


def test_first_are_taken_in_order(chosen: Chosen) -> None:
    assert chosen(count=5, split=("train",)) == [f"train-{number:06d}" for number in range(5)]


def test_seed_takes_others_in_the_order_of_the_set(chosen: Chosen) -> None:
    found = chosen(count=8, split=("train",), seed=1)
    assert found == sorted(found)
    assert found != chosen(count=8, split=("train",))
    assert found == chosen(count=8, split=("train",), seed=1)
    assert found != chosen(count=8, split=("train",), seed=2)


def test_larger_choice_of_a_seed_holds_the_smaller(chosen: Chosen) -> None:
    sizes = [set(chosen(count=count, split=("train",), seed=7)) for count in (4, 9, 15)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_lot_does_not_depend_on_what_else_is_asked(chosen: Chosen, tiny_shards: Path) -> None:
    fingerprint = index_of(tiny_shards)["fingerprint"]

    def lot(name: str) -> str:
        return hashlib.sha256(f"7/{fingerprint}/{name}".encode()).hexdigest()

    blurred = names(tiny_shards, lambda row: row.split == "train" and row.values["sigma"] > 3)
    for asked, among in (({}, names(tiny_shards)[:19]), ({"where": ("sigma>3",)}, blurred)):
        found = chosen(count=3, split=("train",), seed=7, **asked)
        assert found == sorted(sorted(among, key=lot)[:3])


# --- what is refused ----------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "too many": ({"count": 25}, ConfigError, "count 25 is more than the 24 sequences"),
    "none": ({"count": 0}, ConfigError, "count = 0: .*greater than or equal to 1"),
    "no fraction": ({"fraction": 0}, ConfigError, "fraction = 0: .*greater than 0"),
    "over one": ({"fraction": 1.01}, ConfigError, "less than or equal to 1"),
    "both": ({"count": 2, "fraction": 0.1}, ConfigError, "exclude each other"),
    "idle seed": ({"seed": 1}, ConfigError, "give a count or a fraction with it"),
    "no condition": ({"where": ("sigma",)}, ConfigError, "is not KEY OPERATOR VALUE"),
    "unknown key": ({"where": ("gain>1",)}, ConfigError, "no sequence has 'gain'"),
    "nothing": ({"where": ("sigma>9",)}, ShardError, "none of its 24 sequences meets all"),
    "no photo": ({"sources": ("cat*",)}, ShardError, "none of its 24 sequences meets all"),
    "absent split": ({"split": ("test",)}, ShardError, "none of its 24 sequences meets all"),
    "too few": ({"fraction": 0.01}, ConfigError, "0.01 of 24 .* is less than half .* for more"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_wishes_are_refused(tiny_shards: Path, tmp_path: Path, name: str) -> None:
    settings, error, words = WRONG[name]
    with pytest.raises(error, match=words):
        plan_subset(tiny_shards, check_settings(SubsetConfig, settings))


def test_unknown_split_of_an_index_is_named(tiny_copy: Path) -> None:
    document = index_of(tiny_copy)
    document["shards"][1]["split"] = "dev"
    seal(tiny_copy, document)
    with pytest.raises(ShardError, match=r"train-00001\.h5: split 'dev' is unknown"):
        plan_subset(tiny_copy)


def test_list_is_read_as_voc_writes_it(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("2008_000123  1\n\n2009_000007 -1\ngarden gate\n")
    listed = read_list(tmp_path / "list.txt")
    assert listed == PhotoLines(("2008_000123  1", "2009_000007 -1", "garden gate"))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_class_list_names_what_shows_the_class(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "dog_val.txt"
    path.write_text(f"{mark}2008_000123  1\r\n2009_000007 -1\r\n2009_000009  0\r\n", "utf-8")
    listed = read_list(path)
    assert listed.lines == ("2008_000123",)
    assert "1 of its 3 photos show the class (label 1) and are taken" in listed.remark


@pytest.mark.parametrize(
    "line",
    ["desk", "desk.jpg", "blended/desk.JPG", "/data/test/desk.png", "C:\\t\\desk.bmp", "desk 7"],
)
def test_listed_file_names_and_paths_are_known(
    chosen: Chosen, store_pairs: StorePairs, line: str
) -> None:
    folder = store_pairs({"desk": (1, 3), "desk2": (5, 7), "tree": (9, 11)})
    assert chosen(folder, listed=[line]) == ["desk"]


def test_what_nothing_shows_is_named(store_pairs: StorePairs) -> None:
    folder = store_pairs({"desk": (1, 3), "tree": (9, 11)})
    plan = plan_subset(folder, listed=["tree.jpg", "p77", "desk"])
    assert (plan.sequences, plan.unknown) == (2, ("p77",))
    with pytest.raises(ShardError, match=r"any of the 2 listed, p77, p78; it has names like"):
        plan_subset(folder, listed=["p77", "p78"])


@pytest.mark.parametrize("read", [read_list, read_names])
@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"\n \n", "names nothing"), (b"\xff\xfe", "is not UTF-8")],
)
def test_wrong_list_is_named(
    tmp_path: Path, read: Callable[[Path], object], content: bytes | None, words: str
) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"list\.txt.*{words}"):
        read(path)


def test_list_is_recorded_by_its_hash(tiny_shards: Path, tmp_path: Path) -> None:
    ids = sorted({photo for row in rows_of(tiny_shards)[:6] for photo in row.photos})
    plan = plan_subset(tiny_shards, listed=frozenset(ids))
    reshape(plan, tmp_path, RunConfig(jobs=1))
    text = '{"sources":[' + ",".join(f'"{one}"' for one in ids) + "]}"
    stated = index_of(tmp_path)["configuration"]["derived"]["listed"]
    assert stated == hashlib.sha256(text.encode()).hexdigest()


def test_names_are_recorded_by_their_hash(tiny_shards: Path, tmp_path: Path) -> None:
    reshape(plan_subset(tiny_shards, named=frozenset({"val-000001"})), tmp_path, RunConfig(jobs=1))
    stated = index_of(tmp_path)["configuration"]["derived"]["named"]
    assert stated == hashlib.sha256(b'{"names":["val-000001"]}').hexdigest()
