"""Headline facts against the files themselves."""

import json
from pathlib import Path

import numpy as np
import pytest

from seqsynth.report import survey_shards, write_report
from seqsynth.report.sections.facts import Fact, list_facts


@pytest.fixture(scope="module")
def facts(synthetic: Path) -> dict[str, Fact]:
    return {fact.name: fact for fact in list_facts(survey_shards(synthetic))}


def test_sequences_are_counted_by_split(facts, synthetic):
    counts = {"train": 0, "val": 0}
    for shard in json.loads((synthetic / "index.json").read_text())["shards"]:
        counts[shard["split"]] += shard["count"]
    assert facts["Sequences"].value == "9"
    assert facts["Sequences"].note == f"{counts['train']} train · {counts['val']} val"


def test_size_is_that_of_the_files(facts, synthetic):
    total = sum(path.stat().st_size for path in synthetic.glob("*.h5"))
    assert facts["Size"].value == f"{total / 1000:.0f} kB"


def test_views_and_window_are_named(facts):
    assert (facts["Views"].value, facts["Views"].note) == ("3", "I, T, R")
    assert facts["Window"].value == "32\u00a0×\u00a032"


def test_fingerprint_and_hashes_are_printed_in_full(synthetic, read_page):
    index = json.loads((synthetic / "index.json").read_text())
    text = read_page(write_report(synthetic)).sections["facts"]
    assert index["fingerprint"] in text
    assert all(shard["sha256"] in text for shard in index["shards"])


def test_mixed_sizes_are_all_named(make_views, frames):
    shards = [{"blended": frames(2, 3, 20, 30, 3)}, {"blended": frames(1, 3, 30, 20, 3)}]
    facts = {fact.name: fact for fact in list_facts(survey_shards(make_views(shards)))}
    assert facts["Frame"].value == "20\u00a0×\u00a030, 30\u00a0×\u00a020"


def test_what_is_unknown_is_said(make_views):
    views = {
        "blended": np.zeros((1, 3, 20, 30, 3), np.uint8),
        "transmission": np.zeros((1, 1, 20, 30, 3), np.uint8),
    }
    facts = {fact.name: fact for fact in list_facts(survey_shards(make_views([views])))}
    assert facts["Views"].note == "I, T of the centre, no R"
