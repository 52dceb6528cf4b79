"""Works to cite follow from what the set was made of."""

from typing import get_args

import pytest

from seqsynth.config import BlendName
from seqsynth.description import works
from seqsynth.description.terms import terms_of
from seqsynth.description.works import is_from_voc, list_works
from tests.seqsynth.description.indexes import derived, index


def test_paper_voc_and_ceilnet_are_cited_for_the_papers_own_kind() -> None:
    cited = [work.bibtex for work in list_works(index(blend="ceilnet"))]
    assert [text.partition("{")[2].partition(",")[0] for text in cited] == [
        "zheng2021distilling",
        "everingham2010pascal",
        "fan2017generic",
    ]


@pytest.mark.parametrize("blend", [blend for blend in get_args(BlendName) if blend != "linear"])
def test_every_published_blend_is_cited(blend: str) -> None:
    assert len(list_works(index(blend=blend))) == 3


def test_photos_are_told_by_their_names() -> None:
    assert is_from_voc(index(ids=("2007_000129",)))
    assert not is_from_voc(index(ids=("2007_000129", "holiday")))
    assert not is_from_voc(index(ids=()))


def test_official_list_is_voc() -> None:
    assert is_from_voc(index(ids=("odd", "2007_000129"), image_set="trainval"))
    assert is_from_voc(index(ids=("000012",), image_set="trainval"))
    assert not is_from_voc(index(ids=("000012",)))


def test_own_photos_in_the_layout_of_voc_are_not_taken_for_its_photos() -> None:
    assert not is_from_voc(index(ids=("astronaut_00", "coffee_11"), image_set="train"))


def test_captures_cite_the_paper_alone() -> None:
    assert list_works(index(kind="captured")) == [works.PAPER]


def test_braces_of_every_entry_balance() -> None:
    every = [works.PAPER, works.VOC, *works.BLEND_WORKS.values()]
    assert all(work.bibtex.count("{") == work.bibtex.count("}") for work in every)


def test_blends_of_all_sets_it_was_derived_from_are_cited() -> None:
    merged = derived(*(index(ids=("a",), blend=blend) for blend in ("zhang", "ceilnet")))
    assert list_works(merged) == [
        works.PAPER,
        works.BLEND_WORKS["ceilnet"],
        works.BLEND_WORKS["zhang"],
    ]


def test_vocs_terms_hold_for_a_set_that_is_partly_vocs() -> None:
    mixed = derived(index(ids=("odd", "2007_000129"), image_set="train"), index(ids=("holiday",)))
    assert works.VOC in list_works(mixed)
    assert terms_of(mixed).name == "pascal-voc-and-flickr-terms"
    assert "Photos of other sources are among them" in terms_of(mixed).paragraphs[0]


def test_no_other_sources_are_named_where_all_parts_are_vocs() -> None:
    both = derived(index(), index(ids=("odd", "2007_000129"), image_set="val"))
    assert "other sources" not in terms_of(both).paragraphs[0]


@pytest.mark.parametrize("ids", [("2007_000129",), ("holiday",)])
def test_only_a_set_at_first_hand_is_said_to_be_made_again_by_its_configuration(ids):
    assert "byte for byte" in " ".join(terms_of(index(ids=ids)).paragraphs)
    assert "byte for byte" not in " ".join(terms_of(derived(index(ids=ids))).paragraphs)
