"""Terms are those of whoever took the pictures."""

import pytest

from seqsynth.description.terms import FLICKR_TERMS, recorded, terms_of
from seqsynth.shards import ShardIndex
from tests.seqsynth.description.indexes import derived, described, index

SETS: dict[str, ShardIndex] = {
    "pascal-voc-and-flickr-terms": index(),
    "terms-of-the-photos": index(ids=("holiday",)),
    "terms-of-the-photographers": described("captured", {}),
    "terms-of-the-benchmark": described("pair", {"benchmark": "Real20"}),
}


@pytest.mark.parametrize("name", SETS)
def test_terms_follow_from_the_kind_and_the_photos(name: str) -> None:
    terms = terms_of(SETS[name])
    assert terms.name == name
    assert "covers its code, not the pictures" in " ".join(terms.paragraphs)


def test_flickrs_terms_are_linked_where_vocs_photos_are() -> None:
    assert [FLICKR_TERMS in terms_of(one).links for one in SETS.values()] == [True, False] + [
        False
    ] * 2


def test_other_photos_among_vocs_are_told_of() -> None:
    mixed = derived(index(), index(ids=("holiday",)))
    assert "Photos of other sources are among them" in terms_of(mixed).paragraphs[0]
    assert "Photos of other sources" not in terms_of(index()).paragraphs[0]


def test_derived_set_is_not_said_to_be_made_again_from_its_configuration() -> None:
    assert "byte for byte" in " ".join(terms_of(index()).paragraphs)
    assert "byte for byte" not in " ".join(terms_of(derived(index())).paragraphs)


def test_licences_of_captures_are_named_once_each() -> None:
    licences = [{"licence": name} for name in ("CC BY 4.0", "CC0", "CC0")]
    assert recorded(described("captured", *licences, {}), "licence") == ["CC BY 4.0", "CC0"]
    assert "under CC BY 4.0, CC0." in terms_of(described("captured", *licences)).paragraphs[0]


@pytest.mark.parametrize(("benchmark", "paragraphs"), [("SIR2", 2), ("Nature", 1)])
def test_sir2_may_not_be_passed_on(benchmark: str, paragraphs: int) -> None:
    terms = terms_of(described("pair", {"benchmark": benchmark}))
    assert len(terms.paragraphs) == paragraphs
    assert f"belong to {benchmark}" in terms.paragraphs[0]
