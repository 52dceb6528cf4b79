"""Comparing sets: alike, unlike, and made to be nearer."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from seqsynth.comparison import CompareConfig, compare, comparing
from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from seqsynth.progress import Advance
from seqsynth.reshape import MergeConfig, SubsetConfig, plan_merge, plan_subset, reshape
from seqsynth.shards import read_index

MakeShards = Callable[..., Path]
SETTINGS = {"window": (24, 24), "sequences": 20}


@pytest.fixture
def strong(make_shards: MakeShards, tmp_path: Path) -> Path:
    """Sequences with the paper's reflections."""
    return make_shards(tmp_path / "strong", **SETTINGS)


@pytest.fixture
def weak(make_shards: MakeShards, tmp_path: Path) -> Path:
    """Sequences with faint reflections."""
    return make_shards(tmp_path / "weak", seed=3, reflection_strength=(0.2, 0.4), **SETTINGS)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A set of one pair, which no settings made."""
    for role, level in (("blended", 90), ("transmission", 60)):
        (tmp_path / role).mkdir()
        Image.new("RGB", (24, 24), (level,) * 3).save(tmp_path / role / "x.png")
    folders = {role: tmp_path / role for role in ("blended", "transmission")}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "pairs")
    return tmp_path / "pairs"


def test_set_is_at_no_distance_from_itself_and_named_by_its_path(strong: Path) -> None:
    (found,) = compare(strong, strong, CompareConfig(samples=5))
    assert found.comparison.distance == 0
    assert found.names == (str(strong), str(strong))


def test_sets_of_two_names_are_called_by_them(strong: Path, weak: Path) -> None:
    (found,) = compare(strong, weak, CompareConfig(samples=5))
    assert found.names == ("strong", "weak")
    assert found.next_set is None


def test_suggested_settings_bring_a_set_nearer(
    strong: Path, weak: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    before, after = compare(strong, weak, CompareConfig(20, out, tiny_voc, rounds=1))
    distances = [one.comparison.of("energy") for one in (before, after)]
    assert distances[0] is not None
    assert distances[1] is not None
    assert distances[1].distance < distances[0].distance / 2
    assert before.next_set == out / "round-1"
    assert after.names == ("round-1", "weak")
    made = read_index(out / "round-1").configuration
    assert before.settings is not None
    assert tuple(made["reflection_strength"]) == before.settings["reflection_strength"]


def test_sets_merged_of_several_settings_are_not_made_nearer(
    strong: Path, weak: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both"
    config = MergeConfig(drop_leaks=True, drop_duplicates=True)
    reshape(plan_merge([strong, weak], config), both, RunConfig(jobs=1))
    with pytest.raises(ConfigError, match="of sets that differ in reflection_strength, and --voc"):
        compare(both, weak, CompareConfig(5, tmp_path / "out", tiny_voc))
    assert not (tmp_path / "out").exists()


def test_subset_is_made_nearer_from_the_settings_that_it_was_first_made_with(
    strong: Path, weak: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    reshape(plan_subset(weak, SubsetConfig(count=6)), tmp_path / "few", RunConfig(jobs=1))
    out = tmp_path / "out"
    compare(tmp_path / "few", strong, CompareConfig(5, out, tiny_voc, rounds=1))
    made = read_index(out / "round-1").configuration
    assert (made["window"], made["seed"]) == ([24, 24], 3)


def test_each_round_makes_what_the_one_before_suggests(
    strong: Path, weak: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    rounds = compare(strong, weak, CompareConfig(5, out, tiny_voc, rounds=2))
    assert [one.names[0] for one in rounds] == ["strong", "round-1", "round-2"]
    made = read_index(out / "round-2").configuration
    assert rounds[1].settings is not None
    assert tuple(made["reflection_strength"]) == rounds[1].settings["reflection_strength"]
    documents = json.loads((out / "comparison.json").read_text())
    assert [one["first"] for one in documents] == ["strong", "round-1", "round-2"]
    with Image.open(out / "comparison.png") as sheet:
        assert sheet.width > 1000


def test_nothing_is_suggested_to_a_set_that_no_settings_made(pairs: Path, weak: Path) -> None:
    (found,) = compare(pairs, weak, CompareConfig(samples=5))
    assert found.settings is None


def test_set_of_pairs_cannot_be_made_again(pairs: Path, weak: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pair, not synthetic"):
        compare(pairs, weak, CompareConfig(out=tmp_path / "out", voc=tmp_path))


def test_sets_are_not_made_without_a_folder_for_them(strong: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name a folder for them"):
        compare(strong, strong, CompareConfig(voc=tmp_path))


def test_measuring_tells_how_far_it_is(strong: Path, weak: Path) -> None:
    told: list[str] = []

    @contextmanager
    def progress(label: str, total: int, unit: str, *, done: int = 0) -> Iterator[Advance]:
        told.append(f"{label}: {total} {unit}")
        yield lambda steps=1: told.append("+" * steps)

    list(comparing(strong, weak, CompareConfig(samples=2), progress=progress))
    wanted = [f"measure {name}: 2 sequences" for name in ("strong", "weak")]
    assert told == [wanted[0], "+", "+", wanted[1], "+", "+"]
