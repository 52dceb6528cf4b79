"""The mask between T's two planes."""

import numpy as np

from seqsynth.motion.extent import Extent
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.camera.mask import draw_knots, paint_mask

WINDOW = (48, 64)
FRAME = Extent(0, 0, *WINDOW)


def test_even_knots_make_an_even_mask():
    assert (paint_mask(np.full((4, 4), 255), WINDOW, FRAME) == 255).all()
    assert (paint_mask(np.zeros((4, 4), np.int64), WINDOW, FRAME) == 0).all()


def test_heights_between_knots_are_bilinear_and_six_times_as_steep():
    knots = np.tile([0, 255, 255, 255], (4, 1))
    # A third of the width from the first knot to the second: heights rise by 255 / 21 a column.
    row = paint_mask(knots, WINDOW, FRAME)[20]
    expected = np.clip(127.5 + 6 * (255 * np.arange(64) / 21 - 127.5), 0, 255)
    assert np.abs(row - expected).max() < 7
    assert row[0] == 0
    assert (row[13:] == 255).all()


def test_beyond_the_frame_the_mask_goes_on_as_at_its_edge():
    knots = draw_knots(Draws(0, Stream.TRAIN, 0))
    inner = paint_mask(knots, WINDOW, FRAME)
    outer = paint_mask(knots, WINDOW, Extent(-5, -7, 48 + 9, 64 + 10))
    assert np.array_equal(outer[5:53, 7:71], inner)
    assert np.array_equal(outer, np.pad(inner, ((5, 4), (7, 3)), mode="edge"))


def test_knots_use_the_whole_range():
    knots = np.stack([draw_knots(Draws(0, Stream.TRAIN, index)) for index in range(60)])
    assert knots.min() == 0
    assert knots.max() == 255
