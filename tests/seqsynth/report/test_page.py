"""Pages of any sections."""

from markupsafe import Markup

from seqsynth.report import Notice, Section, render_page


def test_page_joins_sections_of_any_origin():
    sections = [Section("one", "One", Markup("<p>first</p>")), Section("two", "Two", Markup(""))]
    page = render_page("Title", "subtitle", sections)
    assert '<section id="one">' in page
    assert "<p>first</p>" in page
    assert page.index('id="one"') < page.index('id="two"')


def test_text_is_escaped():
    page = render_page("<Title>", "a & b", [], [Notice("<b>", "c < d")])
    assert "<Title>" not in page
    assert "&lt;Title&gt;" in page
    assert "a &amp; b" in page
    assert "c &lt; d" in page


def test_plain_text_given_as_a_body_is_escaped():
    page = render_page("Title", "", [Section("one", "One", "<script>")])  # type: ignore[arg-type]
    assert "<script>" not in page
