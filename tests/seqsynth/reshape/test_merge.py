"""Joining sets: what one holds out another must not train on, and nothing may be there twice."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError, LeakError, ShardError
from seqsynth.reshape import MergeConfig, SubsetConfig, plan_merge, plan_subset, reshape
from seqsynth.shards import open_shards, verify_shards
from tests.seqsynth.reshape.stored import (
    assert_copies,
    assert_disjoint,
    index_of,
    rows_of,
    seal,
)

MakeShards = Callable[..., Path]
StorePairs = Callable[..., Path]


def merge(out: Path, *sets: Path, **settings: Any) -> Path:
    reshape(plan_merge(sets, MergeConfig(**settings)), out, RunConfig(jobs=1))
    assert [f for f in verify_shards(out) if not hasattr(f, "sha256")] == []
    return out


def leaking(one: Path, other: Path) -> tuple[set[str], int]:
    """Photos that train in one set and are held out in the other, and how many use them."""
    photos: set[str] = set()
    number = 0
    for a, b in ((one, other), (other, one)):
        held = {p for row in rows_of(b) if row.split == "val" for p in row.photos}
        users = [row for row in rows_of(a) if row.split == "train" and row.photos & held]
        photos |= {p for row in users for p in row.photos & held}
        number += len(users)
    return photos, number


# --- leaks --------------------------------------------------------------------------------------


def test_merge_that_leaks_is_refused_with_photos_and_numbers(
    tiny_shards: Path, rival: Path
) -> None:
    photos, users = leaking(tiny_shards, rival)
    with pytest.raises(LeakError) as error:
        plan_merge([tiny_shards, rival])
    words = str(error.value)
    assert words.startswith(f"{len(photos)} photos or scenes would be in two splits at once")
    named = re.findall(r"(20\d\d_\d{6}) \(train in", words)
    assert len(named) == 3
    assert set(named) <= photos
    assert f"--drop-leaks leaves out what would leak, {users} of 48 sequences" in words


def test_leak_names_both_sequences(tiny_shards: Path, rival: Path) -> None:
    with pytest.raises(LeakError) as error:
        plan_merge([tiny_shards, rival])
    photo, *names = re.search(
        r"(\S+) \(train in \S+: (\S+), val in \S+: (\S+)\)", str(error.value)
    ).groups()  # type: ignore[union-attr]  # the words are there, as the test before proves
    train, val = names
    shown = {row.name: row.photos for row in [*rows_of(tiny_shards), *rows_of(rival)]}
    assert train.startswith("train-")
    assert val.startswith("val-")
    assert any(
        photo in {p.name: p.photos for p in rows_of(a)}[train]
        and photo in {p.name: p.photos for p in rows_of(b)}[val]
        for a, b in ((tiny_shards, rival), (rival, tiny_shards))
    ), shown


def test_leaks_are_dropped_from_training_alone(
    tiny_shards: Path, rival: Path, tmp_path: Path
) -> None:
    _, users = leaking(tiny_shards, rival)
    merge(tmp_path, tiny_shards, rival, drop_leaks=True)
    assert_disjoint(tmp_path)
    assert_copies(tmp_path, tiny_shards, rival)
    rows = rows_of(tmp_path)
    assert len(rows) == 48 - users
    assert sum(row.split == "val" for row in rows) == 10
    assert index_of(tmp_path)["sources"]["left_out"] == {"leaks": users}


def test_photo_that_is_reflected_in_one_and_behind_glass_in_the_other_leaks(
    make_shards: MakeShards, tiny_shards: Path, tmp_path: Path
) -> None:
    # By construction of the pools no T of training is a T of validation in one set alone.
    held = {p for row in rows_of(tiny_shards) if row.split == "val" for p in row.photos}
    for seed in range(30, 60):
        other = make_shards(tmp_path / str(seed), seed=seed, sequences=6, val_fraction=0)
        crossing = [
            row
            for row in rows_of(other)
            if held & row.photos and not held & {row.values["source"][0].decode()}
        ]
        if crossing and not any(row.values["source"][0].decode() in held for row in rows_of(other)):
            break
    else:
        pytest.fail("no seed crosses the layers alone")
    with pytest.raises(LeakError, match="two splits"):
        plan_merge([tiny_shards, other])


def test_sets_of_other_photos_are_joined(tiny_shards: Path, garden: Path, tmp_path: Path) -> None:
    assert len(rows_of(merge(tmp_path, tiny_shards, garden))) == 34


def test_training_sets_alone_do_not_leak(tiny_shards: Path, rival: Path, tmp_path: Path) -> None:
    parts = []
    for number, folder in enumerate((tiny_shards, rival)):
        parts.append(tmp_path / str(number))
        config = SubsetConfig(split=("train",))
        reshape(plan_subset(folder, config), parts[-1], RunConfig(jobs=1))
    assert {row.split for row in rows_of(merge(tmp_path / "out", *parts))} == {"train"}


def test_validation_gives_way_to_testing(tiny_shards: Path, tmp_path: Path) -> None:
    val = tmp_path / "val"
    reshape(plan_subset(tiny_shards, SubsetConfig(split=("val",))), val, RunConfig(jobs=1))
    test = as_split(val, "test", tmp_path / "test")
    with pytest.raises(LeakError, match=r"\(val in \S+: val-00000\d, test in \S+: test-00000\d\)"):
        plan_merge([val, test])
    plan = plan_merge([val, test, tiny_shards], MergeConfig(drop_leaks=True, drop_duplicates=True))
    # What leaks itself holds nothing out: training keeps the photos of no other set's testing.
    assert {task.split for task in plan.tasks} == {"train", "test"}


def as_split(folder: Path, split: str, out: Path) -> Path:
    """Copy a set whose sequences are all of another split, by bare h5py."""
    shutil.copytree(folder, out)
    document = index_of(out)
    for entry in document["shards"]:
        path = out / entry["file"]
        with h5py.File(path, "r+") as shard:
            shard.attrs["split"] = split
        entry["split"] = split
        entry["bytes"] = path.stat().st_size
        entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    seal(out, document)
    return out


def test_three_sets_are_held_against_one_another(
    tiny_shards: Path, garden: Path, rival: Path
) -> None:
    with pytest.raises(LeakError):
        plan_merge([tiny_shards, garden, rival])


# --- twice --------------------------------------------------------------------------------------


def test_set_merged_with_itself_is_refused(tiny_shards: Path) -> None:
    with pytest.raises(
        LeakError, match=r"24 sequences are there twice: .*train-000000 is .*000000"
    ):
        plan_merge([tiny_shards, tiny_shards])


def test_longer_run_of_one_seed_is_recognised(make_shards: MakeShards, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"val_fraction": 0, "seed": 3}
    short = make_shards(tmp_path / "short", sequences=5, **settings)
    long = make_shards(tmp_path / "long", sequences=8, **settings)
    assert index_of(short)["fingerprint"] != index_of(long)["fingerprint"]
    with pytest.raises(LeakError, match="5 sequences are there twice"):
        plan_merge([short, long])
    merge(tmp_path / "out", short, long, drop_duplicates=True)
    assert index_of(tmp_path / "out")["sources"]["left_out"] == {"duplicates": 5}
    layers = [row.values["reflection_layer"].tobytes() for row in rows_of(tmp_path / "out")]
    assert len(layers) == len(set(layers)) == 8


def test_equal_draws_of_other_pixels_are_no_duplicates(
    make_shards: MakeShards, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"val_fraction": 0, "sequences": 5, "attenuation": 0.0}
    soft = make_shards(tmp_path / "soft", kernel=11, **settings)
    sharp = make_shards(tmp_path / "sharp", kernel=3, **settings)
    for one, other in zip(rows_of(soft), rows_of(sharp), strict=True):
        for name in ("source", "sigma", "attenuation", "window_source"):
            np.testing.assert_array_equal(one.values[name], other.values[name])
    assert plan_merge([soft, sharp]).sequences == 10


def test_halves_of_a_set_are_joined_again(tiny_shards: Path, tmp_path: Path) -> None:
    for split in ("train", "val"):
        config = SubsetConfig(split=(split,))
        reshape(plan_subset(tiny_shards, config), tmp_path / split, RunConfig(jobs=1))
    merge(tmp_path / "out", tmp_path / "val", tmp_path / "train")
    assert_copies(tmp_path / "out", tiny_shards)
    assert len(index_of(tmp_path / "out")["sources"]["parts"]) == 1


def test_overlapping_parts_of_a_set_are_refused(tiny_shards: Path, tmp_path: Path) -> None:
    for count in (6, 12):
        reshape(
            plan_subset(tiny_shards, SubsetConfig(count=count)),
            tmp_path / str(count),
            RunConfig(jobs=1),
        )
    with pytest.raises(LeakError, match="6 sequences are there twice"):
        plan_merge([tmp_path / "6", tmp_path / "12"])


# --- pairs --------------------------------------------------------------------------------------


def test_pair_whose_file_trains_elsewhere_leaks(store_pairs: StorePairs) -> None:
    train = store_pairs({"a": (1, 3), "b": (5, 7)}, split="train")
    test = store_pairs({"c": (9, 11), "d": (5, 13)})
    with pytest.raises(LeakError, match=r"1 photo or scene .*\(train in \S+: b, test in \S+: d\)"):
        plan_merge([train, test])


def test_pairs_that_share_a_transmission_photo_leak(store_pairs: StorePairs) -> None:
    train = store_pairs({"a": (1, 3)}, split="train")
    with pytest.raises(LeakError, match="a, test in"):
        plan_merge([train, store_pairs({"b": (5, 3)})])


def test_equal_names_of_pairs_are_refused_or_numbered(
    store_pairs: StorePairs, tmp_path: Path
) -> None:
    sets = [store_pairs({"a": (1, 3), "b": (2, 4)}), store_pairs({"a": (5, 7), "c": (9, 11)})]
    with pytest.raises(ShardError, match=r"two sequences have the name 'a'.*--rename"):
        plan_merge(sets)
    merge(tmp_path, *sets, rename=True)
    assert sorted(row.name for row in rows_of(tmp_path)) == ["a", "a-2", "b", "c"]
    assert_copies(tmp_path, *sets)
    assert index_of(tmp_path)["sources"]["pairs"].keys() == {"a", "a-2", "b", "c"}


def test_equal_pairs_are_refused_whatever_they_are_called(store_pairs: StorePairs) -> None:
    sets = [store_pairs({"a": (1, 3)}), store_pairs({"b": (1, 3)})]
    with pytest.raises(LeakError, match=r"1 sequence is there twice: \S+: b is \S+: a"):
        plan_merge(sets, MergeConfig(rename=True))


def test_pairs_keep_what_is_known_of_them(store_pairs: StorePairs, tmp_path: Path) -> None:
    sets = [store_pairs({"a": (1, 3)}, benchmark="One"), store_pairs({"b": (5, 7)})]
    merge(tmp_path, *sets)
    found = {row.name: row.described for row in rows_of(tmp_path)}
    for folder in sets:
        for row in rows_of(folder):
            assert row.described.items() <= found[row.name].items()


# --- captures -----------------------------------------------------------------------------------


@pytest.fixture
def scenes(tmp_path: Path) -> Callable[..., Path]:
    """Make a captured set: ``scenes({"attic": ("train", {"1.jpg": sha256})})``."""
    from seqsynth.shards import Array, ShardEntry, ShardIndex, ShardPlan, WriteSession, write_shard

    def make(described: dict[str, tuple[str, dict[str, str]]]) -> Path:
        folder = tmp_path / f"captures-{len(list(tmp_path.iterdir()))}"
        files = {name: {"split": split, "files": f} for name, (split, f) in described.items()}
        index = ShardIndex(
            "captured",
            "views",
            {"views": 3},
            f"{len(str(described)):064d}",
            "0.1.0",
            False,
            {"scenes": files, "rejected": {}},
            (),
        )
        splits = sorted({split for split, _ in described.values()}, reverse=True)
        with WriteSession(folder, index) as session:
            for file in session.plan([f"{split}-00000.h5" for split in splits]):
                split = file.partition("-")[0]
                names = [name for name, (own, _) in described.items() if own == split]
                plan = ShardPlan(
                    folder / file,
                    "views",
                    len(names),
                    {
                        "name": Array((), np.dtype("S16")),
                        "blended": Array((3, 10, 12, 3), np.dtype("u1")),
                        "transmission": Array((1, 10, 12, 3), np.dtype("u1")),
                    },
                    {
                        "kind": "captured",
                        "split": split,
                        "first": 0,
                        "fingerprint": index.fingerprint,
                    },
                )
                pictures = np.random.default_rng(len(str(described)))
                size, digest = write_shard(
                    plan,
                    (
                        {
                            "name": name.encode(),
                            "blended": pictures.integers(0, 256, (3, 10, 12, 3)),
                            "transmission": pictures.integers(0, 256, (1, 10, 12, 3)),
                        }
                        for name in names
                    ),
                )
                details = {"sequences": [{"scene": name} for name in names]}
                session.record(ShardEntry(file, split, len(names), size, digest, details))
            session.finish()
        return folder

    return make


Scenes = Callable[..., Path]


def test_scene_of_one_name_leaks(scenes: Scenes) -> None:
    one = scenes({"attic": ("train", {"1.jpg": "a" * 64})})
    other = scenes({"attic": ("test", {"9.jpg": "b" * 64}), "barn": ("test", {})})
    with pytest.raises(LeakError, match=r"scene attic \(train in \S+: attic, test in"):
        plan_merge([one, other])


def test_photo_of_scenes_of_two_names_leaks(scenes: Scenes) -> None:
    one = scenes({"attic": ("train", {"1.jpg": "a" * 64, "2.jpg": "c" * 64})})
    other = scenes({"roof": ("test", {"9.jpg": "c" * 64})})
    with pytest.raises(LeakError, match=r"attic/2\.jpg \(train in \S+: attic, test in \S+: roof\)"):
        plan_merge([one, other])


def test_what_a_set_shares_in_itself_is_its_own_business(scenes: Scenes) -> None:
    one = scenes({"attic": ("train", {"1.jpg": "a" * 64}), "roof": ("test", {"2.jpg": "a" * 64})})
    assert plan_merge([one, scenes({"barn": ("train", {"3.jpg": "b" * 64})})]).sequences == 3


def test_scenes_that_each_set_names_for_itself_are_others(scenes: Scenes, tmp_path: Path) -> None:
    one = scenes({"attic": ("train", {"1.jpg": "a" * 64})})
    other = scenes({"attic": ("test", {"9.jpg": "b" * 64})})
    merge(tmp_path / "out", one, other, rename=True)
    rows = rows_of(tmp_path / "out")
    assert [(row.split, row.name) for row in rows] == [("train", "attic"), ("test", "attic-2")]
    assert_copies(tmp_path / "out", one, other)


def test_photos_of_scenes_are_compared_whatever_they_are_called(scenes: Scenes) -> None:
    one = scenes({"attic": ("train", {"1.jpg": "a" * 64})})
    other = scenes({"attic": ("test", {"9.jpg": "a" * 64})})
    with pytest.raises(LeakError, match="attic/"):
        plan_merge([one, other], MergeConfig(rename=True))


def test_merged_scenes_are_judged_by_their_photos_again(scenes: Scenes, tmp_path: Path) -> None:
    one = scenes({"attic": ("train", {"1.jpg": "a" * 64})})
    other = scenes({"barn": ("train", {"2.jpg": "b" * 64}), "cellar": ("test", {})})
    merged = merge(tmp_path / "out", one, other)
    third = scenes({"shed": ("test", {"7.jpg": "b" * 64})})
    with pytest.raises(LeakError, match=r"barn/2\.jpg"):
        plan_merge([merged, third])


# --- what does not fit --------------------------------------------------------------------------


def test_sets_of_two_kinds_are_refused(tiny_shards: Path, store_pairs: StorePairs) -> None:
    with pytest.raises(ShardError, match=r"of kind synthetic, .* of pair: a set has one kind"):
        plan_merge([tiny_shards, store_pairs({"a": (1, 3)})])


def test_sets_of_two_layouts_are_refused(
    tiny_shards: Path, make_shards: MakeShards, tmp_path: Path
) -> None:
    views = make_shards(tmp_path / "views", layout="views", sequences=3)
    with pytest.raises(ShardError, match=r"of layout layers, .* of views: .*the same --layout"):
        plan_merge([tiny_shards, views])


def test_one_set_is_no_merge(tiny_shards: Path) -> None:
    with pytest.raises(ConfigError, match="two sets or more"):
        plan_merge([tiny_shards])


def test_sequences_that_name_no_photo_are_joined_with_a_warning(
    tiny_copy: Path, garden: Path, caplog: pytest.LogCaptureFixture
) -> None:
    document = index_of(tiny_copy)
    with h5py.File(tiny_copy / document["shards"][0]["file"], "r+") as shard:
        del shard["source"]
    plan_merge([tiny_copy, garden])
    count = document["shards"][0]["count"]
    assert f"{count} sequences do not say which photos they show" in caplog.text


# --- what the set says --------------------------------------------------------------------------


def test_index_states_common_settings_parts_and_inputs(
    tiny_shards: Path, garden: Path, tmp_path: Path
) -> None:
    document = index_of(merge(tmp_path, tiny_shards, garden))
    one, other = index_of(tiny_shards), index_of(garden)
    settings = document["configuration"]
    derived = settings.pop("derived")
    assert derived == {
        "command": "merge",
        "drop_leaks": False,
        "drop_duplicates": False,
        "rename": False,
    }
    assert settings.pop("sequences") == 34
    assert settings.pop("shard_size") == 128 * 2**20
    assert settings == {
        key: value
        for key, value in one["configuration"].items()
        if other["configuration"][key] == value
        and key not in ("sequences", "shard_size", "val_fraction")
    }
    for place, made in enumerate((one, other)):
        part, taken = document["sources"]["parts"][place], document["sources"]["inputs"][place]
        for key in ("fingerprint", "digest", "library_version"):
            assert part[key] == taken[key] == made[key]
        for key in ("configuration", "sources", "kind", "complete"):
            assert part[key] == made[key]
        assert part["sequences"] == sum(entry["count"] for entry in made["shards"])


def test_pools_are_the_photos_that_are_shown(
    tiny_shards: Path, rival: Path, tmp_path: Path
) -> None:
    merge(tmp_path, tiny_shards, rival, drop_leaks=True)
    pools = index_of(tmp_path)["sources"]["pools"]
    for split in ("train", "val"):
        rows = [row for row in rows_of(tmp_path) if row.split == split]
        for layer, place in (("transmission", 0), ("reflection", 1)):
            shown = {row.values["source"][place].decode() for row in rows}
            assert pools[split][layer] == sorted(shown)


def test_fingerprint_is_of_what_the_document_says(
    tiny_shards: Path, garden: Path, tmp_path: Path
) -> None:
    document = index_of(merge(tmp_path, tiny_shards, garden))
    parts = document["sources"]["parts"]
    sequences = [
        [parts[row["origin"]["part"]]["fingerprint"], row["origin"]["name"], entry["split"]]
        for entry in document["shards"]
        for row in entry["sequences"]
    ]
    content = {
        "configuration": document["configuration"],
        "inputs": document["sources"]["inputs"],
        "sequences": sequences,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert document["fingerprint"] == hashlib.sha256(text.encode()).hexdigest()


def test_sequences_say_where_they_come_from(
    tiny_shards: Path, garden: Path, tmp_path: Path
) -> None:
    merge(tmp_path, tiny_shards, garden)
    with open_shards(tmp_path) as sequences:
        origins = [sequences.metadata(number)["origin"] for number in range(len(sequences))]
    assert origins[0] == {"part": 0, "name": "train-000000"}
    assert origins[-1] == {"part": 1, "name": "val-000001"}


def test_picture_of_a_derived_set_is_decoded_by_nobody(
    tiny_shards: Path, garden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture was looked at")

    monkeypatch.setattr("seqsynth.shards.reader.fill_frames", refuse)
    monkeypatch.setattr(Image, "open", refuse)
    monkeypatch.setattr("cv2.imdecode", refuse)
    monkeypatch.setattr("cv2.add", refuse)
    reshape(plan_merge([tiny_shards, garden]), tmp_path, RunConfig(jobs=1))
