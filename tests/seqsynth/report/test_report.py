"""The page as a whole: complete, self-contained, repeatable, safe to write."""

import datetime
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsynth.description import croissant, dataset_card
from seqsynth.errors import ConfigError, OutputError, ShardError
from seqsynth.report import write_report
from seqsynth.shards import index as shard_index
from seqsynth.shards import read_index
from seqsynth.shards.folder import PAGE_MARK
from tests.seqsynth.report.conftest import Page

SECTIONS = [
    "facts",
    "sequences",
    "motion",
    "blend",
    "levels",
    "sources",
    "configuration",
    "reading",
    "citation",
]


def interrupted(folder: Path, target: Path, *, keep: int) -> Path:
    """Copy a set as an interruption would leave it: only its first shards, marked incomplete."""
    shutil.copytree(folder, target)
    index = read_index(folder)
    part = index.with_shards(list(index.shards[:keep]), complete=False)
    (target / "index.json").write_bytes(shard_index.render(part))
    return target


@pytest.fixture
def own_copy(synthetic: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(synthetic, tmp_path / "own")
    for name in ("README.md", "croissant.json"):
        (folder / name).unlink(missing_ok=True)
    return folder


@pytest.fixture(scope="module")
def page(synthetic: Path, read_page: Callable[[Path], Page]) -> Page:
    return read_page(write_report(synthetic))


def test_report_lies_beside_the_shards_by_default(synthetic):
    assert write_report(synthetic) == synthetic / "report.html"


def test_set_may_be_named_by_its_index(synthetic):
    assert write_report(synthetic / "index.json") == synthetic / "report.html"


def test_page_has_every_section_in_order(page):
    assert list(page.sections) == SECTIONS


def test_every_tag_of_the_page_is_closed(page):
    assert page.unclosed == []


def test_navigation_leads_to_every_section(page):
    links = [element.attributes["href"] for element in page.find("a")]
    assert [link for link in links if link.startswith("#")] == [f"#{name}" for name in SECTIONS]


def test_ids_are_unique(page):
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))


def test_every_reference_stays_within_the_page_or_beside_it(page):
    ids = {"README.md", "croissant.json"}
    ids |= {element.attributes.get("id") for element in page.elements}
    for element in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            value = element.attributes.get(name, "#facts")
            assert value.startswith("data:image/") or value.removeprefix("#") in ids


def test_page_needs_no_script_and_no_other_file(page):
    assert {"script", "link", "iframe", "object", "embed"}.isdisjoint(
        element.tag for element in page.elements
    )
    style = page.find("style")[0].text
    assert "url(" not in style
    assert "@import" not in style


def test_no_network_address_appears_anywhere(page):
    text = re.sub(r"data:image/webp;base64,[\w+/=]+", "", page.source)
    assert not re.search(r"https?:|//\w", text)


def test_same_set_gives_same_bytes_wherever_it_lies(synthetic, tmp_path):
    shutil.copytree(synthetic, tmp_path / "elsewhere")
    first = write_report(synthetic, tmp_path / "a.html").read_bytes()
    assert write_report(tmp_path / "elsewhere", tmp_path / "b.html").read_bytes() == first


def test_samples_sets_the_number_of_sequences_shown(synthetic, tmp_path, read_page):
    page = read_page(write_report(synthetic, tmp_path / "r.html", samples=4))
    assert len(page.find("figure", class_="sequence")) == 4


def test_small_set_is_shown_whole(page):
    assert len(page.find("figure", class_="sequence")) == 9


def test_no_samples_leaves_out_the_pictures_alone(synthetic, tmp_path, read_page):
    page = read_page(write_report(synthetic, tmp_path / "r.html", samples=0))
    assert list(page.sections) == [name for name in SECTIONS if name != "sequences"]


def test_negative_samples_are_refused(synthetic):
    with pytest.raises(ConfigError, match="samples = -1"):
        write_report(synthetic, samples=-1)


def test_photo_ids_are_escaped(photos, make_synthetic, tmp_path, read_page):
    odd = next(path.stem for path in photos.iterdir() if "<" in path.name)
    folder = make_synthetic(sequences=24)
    page = read_page(write_report(folder, tmp_path / "r.html", samples=24))
    assert odd in page.sections["sequences"]
    assert odd not in page.source
    assert not page.find("b>")


def test_incomplete_set_says_how_far_it_is(synthetic, tmp_path, read_page):
    part = interrupted(synthetic, tmp_path / "part", keep=1)
    done = read_index(part).sequences
    notice = read_page(write_report(part)).find("aside")[0].text
    assert f"{done} of 9 sequences" in notice


def test_incomplete_captures_say_what_is_done(make_views, frames, read_page):
    folder = make_views([{"blended": frames(2, 3, 24, 36, 3)}], complete=False)
    assert "; 2 sequences are finished" in read_page(write_report(folder)).find("aside")[0].text


def test_complete_set_has_no_notice(page):
    assert page.find("aside") == []


def test_empty_set_is_reported(make_views, read_page):
    page = read_page(write_report(make_views([])))
    assert "no sequences" in page.find("aside")[0].text
    assert list(page.sections) == ["facts", "reading", "citation"]


def test_empty_synthetic_set_keeps_its_pools_and_configuration(synthetic, tmp_path, read_page):
    part = interrupted(synthetic, tmp_path / "part", keep=0)
    sections = read_page(write_report(part)).sections
    assert list(sections) == ["facts", "sources", "configuration", "reading", "citation"]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"sequences": 1, "val_fraction": 0.0}, id="one sequence"),
        pytest.param({"compression": "gzip"}, id="gzip"),
        pytest.param({"compression": "zstd"}, id="zstd"),
        pytest.param({"border": "zero", "overflow": "view"}, id="literal"),
        pytest.param({"blend": "linear"}, id="linear"),
        pytest.param({"blend": "zhang"}, id="zhang"),
        pytest.param({"views": 7, "direction": "random", "reflection_step": (0, 5)}, id="7 views"),
        pytest.param({"window": (16, 40)}, id="oblong"),
        pytest.param({"reflection_strength": (0.2, 0.8)}, id="weak"),
        pytest.param({"transmission_step": (0, 0)}, id="still transmission"),
    ],
)
def test_every_way_of_making_a_set_has_a_whole_page(settings, make_synthetic, read_page):
    page = read_page(write_report(make_synthetic(**settings)))
    assert list(page.sections) == SECTIONS
    assert page.unclosed == []


def test_single_views_have_no_motion(make_synthetic, read_page):
    page = read_page(write_report(make_synthetic(views=1)))
    assert list(page.sections) == [name for name in SECTIONS if name != "motion"]
    assert not page.find("image", class_="play")


def test_captures_have_no_reflection_and_no_trajectory(make_views, frames, read_page):
    views = {"blended": frames(2, 3, 24, 36, 3), "transmission": frames(2, 1, 24, 36, 3)}
    page = read_page(write_report(make_views([views])))
    assert list(page.sections) == ["facts", "sequences", "levels", "reading", "citation"]
    labels = [e.text for e in page.find("span", class_="label", within="sequences")][:5]
    assert labels == ["I", "T", "view 1", "view 2, centre", "view 3"]


def test_sets_without_truth_have_no_psnr(make_views, frames, read_page):
    page = read_page(write_report(make_views([{"blended": frames(2, 3, 24, 36, 3)}])))
    assert "PSNR" not in page.sections["levels"]


def test_names_of_captures_are_escaped(make_views, frames, read_page):
    page = read_page(write_report(make_views([{"blended": frames(1, 3, 24, 36, 3)}])))
    assert "scène <0-0> & co" in page.sections["sequences"]


def test_equal_views_and_truth_are_said_instead_of_an_infinite_psnr(make_views, frames, read_page):
    same = frames(2, 1, 24, 36, 3)
    folder = make_views([{"blended": same, "transmission": same}], kind="pair")
    text = read_page(write_report(folder)).sections["levels"]
    assert "In 2 of them I equals T" in text
    assert not re.search(r"\binf\b|∞|nan", text)


def test_missing_set_is_named(tmp_path):
    with pytest.raises(ShardError, match="no such folder"):
        write_report(tmp_path / "nowhere")


def test_output_that_cannot_be_written_is_named(synthetic, tmp_path):
    with pytest.raises(OutputError, match=r"nowhere/r\.html: cannot be written \(No such file"):
        write_report(synthetic, tmp_path / "nowhere" / "r.html")


def test_full_disk_leaves_the_older_page_and_nothing_else(synthetic, tmp_path, monkeypatch):
    target = tmp_path / "r.html"
    target.write_text(f"{PAGE_MARK} older")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_report(synthetic, target)
    assert target.read_text() == f"{PAGE_MARK} older"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_report_does_not_change_the_set(synthetic):
    before = {path.name: path.read_bytes() for path in synthetic.glob("*.h5")}
    index = (synthetic / "index.json").read_bytes()
    write_report(synthetic)
    assert {path.name: path.read_bytes() for path in synthetic.glob("*.h5")} == before
    assert (synthetic / "index.json").read_bytes() == index


def test_shard_that_is_gone_is_named(synthetic, tmp_path):
    shutil.copytree(synthetic, tmp_path / "torn")
    (
        tmp_path / "torn" / json.loads((synthetic / "index.json").read_text())["shards"][0]["file"]
    ).unlink()
    with pytest.raises(ShardError, match="the file is missing"):
        write_report(tmp_path / "torn")


def links_beside(page: Page) -> list[str]:
    links = [element.attributes["href"] for element in page.find("a")]
    return [link for link in links if not link.startswith("#")]


def test_card_and_metadata_are_written_beside_the_shards_and_linked(own_copy, read_page):
    page = read_page(write_report(own_copy))
    index = read_index(own_copy)
    assert (own_copy / "README.md").read_text(encoding="utf-8") == dataset_card(index)
    assert (own_copy / "croissant.json").read_text(encoding="utf-8") == croissant(index)
    assert links_beside(page) == ["README.md", "croissant.json"]


def test_page_elsewhere_comes_alone(own_copy, tmp_path, read_page):
    page = read_page(write_report(own_copy, tmp_path / "r.html"))
    assert links_beside(page) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["r.html"]
    assert not (own_copy / "README.md").exists()


def test_page_of_another_name_beside_the_shards_has_them_too(own_copy, read_page):
    assert links_beside(read_page(write_report(own_copy, own_copy / "look.html")))
    assert (own_copy / "README.md").exists()


def test_somebody_elses_card_is_left_as_it_is(own_copy, read_page, caplog):
    (own_copy / "README.md").write_text("# Mine")
    page = read_page(write_report(own_copy))
    assert (own_copy / "README.md").read_text() == "# Mine"
    assert links_beside(page) == ["croissant.json"]
    assert "README.md was not written by seqsynth report and is left as it is" in caplog.text


def test_own_card_is_brought_up_to_date(own_copy):
    write_report(own_copy)
    card = own_copy / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + "older", encoding="utf-8")
    write_report(own_copy)
    assert card.read_text(encoding="utf-8") == dataset_card(read_index(own_copy))


def test_day_of_publication_goes_into_the_metadata(own_copy):
    write_report(own_copy, published=datetime.date(2026, 1, 2))
    document = json.loads((own_copy / "croissant.json").read_text(encoding="utf-8"))
    assert document["datePublished"] == "2026-01-02"


@pytest.mark.parametrize("name", ["report.html", "letter.txt"])
def test_file_of_somebody_else_is_not_replaced_by_a_page(synthetic, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="was not written by seqsynth"):
        write_report(synthetic, tmp_path / name)
    assert (tmp_path / name).read_text() == "mine"
    write_report(synthetic, tmp_path / name, overwrite=True)
    # Its own page it knows again.
    write_report(synthetic, tmp_path / name)
