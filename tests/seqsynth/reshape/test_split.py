"""Dividing a set anew: no photo on two sides, the numbers asked for, the same pictures."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError, SourceError
from seqsynth.reshape import SplitConfig, plan_split, reshape
from seqsynth.settings import check_settings
from seqsynth.shards import verify_shards
from tests.seqsynth.reshape.stored import (
    assert_copies,
    assert_disjoint,
    by_name,
    contents,
    index_of,
    rows_of,
    seal,
)

MakeShards = Callable[..., Path]
StorePairs = Callable[..., Path]


def split(folder: Path, out: Path, **settings: Any) -> Path:
    config = check_settings(SplitConfig, settings)
    reshape(plan_split(folder, config), out, RunConfig(jobs=1))
    assert [f for f in verify_shards(out) if not hasattr(f, "sha256")] == []
    assert_copies(out, folder)
    return out


def counts(folder: Path) -> Counter[str]:
    return Counter(row.split for row in rows_of(folder))


def groups(folder: Path) -> list[set[str]]:
    """Photos of each group of sequences that share any, by joining sets until none meet."""
    joined: list[set[str]] = []
    for row in rows_of(folder):
        meeting = [one for one in joined if one & row.photos]
        joined = [one for one in joined if not one & row.photos]
        joined.append(row.photos.union(*meeting))
    return joined


def test_splits_show_no_photo_together(loose: Path, tmp_path: Path) -> None:
    out = split(loose, tmp_path, val_fraction=0.2, test_fraction=0.1)
    assert_disjoint(out)
    found = counts(out)
    assert found.total() == 24
    assert 3 <= found["val"] <= 7
    assert 1 <= found["test"] <= 4


def test_groups_of_photos_are_on_one_side(loose: Path, tmp_path: Path) -> None:
    rows = rows_of(split(loose, tmp_path, val_count=6))
    assert max(map(len, groups(loose))) > 2  # some sequences do share photos
    for group in groups(loose):
        assert len({row.split for row in rows if row.photos & group}) == 1


def test_division_depends_on_the_seed_alone(loose: Path, tmp_path: Path) -> None:
    for place, seed in enumerate((1, 1, 2)):
        split(loose, tmp_path / str(place), val_count=6, seed=seed)
    assert contents(tmp_path / "0") == contents(tmp_path / "1")
    origins = [
        {row.described["origin"]["name"] for row in rows_of(tmp_path / n) if row.split == "val"}
        for n in "12"
    ]
    assert origins[0] != origins[1]


def test_sets_whose_photos_hang_together_are_refused_with_what_was_found(
    tight: Path, tmp_path: Path
) -> None:
    sizes = sorted(
        sum(bool(row.photos & group) for row in rows_of(tight)) for group in groups(tight)
    )
    assert sizes[-1] > 30
    with pytest.raises(SourceError) as error:
        split(tight, tmp_path, test_count=12)
    found = f"{len(sizes)} groups, the largest of {sizes[-1]}, the smallest of {sizes[0]}"
    assert found in str(error.value)
    assert "--drop-straddling" in str(error.value)


def test_straddling_sequences_are_left_out_and_counted(tight: Path, tmp_path: Path) -> None:
    out = split(tight, tmp_path, test_count=4, val_count=4, drop_straddling=True)
    assert_disjoint(out)
    found = counts(out)
    assert found["test"] >= 4
    assert found["val"] >= 4
    assert found["train"] > 0
    lost = 40 - found.total()
    assert lost > 0
    assert index_of(out)["sources"]["left_out"] == {"straddling": lost}


def test_pictures_of_every_blend_stay_with_their_split(
    make_shards: MakeShards, tmp_path: Path
) -> None:
    folder = make_shards(tmp_path / "set", blend="linear", compression="gzip")
    assert_disjoint(split(folder, tmp_path / "out", val_count=3, drop_straddling=True))


def test_kept_split_stays(tiny_shards: Path, tmp_path: Path) -> None:
    out = split(tiny_shards, tmp_path, test_count=2, keep=("val",), drop_straddling=True)
    assert_disjoint(out)
    kept = {r.described["origin"]["name"] for r in rows_of(out) if r.split == "val"}
    assert kept == {row.name for row in rows_of(tiny_shards) if row.split == "val"}


def test_all_may_become_training(tiny_shards: Path, tmp_path: Path) -> None:
    assert counts(split(tiny_shards, tmp_path, val_count=0)) == {"train": 24}


def test_pairs_that_share_a_truth_stay_together(store_pairs: StorePairs, tmp_path: Path) -> None:
    # Eight truths, three blended photos of each.
    pairs = {
        f"{truth}{n}": (100 + 2 * (3 * truth + n), 2 * truth)
        for truth in range(8)
        for n in range(3)
    }
    rows = by_name(split(store_pairs(pairs), tmp_path, val_count=6, test_count=3))
    sides = {truth: {rows[f"{truth}{n}"].split for n in range(3)} for truth in range(8)}
    assert all(len(of) == 1 for of in sides.values())
    assert Counter(next(iter(of)) for of in sides.values()) == {"train": 5, "val": 2, "test": 1}


def test_pairs_say_their_new_split(store_pairs: StorePairs, tmp_path: Path) -> None:
    pairs = {str(n): (2 * n, 100 + 2 * n) for n in range(6)}
    out = split(store_pairs(pairs), tmp_path, val_count=2)
    stated = {name: pair["split"] for name, pair in index_of(out)["sources"]["pairs"].items()}
    assert stated == {row.name: row.split for row in rows_of(out)}


def test_what_agrees_stays_together(store_pairs: StorePairs, tmp_path: Path) -> None:
    folder = store_pairs({str(n): (2 * n, 100 + 2 * n) for n in range(12)})
    document = index_of(folder)
    for entry in document["shards"]:
        for number, described in enumerate(entry["sequences"]):
            described["notes"] = {"place": "abc"[number % 3]}
    seal(folder, document)
    out = split(folder, tmp_path, val_count=4, by=("notes.place",))
    places = {row.described["notes"]["place"]: row.split for row in rows_of(out)}
    assert Counter(places.values()) == {"train": 2, "val": 1}
    assert all(places[r.described["notes"]["place"]] == r.split for r in rows_of(out))


def test_pools_name_the_test_photos_too(loose: Path, tmp_path: Path) -> None:
    out = split(loose, tmp_path, val_count=4, test_count=4)
    pools = index_of(out)["sources"]["pools"]
    for name in ("train", "val", "test"):
        shown = {photo for row in rows_of(out) if row.split == name for photo in row.photos}
        assert {*pools[name]["transmission"], *pools[name]["reflection"]} == shown


# --- what is refused ----------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "nothing says how to divide; give --val-fraction"),
    "negative": ({"val_fraction": -0.1}, r"val_fraction = -0\.1: .*greater than or equal to 0"),
    "over one": ({"test_fraction": 1.5}, r"test_fraction = 1\.5: .*less than or equal to 1"),
    "more than all": ({"val_fraction": 0.6, "test_fraction": 0.6}, "are more than all; lower one"),
    "both": ({"val_fraction": 0.1, "val_count": 3}, "exclude each other; give one"),
    "too many": ({"val_count": 20, "test_count": 5}, "more than the 24 sequences there are"),
    "unknown key": ({"val_count": 2, "by": ("weather",)}, "no sequence has 'weather'; there are"),
    "unknown split": ({"val_count": 2, "keep": ("dev",)}, "keep.0 = 'dev'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_are_refused(tiny_shards: Path, tmp_path: Path, name: str) -> None:
    settings, words = WRONG[name]
    with pytest.raises(ConfigError, match=words):
        split(tiny_shards, tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_message_is_one_line(tight: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        split(tight, tmp_path, test_count=12)
    assert re.fullmatch(r"[^\n]+", str(error.value))
