"""Tiles must add up to one picture."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from seqsynth.errors import ConfigError
from tests.trainer.restoring.stubs import CPU, Stub, draw
from trainer.nets import StudentNet
from trainer.nets.config import NetConfig
from trainer.restoring.tiles import (
    axis_weights,
    choose_tile,
    cut_spans,
    needed_bytes,
    picture_knowledge,
    restore,
)


def as_floats(image: np.ndarray) -> NDArray[np.float32]:
    floats: NDArray[np.float32] = (image / 255).astype(np.float32)
    return floats


@pytest.mark.parametrize("length", [288, 320, 321, 447, 448, 511, 512, 999, 1760])
@pytest.mark.parametrize("tile", [320, 384, 704])
def test_tiles_cover_every_pixel_with_weight_one(length: int, tile: int) -> None:
    total = np.zeros(length)
    spans = cut_spans(length, tile)
    for span, weights in zip(spans, axis_weights(spans), strict=True):
        total[span.start : span.stop] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize("length", [330, 512, 1160, 1760])
@pytest.mark.parametrize("tile", [320, 384, 704])
def test_tiles_begin_on_the_grid_and_share_enough(length: int, tile: int) -> None:
    spans = cut_spans(length, tile)
    assert all(span.start % 64 == 0 and span.stop - span.start <= tile for span in spans)
    assert all(span.before >= 160 for span in spans[1:])
    assert spans[-1].stop == length


@pytest.mark.parametrize("tile", [300, 256, 64])
def test_useless_tile_is_one_sentence(tile: int) -> None:
    with pytest.raises(ConfigError, match="multiple of 64"):
        restore(Stub(), as_floats(draw(40, 40)), CPU, tile)  # type: ignore[arg-type]  # a stub


def test_tiles_of_an_unchanged_photo_are_the_photo() -> None:
    photo = as_floats(draw(400, 530))
    result = restore(Stub(), photo, CPU, 320)  # type: ignore[arg-type]  # a stub
    assert result.tiles > 1
    np.testing.assert_allclose(result.transmission, photo, atol=1e-6)
    assert result.seams is not None
    assert result.seams.largest == 0


def test_seams_are_what_two_tiles_differ_by() -> None:
    photo = np.full((300, 400, 3), 0.5, np.float32)
    brighter = Stub(lambda blended, call: blended + 3 * (call - 1) / 255)
    result = restore(brighter, photo, CPU, 320)  # type: ignore[arg-type]  # a stub
    assert result.tiles == 2
    assert result.seams is not None
    assert result.seams.mean == pytest.approx(3, abs=1e-3)
    assert result.seams.largest == pytest.approx(3, abs=1e-3)


def test_tiled_representation_is_the_whole_one() -> None:
    photo = as_floats(draw(400, 530))
    whole, tiled = (restore(Stub(), photo, CPU, tile).hallucinated for tile in (0, 320))  # type: ignore[arg-type]  # a stub
    assert whole is not None
    assert tiled is not None
    np.testing.assert_array_equal(whole, tiled)


def test_tiles_of_a_network_agree_with_the_whole_but_for_attention() -> None:
    """With the attention held at one half, a tile's middle is what the whole photo gives."""
    torch.manual_seed(3)
    net = StudentNet(NetConfig(width=1 / 64, context_blocks=2)).eval()
    for name, weight in net.named_parameters():
        if "excite" in name:
            nn.init.zeros_(weight)
    photo = as_floats(draw(300, 640))
    whole, tiled = restore(net, photo, CPU), restore(net, photo, CPU, 448)
    assert tiled.tiles > 1
    # What lies farther away than the shared strip moves the result by less than half a level.
    assert np.abs(whole.transmission - tiled.transmission).max() * 255 < 0.5


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (5, 7), (65, 67), (64, 100)])
def test_every_size_comes_out_as_it_went_in(size: tuple[int, int], checkpoint: Path) -> None:
    from trainer.checkpoint import load_student

    photo = as_floats(draw(*size))
    result = restore(load_student(checkpoint)[0], photo, CPU)
    np.testing.assert_allclose(result.transmission, photo, atol=1e-6)


def test_whole_photo_is_taken_where_memory_suffices() -> None:
    config = NetConfig()
    enough = needed_bytes(config, 600, 800)
    assert choose_tile(config, 600, 800, enough) == 0
    tile = choose_tile(config, 600, 800, enough - 1)
    assert 0 < tile < 800
    assert needed_bytes(config, tile, tile) < enough


def test_too_little_memory_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="too little"):
        choose_tile(NetConfig(), 600, 800, 2**20)


def test_representation_is_shown_by_its_first_components() -> None:
    """A ramp in one of five channels is a ramp in red."""
    features = np.zeros((4, 50, 5), np.float32)
    features[:, :, 3] = np.arange(50)
    red = picture_knowledge(features)[0, :, 0].astype(int)
    assert red[0] == 0
    assert red[-1] == 255
    assert (np.diff(red) >= 0).all()
