"""The contact sheet: the frames shown are the frames stored."""

import base64
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage

from seqsynth.report import write_report
from seqsynth.report.sections.contact_sheet import make_card
from seqsynth.sequence import ViewSequence
from seqsynth.shards import open_shards
from tests.seqsynth.report.conftest import Page


@pytest.fixture(scope="module")
def page(synthetic: Path, read_page: Callable[[Path], Page]) -> Page:
    return read_page(write_report(synthetic))


def decoded(uri: str) -> NDArray[np.int_]:
    content = base64.b64decode(uri.partition(",")[2])
    return np.asarray(PillowImage.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_pictures_show_the_stored_frames_in_order(page, synthetic):
    for number, sequence in enumerate(open_shards(synthetic)):
        for name in ("blended", "transmission", "reflection"):
            (image,) = [e for e in page.find("image") if e.attributes["id"] == f"s{number}-{name}"]
            expected = np.concatenate(list(getattr(sequence, name)), axis=1).astype(int)
            assert np.abs(decoded(image.attributes["href"]) - expected).mean() < 8


def test_every_picture_is_embedded_once(page):
    uris = [element.attributes["href"] for element in page.find("image")]
    assert len(uris) == 3 * 9
    assert len(set(uris)) == len(uris)


def test_layers_of_a_sequence_play_in_step(page):
    films = page.find("svg", within="sequences")
    plays = [e for e in films if "--frames" in e.attributes.get("style", "")]
    timings = {e.attributes["style"].rpartition(";--step")[0] for e in plays}
    assert timings == {"--frames:3;--rest:1"}


def test_what_is_said_of_the_motion_is_true_of_it(page, read_page, camera_shards, tmp_path):
    assert "What belongs to T barely moves" in page.sections["sequences"]
    moved = read_page(write_report(camera_shards, tmp_path / "page.html")).sections["sequences"]
    assert "Both layers move, each by its distance from the camera" in moved
    assert "barely moves" not in moved


def test_motion_is_off_where_the_reader_prefers_so(page):
    style = page.find("style")[0].text
    before, _, after = style.partition("@media (prefers-reduced-motion: no-preference)")
    assert after
    for rule in before.split("}"):
        if "animation:" in rule:
            assert ":hover" in rule
            assert ":focus" in rule


def test_every_picture_has_a_name_for_those_who_do_not_see_it(page):
    assert all(element.attributes.get("aria-label") for element in page.find("svg"))


def test_caption_names_photos_and_draws(synthetic):
    sequence = open_shards(synthetic)[1]
    card = make_card(sequence, 1)
    transmission, reflection = sequence.metadata["source"]
    assert card.facts[:2] == (f"T {transmission}", f"R {reflection}")
    assert f"{sequence.metadata['sigma']:.2f}".rstrip("0") in card.facts[2]
    assert card.facts[3] == f"attenuation\u00a0{sequence.metadata['attenuation'][0]}"


def test_blur_of_other_blends_is_the_one_they_drew(make_synthetic):
    sequence = open_shards(make_synthetic(blend="linear"))[0]
    card = make_card(sequence, 0)
    blur = next(fact for fact in card.facts if fact.startswith("σ"))
    assert blur.split("\u00a0")[1] == f"{sequence.metadata['parameters']['sigma_px']:.3g}"


def test_strength_other_than_one_is_named():
    view = np.zeros((1, 8, 8, 3), np.uint8)
    card = make_card(ViewSequence(view, None, None, None, "n", "train", {"strength": 0.25}), 0)
    assert card.facts == ("strength\u00a00.25",)


def test_attenuations_that_differ_between_views_are_all_named():
    view = np.zeros((3, 8, 8, 3), np.uint8)
    metadata = {"attenuation": [4, 7, 5]}
    card = make_card(ViewSequence(view, view, view, None, "n", "train", metadata), 0)
    assert card.facts == ("attenuation\u00a04/7/5",)


def test_many_views_are_thinned_out():
    views = np.stack([np.full((8, 8, 3), 20 * level, np.uint8) for level in range(9)])
    card = make_card(ViewSequence(views, None, None, None, "n", "train"), 0)
    (reel,) = card.reels
    assert card.captions == ("view 1", "view 3", "view 5, centre", "view 7", "view 9")
    assert (reel.film.frames, reel.rest) == (5, 2)
    frames = decoded(reel.film.uri)
    assert abs(frames[4, 20].mean() - 80) < 6
