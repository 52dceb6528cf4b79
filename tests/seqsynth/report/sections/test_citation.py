"""Works to cite and terms of reuse follow from what the set was made of."""

import pytest

from seqsynth.config import BLENDS
from seqsynth.report import write_report
from seqsynth.report.sections import citation
from seqsynth.report.sections.citation import is_from_voc, list_works
from seqsynth.shards import ShardIndex


def index(kind="synthetic", ids=("2007_000129", "2011_003276"), **configuration):
    pools = {"train": {"transmission": list(ids), "reflection": []}, "unused": []}
    return ShardIndex(kind, "views", configuration, "", "0", True, {"pools": pools}, ())


def test_paper_voc_and_ceilnet_are_cited_for_the_papers_own_kind():
    works = [work.bibtex for work in list_works(index(blend="ceilnet"))]
    assert [text.partition("{")[2].partition(",")[0] for text in works] == [
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
    assert list_works(index(kind="captured")) == [citation.PAPER]


def test_braces_of_every_entry_balance():
    works = [citation.PAPER, citation.VOC, *citation.BLENDS.values()]
    assert all(work.bibtex.count("{") == work.bibtex.count("}") for work in works)


def test_flickr_is_named_for_voc_alone(synthetic, read_page, monkeypatch):
    assert "flickr" not in read_page(write_report(synthetic)).sections["citation"]
    monkeypatch.setattr(citation, "is_from_voc", lambda _: True)
    assert "flickr" in read_page(write_report(synthetic)).sections["citation"]


def test_licences_of_captures_are_named(make_views, frames, read_page):
    folder = make_views(
        [{"blended": frames(2, 3, 20, 30, 3)}],
        details={"sequences": [{"licence": "CC BY 4.0"}, {"licence": "CC0 <own>"}]},
    )
    text = read_page(write_report(folder)).sections["citation"]
    assert "CC BY 4.0, CC0 <own>" in text
