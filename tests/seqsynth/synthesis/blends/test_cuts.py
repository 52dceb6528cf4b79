import numpy as np

from seqsynth.synthesis.blends.cuts import (
    moved,
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.synthesis.layers import MARGIN, LayerPair

LAYER = np.arange(100, dtype=np.uint8).reshape(10, 10)


def test_content_moves_down_and_right() -> None:
    assert moved(LAYER, 3, (2, 1))[0, 0] == LAYER[3 - 2, 3 - 1]


def test_content_moves_up_and_left() -> None:
    assert moved(LAYER, 3, (-3, -1))[0, 0] == LAYER[3 + 3, 3 + 1]


def test_moved_layer_loses_its_edge_only() -> None:
    assert moved(LAYER, 3, (-3, 3)).shape == (4, 4)


def test_reach_is_left_around_the_layer(pair: LayerPair) -> None:
    height, width = pair.reflection.shape[:2]
    expected = pair.reflection[MARGIN - 7 : height - MARGIN + 7, MARGIN - 7 : width - MARGIN + 7]
    np.testing.assert_array_equal(reflection_scene(pair, 7), expected)


def test_whole_margin_can_be_kept(pair: LayerPair) -> None:
    np.testing.assert_array_equal(reflection_scene(pair, MARGIN), pair.reflection)


def test_windows_stand_at_their_origins(pair: LayerPair) -> None:
    np.testing.assert_array_equal(transmission_windows(pair)[1], pair.transmission[1:25, 2:34])


def test_reflection_windows_are_counted_without_the_margin(pair: LayerPair) -> None:
    layer = reflection_scene(pair, 0)
    np.testing.assert_array_equal(reflection_windows(pair, layer)[2], layer[25:49, 37:69])
