"""Films: frames side by side, in order, of a bounded size."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImage

from seqsynth.report.film import MOST_FRAMES, Film, choose_views, make_film


def decode(film: Film) -> NDArray[np.uint8]:
    kind, _, content = film.uri.partition(";base64,")
    assert kind == "data:image/webp"
    picture = PillowImage.open(io.BytesIO(base64.b64decode(content, validate=True)))
    return np.asarray(picture.convert("RGB"))


def test_frames_stand_side_by_side_in_order():
    frames = np.stack([np.full((40, 60, 3), level, np.uint8) for level in (30, 120, 210)])
    film = make_film(frames)
    assert (film.frames, film.width, film.height) == (3, 60, 40)
    picture = decode(film)
    assert picture.shape == (40, 180, 3)
    assert [round(picture[20, x].mean() / 30) for x in (30, 90, 150)] == [1, 4, 7]


def test_colours_keep_their_order():
    red = np.zeros((1, 40, 40, 3), np.uint8)
    red[..., 0] = 200
    picture = decode(make_film(red))
    assert picture[20, 20].argmax() == 0


def test_large_frames_are_shrunk_to_the_larger_side():
    film = make_film(np.zeros((2, 300, 600, 3), np.uint8), side_px=100)
    assert (film.width, film.height) == (100, 50)
    assert decode(film).shape == (50, 200, 3)


def test_small_frames_are_not_enlarged():
    film = make_film(np.zeros((1, 12, 20, 3), np.uint8))
    assert (film.width, film.height) == (20, 12)


def test_same_frames_give_same_bytes():
    frames = np.random.default_rng(0).integers(0, 256, (3, 30, 30, 3), dtype=np.uint8)
    assert make_film(frames) == make_film(frames.copy())


@pytest.mark.parametrize("views", [1, 2, 3, 4, 5])
def test_few_views_are_all_shown(views):
    assert choose_views(views) == list(range(views))


@given(st.integers(6, 99))
def test_many_views_are_shown_by_first_centre_and_last(views):
    chosen = choose_views(views)
    assert len(chosen) == MOST_FRAMES
    assert chosen == sorted(set(chosen))
    assert {0, views // 2, views - 1} <= set(chosen)
