"""Derived sets in use: deep verification, facts, page, schema, training, and deriving again."""

import importlib.resources
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import jsonschema
import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import ShardError, SourceError
from seqsynth.report import write_report
from seqsynth.reshape import (
    MergeConfig,
    SplitConfig,
    SubsetConfig,
    plan_merge,
    plan_split,
    plan_subset,
    reshape,
)
from seqsynth.shards import open_shards, parts_of, read_index, verify_shards
from seqsynth.shards.summary import summarise
from seqsynth.synthesis.regenerate import regenerate_faults
from tests.seqsynth.reshape.stored import assert_copies, assert_disjoint, index_of, rows_of, seal

MakeShards = Callable[..., Path]
StorePairs = Callable[..., Path]

SCHEMA = json.loads(
    (importlib.resources.files("seqsynth.shards") / "index.schema.json").read_text()
)


@pytest.fixture(scope="module")
def merged(tiny_shards: Path, rival: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of the tiny VOC as one set, leaks left out."""
    folder = tmp_path_factory.mktemp("merged") / "set"
    plan = plan_merge([tiny_shards, rival], MergeConfig(drop_leaks=True))
    reshape(plan, folder, RunConfig(jobs=1))
    return folder


@pytest.fixture(scope="module")
def chain(merged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A division of a subset of that merge."""
    parent = tmp_path_factory.mktemp("chain")
    reshape(plan_subset(merged, SubsetConfig(count=20, seed=2)), parent / "some", RunConfig(jobs=1))
    config = SplitConfig(test_count=3, val_count=2, drop_straddling=True)
    reshape(plan_split(parent / "some", config), parent / "set", RunConfig(jobs=1))
    return parent / "set"


# --- made again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["merged", "chain"])
def test_sequences_are_made_again_from_the_photos(
    name: str, tiny_voc: Path, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(name)
    found = list(regenerate_faults(folder, tiny_voc, 100))
    assert found == [1] * len(rows_of(folder))


def test_sequence_of_another_origin_is_found_by_making_it_again(
    merged: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    document = index_of(merged)
    (tmp_path / "set").mkdir()
    for entry in document["shards"]:
        (tmp_path / "set" / entry["file"]).hardlink_to(merged / entry["file"])
    first, second = document["shards"][0]["sequences"][:2]
    first["origin"], second["origin"] = second["origin"], first["origin"]
    seal(tmp_path / "set", document)
    faults = [
        f for f in regenerate_faults(tmp_path / "set", tiny_voc, 100) if not isinstance(f, int)
    ]
    assert {fault.message.split(" of ")[1] for fault in faults} == {
        "sequence 0 differs from what the photos give",
        "sequence 1 differs from what the photos give",
    }


def test_photos_of_two_folders_cannot_be_given_at_once(
    tiny_shards: Path, garden: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    reshape(plan_merge([tiny_shards, garden]), tmp_path, RunConfig(jobs=1))
    with pytest.raises(SourceError, match="photos the shards were made from are not there"):
        list(regenerate_faults(tmp_path, tiny_voc, 100))


def test_other_blends_are_made_again(
    make_shards: MakeShards, tiny_voc: Path, tmp_path: Path
) -> None:
    folder = make_shards(tmp_path / "set", blend="ghosting", sequences=6)
    reshape(plan_subset(folder, SubsetConfig(count=4)), tmp_path / "out", RunConfig(jobs=1))
    assert list(regenerate_faults(tmp_path / "out", tiny_voc, 9)) == [1] * 4


@pytest.mark.parametrize("layout", ["layers", "views"])
def test_exported_views_are_not_taken_for_what_was_made(
    make_shards: MakeShards, tiny_voc: Path, tmp_path: Path, layout: str
) -> None:
    from click.testing import CliRunner

    from seqsynth.cli.export import command

    folder = make_shards(tmp_path / "set", layout=layout, sequences=4, val_fraction=0)
    words = [str(folder), "--to", "views", "--out", str(tmp_path / "out"), "--jobs", "1"]
    CliRunner().invoke(command, words, catch_exceptions=False)
    assert faults(index_of(tmp_path / "out")) == []
    with pytest.raises(ShardError, match="in another form than it was made in"):
        list(regenerate_faults(tmp_path / "out", tiny_voc, 9))


# --- provenance ---------------------------------------------------------------------------------


def test_derived_again_still_names_the_first_sets(
    chain: Path, tiny_shards: Path, rival: Path
) -> None:
    assert_copies(chain, tiny_shards, rival)
    assert_disjoint(chain)
    parts = index_of(chain)["sources"]["parts"]
    made = [index_of(tiny_shards), index_of(rival)]
    assert [part["digest"] for part in parts] == [one["digest"] for one in made]
    assert [part["configuration"] for part in parts] == [one["configuration"] for one in made]


def test_history_is_told_step_by_step(chain: Path, tiny_shards: Path, rival: Path) -> None:
    document = index_of(chain)
    commands = [document["configuration"]["derived"]["command"]]
    (step,) = document["sources"]["inputs"]
    while "inputs" in step:
        commands.append(step["derived"]["command"])
        *_, step = inputs = step["inputs"]
    assert commands == ["split", "subset", "merge"]
    assert [one["digest"] for one in inputs] == [
        index_of(folder)["digest"] for folder in (tiny_shards, rival)
    ]


def test_parts_that_nothing_comes_from_are_left_out(
    merged: Path, rival: Path, tmp_path: Path
) -> None:
    config = SubsetConfig(where=("origin.part=1",))
    reshape(plan_subset(merged, config), tmp_path, RunConfig(jobs=1))
    (part,) = index_of(tmp_path)["sources"]["parts"]
    assert part["fingerprint"] == index_of(rival)["fingerprint"]
    assert {row.described["origin"]["part"] for row in rows_of(tmp_path)} == {0}


def test_set_that_is_not_derived_is_its_own_part(tiny_shards: Path) -> None:
    (part,) = parts_of(read_index(tiny_shards))
    assert part.digest == index_of(tiny_shards)["digest"]
    assert part.configuration == index_of(tiny_shards)["configuration"]
    assert part.sequences == 24


def test_losses_of_a_part_are_summed(
    make_shards: MakeShards, photo_folder: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in photo_folder.glob("*.jpg"):
        (photos / path.name).write_bytes(path.read_bytes())
        (photos / f"torn-{path.name}").write_bytes(path.read_bytes()[:200])
    folder = make_shards(tmp_path / "set", photos, val_fraction=0, seed=1)
    reshape(plan_subset(folder, SubsetConfig(count=2)), tmp_path / "out", RunConfig(jobs=1))
    (part,) = index_of(tmp_path / "out")["sources"]["parts"]
    shards = index_of(folder)["shards"]
    assert part["losses"]["redraws"] == sum(shard["redraws"] for shard in shards) > 0
    assert part["losses"]["unusable"] == {
        k: v for shard in shards for k, v in shard["unusable"].items()
    }


# --- verification -------------------------------------------------------------------------------

BREACHES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no origin": (
        lambda d: d["shards"][0]["sequences"][3].pop("origin"),
        "sequence 3 of train-00000.h5 has no origin",
    ),
    "unknown part": (
        lambda d: d["shards"][0]["sequences"][0]["origin"].update(part=7),
        "comes from part 7, which the index does not state",
    ),
    "two parts": (
        lambda d: d["shards"][0]["sequences"][0]["origin"].update(part=1),
        "come from 2 parts, not one",
    ),
    "no parts": (lambda d: d["sources"].pop("parts"), "states no parts"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_broken_origins_are_found(merged: Path, tmp_path: Path, name: str) -> None:
    damage, words = BREACHES[name]
    document = index_of(merged)
    for entry in document["shards"]:
        (tmp_path / entry["file"]).hardlink_to(merged / entry["file"])
    damage(document)
    seal(tmp_path, document)
    assert any(words in str(fault) for fault in verify_shards(tmp_path))


def test_derived_set_without_parts_cannot_be_derived_from(merged: Path, tmp_path: Path) -> None:
    document = index_of(merged)
    for entry in document["shards"]:
        (tmp_path / entry["file"]).hardlink_to(merged / entry["file"])
    del document["sources"]["parts"]
    seal(tmp_path, document)
    with pytest.raises(ShardError, match="states no parts"):
        plan_subset(tmp_path)


# --- the schema ---------------------------------------------------------------------------------


def faults(document: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", ["merged", "chain"])
def test_index_fits_the_schema(name: str, request: pytest.FixtureRequest) -> None:
    assert faults(index_of(request.getfixturevalue(name))) == []


def test_index_of_derived_pairs_fits_the_schema(store_pairs: StorePairs, tmp_path: Path) -> None:
    sets = [store_pairs({"a": (1, 3), "b": (2, 4)}), store_pairs({"c": (5, 7)})]
    reshape(plan_merge(sets), tmp_path, RunConfig(jobs=1))
    assert faults(index_of(tmp_path)) == []


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no parts": lambda d: d["sources"].pop("parts"),
    "no origin": lambda d: d["shards"][0]["sequences"][0].pop("origin"),
    "tallies of the making": lambda d: d["shards"][0].update(redraws=0),
    "unknown command": lambda d: d["configuration"]["derived"].update(command="join"),
    "option of another command": lambda d: d["configuration"]["derived"].update(by=[]),
    "misspelt setting": lambda d: d["configuration"].update(veiws=3),
    "parts of a set that is not derived": lambda d: d["configuration"].pop("derived"),
    "reason without a number": lambda d: d["sources"]["left_out"].update(leaks=0),
}


@pytest.mark.parametrize("name", WRONG)
def test_schema_refuses(merged: Path, name: str) -> None:
    document = index_of(merged)
    WRONG[name](document)
    assert faults(document)


# --- facts, page, training ----------------------------------------------------------------------


def test_facts_say_how_much_comes_from_where(merged: Path, tiny_shards: Path, rival: Path) -> None:
    facts = summarise(merged)
    origins = [row.described["origin"]["part"] for row in rows_of(merged)]
    assert facts["made from"] == {
        index_of(folder)["fingerprint"][:12]: f"{origins.count(part)} of 24 sequences"
        for part, folder in enumerate((tiny_shards, rival))
    }
    assert facts["configuration"]["derived"]["command"] == "merge"


def test_facts_count_the_photos_of_every_split(chain: Path) -> None:
    facts = summarise(chain)["sources"]
    for split in ("train", "val", "test"):
        rows = [row for row in rows_of(chain) if row.split == split]
        assert facts[f"{split} transmission"] == len({row.values["source"][0] for row in rows})


def test_page_names_the_first_sets_and_no_command_that_would_not_make_it(
    merged: Path, tiny_shards: Path, rival: Path, tmp_path: Path
) -> None:
    page = write_report(merged, tmp_path / "page.html", samples=2).read_text()
    for folder in (tiny_shards, rival):
        assert index_of(folder)["fingerprint"][:12] in page
    assert "seqsynth merge" in page
    assert "seqsynth generate --config" not in page
    assert "drawn again because" not in page


def test_page_shows_sequences_of_several_sizes(
    make_shards: MakeShards, photo_folder: Path, tiny_shards: Path, tmp_path: Path
) -> None:
    others = [
        make_shards(tmp_path / "five", photo_folder, views=5, sequences=4, val_fraction=0),
        make_shards(
            tmp_path / "wide", photo_folder, window=(16, 32), sequences=4, val_fraction=0, seed=3
        ),
    ]
    reshape(plan_merge([tiny_shards, *others]), tmp_path / "out", RunConfig(jobs=1))
    page = write_report(tmp_path / "out", tmp_path / "page.html", samples=40).read_text()
    assert "3 or 5" in page
    assert "16\u00a0×\u00a024, 16\u00a0×\u00a032" in page


def test_comparison_makes_sets_like_a_derived_one(
    make_shards: MakeShards, tiny_voc: Path, tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from seqsynth.cli import group

    whole = make_shards(tmp_path / "whole", window=(24, 24), sequences=6, val_fraction=0)
    reshape(plan_subset(whole, SubsetConfig(count=4)), tmp_path / "some", RunConfig(jobs=1))
    words = ["compare", tmp_path / "some", whole, "--voc", tiny_voc, "--samples", 4, "--rounds", 1]
    result = CliRunner().invoke(group, [*map(str, words), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output


def test_training_and_validation_are_read_by_split(chain: Path) -> None:
    from trainer.data.sources import open_sources

    for split in ("train", "val"):
        (source,) = open_sources([chain], split, {})
        assert len(source.sequences) == sum(row.split == split for row in rows_of(chain))
        assert source.kind == "synthetic"


def test_every_sequence_opens_in_bare_h5py_by_the_documented_lines(
    chain: Path, tiny_shards: Path, rival: Path
) -> None:
    sequences = open_shards(chain)
    number = 0
    for entry in index_of(chain)["shards"]:
        with h5py.File(chain / entry["file"]) as f:
            height, width = f.attrs["window"]
            for i in range(entry["count"]):
                ty, tx = f["transmission_origin"][i, 1]
                window = f["transmission_layer"][i, ty : ty + height, tx : tx + width]
                assert (sequences[number].transmission[1] == window).all()  # type: ignore[index]  # known
                number += 1
