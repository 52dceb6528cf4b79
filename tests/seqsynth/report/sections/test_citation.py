"""The page names works to cite and the terms of reuse."""

from seqsynth.report import write_report


def test_works_are_given_as_bibtex(synthetic, read_page):
    text = read_page(write_report(synthetic)).sections["citation"]
    assert "zheng2021distilling" in text
    assert "fan2017generic" in text


def test_terms_of_photos_that_are_not_vocs_are_stated(synthetic, read_page):
    text = read_page(write_report(synthetic)).sections["citation"]
    assert "Flickr" not in text
    assert "their licences hold for the set" in text


def test_licences_of_captures_are_named(make_views, frames, read_page):
    folder = make_views(
        [{"blended": frames(2, 3, 20, 30, 3)}],
        details={"sequences": [{"licence": "CC BY 4.0"}, {"licence": "CC0 <own>"}]},
    )
    text = read_page(write_report(folder)).sections["citation"]
    assert "CC BY 4.0, CC0 <own>" in text
