"""Photos of any size through a method: whole, or in tiles where memory is short."""

import numpy as np
import pytest
import torch

from seqsynth.errors import ConfigError
from tests.trainer.methods.conftest import tiny
from trainer.machine import Machine
from trainer.methods.restorer import MethodNet, bytes_per_pixel
from trainer.restoring.tiles import BASE_BYTES, WORKSPACE, choose_tile, needed_bytes, restore

MACHINE = Machine(torch.device("cpu"))


def test_tiles_agree_with_the_whole_where_nothing_looks_far():
    # Zhang et al.'s narrow network, at birth: a map of each pixel's own colours.
    torch.manual_seed(0)
    method, config = tiny("zhang", hypercolumn=False)
    net = MethodNet(method.network(config), config).eval()
    photo = np.random.default_rng(0).random((330, 700, 3), dtype=np.float32)
    whole, tiled = (restore(net, photo, MACHINE, tile) for tile in (0, 320))
    assert whole.hallucinated is None
    assert tiled.tiles > 1
    assert tiled.transmission.shape == photo.shape
    np.testing.assert_allclose(tiled.transmission, whole.transmission, atol=1e-5)
    assert tiled.seams.largest < 0.01


def test_memory_is_counted_for_each_method():
    _, config = tiny("ceilnet", width=1.0)
    # Two maps of 64 channels at full size live at once, and little beside them.
    assert 2 * 64 * 4 <= bytes_per_pixel(config) <= 3 * 64 * 4
    narrow = tiny("ceilnet", width=0.25)[1]
    assert bytes_per_pixel(narrow) < bytes_per_pixel(config) / 2


def test_a_photo_that_does_not_fit_is_cut_into_tiles():
    _, config = tiny("ceilnet", width=1.0)
    whole = needed_bytes(config, 3000, 4000)
    assert whole == BASE_BYTES + int(WORKSPACE * bytes_per_pixel(config) * 3000 * 4000)
    assert choose_tile(config, 3000, 4000, whole) == 0
    tile = choose_tile(config, 3000, 4000, whole // 4)
    assert needed_bytes(config, tile, tile) <= whole // 4
    assert tile % 64 == 0
    with pytest.raises(ConfigError, match="are too little"):
        choose_tile(config, 3000, 4000, BASE_BYTES)
