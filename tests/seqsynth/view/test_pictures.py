"""Pictures for the browser: exact where pixels are read, made once, kept within bounds."""

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

from seqsynth.view.pictures import (
    PictureCache,
    exact_picture,
    film_strip,
    shown_views,
    thumbnail,
)
from tests.conftest import draw_photo


def test_the_stage_gets_every_value_as_it_is() -> None:
    photo = draw_photo(1)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(exact_picture(photo)))), photo)


def test_a_strip_shows_the_views_side_by_side() -> None:
    views = np.stack([np.full((40, 60, 3), level, np.uint8) for level in (0, 128, 255)])
    strip = np.asarray(Image.open(io.BytesIO(film_strip(views))), int)
    assert strip.shape == (40, 180, 3)
    for place, level in enumerate((0, 128, 255)):
        assert abs(strip[20, 60 * place + 30] - level).max() <= 3


def test_a_thumbnail_keeps_the_mean_and_the_shape() -> None:
    photo = draw_photo(2, (400, 600, 3))
    small = thumbnail(photo, 150)
    assert small.shape == (100, 150, 3)
    assert abs(small.mean() - photo.mean()) < 0.5


def test_of_many_views_those_about_the_centre_are_shown() -> None:
    assert shown_views(3) == [0, 1, 2]
    assert shown_views(9) == [2, 3, 4, 5, 6]
    assert shown_views(2) == [0, 1]
    assert shown_views(1) == [0]


def test_two_who_ask_at_once_share_one_picture() -> None:
    cache = PictureCache()

    def make() -> bytes:
        time.sleep(0.05)
        return b"picture"

    threads = [threading.Thread(target=cache.get, args=("key", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.made == 1


def test_a_picture_that_failed_is_tried_again() -> None:
    cache = PictureCache()

    def fail() -> bytes:
        raise OSError("torn")

    with pytest.raises(OSError, match="torn"):
        cache.get("key", fail)
    assert cache.get("key", lambda: b"whole") == b"whole"


def test_the_least_lately_seen_goes_first() -> None:
    cache = PictureCache(most_bytes=20)
    for key in "abab":
        cache.get(key, lambda: b"0123456789")
    cache.get("c", lambda: b"0123456789")
    made = cache.made
    cache.get("b", lambda: b"0123456789")
    assert cache.made == made
    cache.get("a", lambda: b"0123456789")
    assert cache.made == made + 1
