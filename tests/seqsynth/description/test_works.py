"""Works to cite follow from what the set was made of."""

import pytest

from seqsynth.config import BLENDS
from seqsynth.description import works
from seqsynth.description.works import is_from_voc, list_works
from seqsynth.shards import ShardIndex


def index(kind="synthetic", ids=("2007_000129", "2011_003276"), **configuration):
    pools = {"train": {"transmission": list(ids), "reflection": []}, "unused": []}
    return ShardIndex(kind, "views", configuration, "", "0", True, {"pools": pools}, ())


def test_paper_voc_and_ceilnet_are_cited_for_the_papers_own_kind():
    cited = [work.bibtex for work in list_works(index(blend="ceilnet"))]
    assert [text.partition("{")[2].partition(",")[0] for text in cited] == [
        "zheng2021distilling", "everingham2010pascal", "fan2017generic",
    ]  # fmt: skip


@pytest.mark.parametrize("blend", [blend for blend in BLENDS if blend != "linear"])
def test_every_published_blend_is_cited(blend):
    assert len(list_works(index(blend=blend))) == 3


def test_photos_are_told_by_their_names():
    assert is_from_voc(index(ids=("2007_000129",)))
    assert not is_from_voc(index(ids=("2007_000129", "holiday")))
    assert not is_from_voc(index(ids=()))


def test_official_list_is_voc():
    assert is_from_voc(index(ids=("odd",), image_set="trainval"))


def test_captures_cite_the_paper_alone():
    assert list_works(index(kind="captured")) == [works.PAPER]


def test_braces_of_every_entry_balance():
    every = [works.PAPER, works.VOC, *works.BLENDS.values()]
    assert all(work.bibtex.count("{") == work.bibtex.count("}") for work in every)


def test_blends_of_all_sets_it_was_derived_from_are_cited():
    parts = [{"configuration": {"blend": blend}} for blend in ("zhang", "ceilnet")]
    merged = ShardIndex("synthetic", "views", {}, "", "0", True, {"parts": parts}, ())
    assert list_works(merged) == [works.PAPER, works.BLENDS["ceilnet"], works.BLENDS["zhang"]]
