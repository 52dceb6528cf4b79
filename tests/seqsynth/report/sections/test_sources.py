"""Sources and losses against the index's own text."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.description.sources import count_losses
from seqsynth.report import write_report
from seqsynth.shards import ShardEntry, ShardIndex
from tests.seqsynth.report.conftest import Page


@pytest.fixture(scope="module")
def document(synthetic: Path) -> Any:
    return json.loads((synthetic / "index.json").read_text())


@pytest.fixture(scope="module")
def page(synthetic: Path, read_page: Callable[[Path], Page]) -> Page:
    return read_page(write_report(synthetic))


def test_pools_are_counted(page, document):
    pools = document["sources"]["pools"]
    expected = [
        [split, str(len(pools[split]["transmission"])), str(len(pools[split]["reflection"]))]
        for split in ("train", "val")
    ]
    assert page.rows("sources")[1:3] == expected


def test_rejections_are_added_up_over_shards(page, document):
    rejected = Counter()
    for shard in document["shards"]:
        rejected.update(shard["rejections"])
    assert rejected["dim-reflection"] > 0
    assert ["dim-reflection", str(rejected["dim-reflection"])] in page.rows("sources")
    drawn = rejected.total() + 9
    assert f"{rejected.total()} of {drawn} drawn pairs" in page.sections["sources"]


def test_unusable_photos_are_listed_with_reasons(page, document):
    unusable = {}
    for shard in document["shards"]:
        unusable.update(shard["unusable"])
    assert "photo_03" in unusable
    for photo, reason in unusable.items():
        assert [photo, reason] in page.rows("sources")


def test_redraws_are_added_up_over_shards(page, document):
    redraws = sum(shard["redraws"] for shard in document["shards"])
    assert f"{redraws} photo" in page.sections["sources"]


def test_rules_that_rejected_nothing_are_said(make_synthetic, read_page):
    page = read_page(write_report(make_synthetic(sequences=1, reject=("dark-transmission",))))
    assert "No drawn pair was rejected" in page.sections["sources"]


def test_no_rule_is_said(make_synthetic, read_page):
    page = read_page(write_report(make_synthetic()))
    assert "No rejection rule was asked for" in page.sections["sources"]


def test_unusable_photo_of_two_shards_is_one_photo():
    entries = tuple(
        ShardEntry(
            f"{n}.h5",
            "train",
            1,
            1,
            "",
            {"redraws": 2, "unusable": {"a": "is small"}, "rejections": {"dim-reflection": n}},
        )
        for n in (1, 2)
    )
    index = ShardIndex("synthetic", "layers", {}, "", "0", True, {}, entries)
    losses = count_losses(index)
    assert losses.unusable == {"a": "is small"}
    assert (losses.redraws, losses.rejections) == (4, {"dim-reflection": 3})


def test_sources_of_another_kind_are_summed_up(make_views, frames, read_page):
    folder = make_views(
        [{"blended": frames(1, 3, 20, 30, 3)}],
        sources={"scenes": ["a", "b", "c"], "camera": "<unknown>"},
    )
    assert read_page(write_report(folder)).terms("sources") == {
        "scenes": "3 entries",
        "camera": "<unknown>",
    }
