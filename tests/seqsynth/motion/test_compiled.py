"""The compiled resampling gives the reference's integers."""

import numpy as np
import pytest

pytest.importorskip("numba")

from seqsynth.motion import compiled, resampling
from tests.seqsynth.motion.drawn import CORNER, draw_map, draw_picture


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64])
def test_compiled_views_are_the_references(kind, seed):
    scale = {np.uint8: 1, np.uint16: 256, np.float64: 4000}[kind]
    picture = draw_picture(seed).astype(kind) * kind(scale)
    view = draw_map(seed)
    found = compiled.resample(picture, view, CORNER)
    assert found.dtype == kind
    assert np.array_equal(found, resampling.resample(picture, view, CORNER))


def test_the_last_corner_of_a_layer_is_read_to_its_end():
    """A view that reads the last pixel of the last row reads nothing beyond it."""
    view = draw_map(1)
    x, y = view.positions(slice(None))
    rows, columns = int(y.max()) // 256 + 4, int(x.max()) // 256 + 4
    picture = draw_picture(7)[: rows + 40, : columns + 40]
    found = compiled.resample(picture, view, CORNER)
    assert np.array_equal(found, resampling.resample(picture, view, CORNER))
