"""Strips of two pictures."""

import numpy as np
import pytest

from seqsynth.metrics.strips import STRIP_ROWS, cut_strips
from tests.seqsynth.metrics.pairs import draw_pair


@pytest.mark.parametrize("height", [1, STRIP_ROWS, STRIP_ROWS + 1, 3 * STRIP_ROWS - 1])
@pytest.mark.parametrize("reach", [0, 6])
def test_own_rows_of_all_strips_are_the_picture(height: int, reach: int) -> None:
    prediction, truth = draw_pair(height, 9)
    strips = list(cut_strips(prediction, truth, reach))
    for name, picture in (("prediction", prediction), ("truth", truth)):
        own = [getattr(strip, name)[: strip.own] for strip in strips]
        np.testing.assert_array_equal(np.concatenate(own), picture)


def test_strip_reaches_into_the_next_as_far_as_there_is_one() -> None:
    prediction, truth = draw_pair(STRIP_ROWS + 3, 9)
    first, last = cut_strips(prediction, truth, reach=6)
    assert (len(first.truth), first.own) == (STRIP_ROWS + 3, STRIP_ROWS)
    assert (len(last.truth), last.own) == (3, 3)


def test_products_are_taken_pixel_by_pixel() -> None:
    prediction, truth = draw_pair(5, 4)
    (strip,) = cut_strips(prediction, truth)
    np.testing.assert_array_equal(strip.squares, prediction**2 + truth**2)
    np.testing.assert_array_equal(strip.product, prediction * truth)
