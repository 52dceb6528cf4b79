"""A layer's extent is exactly what its views read."""

import numpy as np
import pytest

from seqsynth.motion.camera import CENTRE
from seqsynth.motion.extent import Extent, extent_of
from seqsynth.motion.homography import source_map
from tests.seqsynth.motion.drawn import FOCAL, WINDOW, draw_camera, draw_map

HEIGHT, WIDTH = WINDOW


@pytest.mark.parametrize("seed", range(8))
def test_extent_holds_every_tap_and_no_more(seed):
    view = draw_map(seed)
    x, y = view.positions(slice(None))
    left, right = min(0, x.min() // 256 - 2), max(WIDTH - 1, x.max() // 256 + 3)
    top, bottom = min(0, y.min() // 256 - 2), max(HEIGHT - 1, y.max() // 256 + 3)
    found = extent_of([view])
    assert found == Extent(int(top), int(left), int(bottom - top + 1), int(right - left + 1))


def test_extents_of_several_views_cover_each():
    views = [draw_map(seed) for seed in range(4)]
    whole = extent_of(views)
    for view in views:
        own = extent_of([view])
        assert whole.top <= own.top
        assert whole.top + whole.height >= own.top + own.height
        assert whole.left + whole.width >= own.left + own.width


def test_the_centre_view_alone_needs_its_frame_alone():
    centre = source_map(draw_camera(0)[0], CENTRE, FOCAL, WINDOW)
    assert extent_of([centre]) == Extent(0, 0, *WINDOW)
    assert np.array_equal(extent_of([centre]).corner, (0, 0))
