import numpy as np
import pytest
import torch
from torch import nn

from seqsynth.errors import ConfigError, SourceError
from trainer.nets.layers import (
    ChannelAttention,
    ChannelAttentionBlock,
    PyramidPooling,
    conv_chain,
    pad_to_stride,
    upsample,
)


def second_moment(tensor: torch.Tensor) -> float:
    return float(tensor.detach().square().mean())


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_signals_keep_their_size_through_many_convolutions(slope: float) -> None:
    chain = conv_chain([64] * 9, slope)
    signal = torch.randn(2, 64, 24, 24)
    assert 0.3 < second_moment(chain(signal)[..., 8:-8, 8:-8]) / second_moment(signal) < 3


def test_signals_keep_their_size_through_a_deconvolution() -> None:
    signal = torch.randn(4, 128, 16, 16)
    ratio = second_moment(upsample(128, 128, 0.0)(signal)) / second_moment(signal)
    # Kaiming: a ReLU halves the second moment, the weights double it.
    assert ratio == pytest.approx(1, abs=0.1)


def test_chain_ends_linear_on_demand() -> None:
    assert conv_chain([4, 8, 8], 0.0, last_relu=False)(torch.randn(1, 4, 9, 9)).min() < 0
    assert conv_chain([4, 8, 8], 0.0)(torch.randn(1, 4, 9, 9)).min() == 0


def test_attention_is_the_squeeze_and_excite_formula() -> None:
    attention = ChannelAttention(16, 8)
    nn.init.normal_(attention.excite.bias)
    features = torch.randn(3, 16, 5, 7)
    w1, b1, w2, b2 = (p.detach().double().numpy() for p in attention.parameters())
    mean = features.double().numpy().mean((2, 3))
    hidden = np.maximum(mean @ w1.T + b1, 0)
    expected = 1 / (1 + np.exp(-(hidden @ w2.T + b2)))
    assert w1.shape == (2, 16)
    assert np.allclose(attention(features)[:, :, 0, 0].detach().numpy(), expected, atol=1e-6)


def test_attention_block_adds_the_attended_change_without_a_second_activation() -> None:
    block = ChannelAttentionBlock(8, 4, 0.5, 0.0)
    features = torch.randn(2, 8, 6, 6)
    change = block.body(features)
    expected = features + 0.5 * change * block.attention(change)
    assert torch.allclose(block(features), expected)
    assert block(features).min() < 0


def test_context_blocks_start_close_to_the_identity() -> None:
    blocks = nn.Sequential(*(ChannelAttentionBlock(32, 8, 1.0, 0.0) for _ in range(10)))
    features = torch.rand(1, 32, 12, 12)
    assert second_moment(blocks(features)) < 1.5 * second_moment(features)


def reach(pooling: PyramidPooling, row: int, size: int) -> tuple[int, int]:
    """First and last row that the output at (row, row) depends on."""
    for weight in pooling.parameters():
        nn.init.constant_(weight, 0.1)
    features = torch.rand(1, 2, size, size, requires_grad=True)
    pooling(features)[0, :, row, row].sum().backward()
    rows = features.grad.abs().sum((0, 1, 3)).nonzero()
    return int(rows.min()), int(rows.max())


def test_aligned_pyramid_reads_only_the_cell_a_pixel_lies_in() -> None:
    pooling = PyramidPooling(2, 1, 0.0, stretch=False)
    assert reach(pooling, 111, 112) == (96, 111)
    assert reach(pooling, 40, 112) == (32, 63)


def test_errnet_pyramid_reads_cells_that_a_pixel_does_not_lie_in() -> None:
    pooling = PyramidPooling(2, 1, 0.0, stretch=True)
    assert reach(pooling, 111, 112) == (64, 111)


def test_aligned_pyramid_averages_partial_cells_over_what_they_hold() -> None:
    pooling = PyramidPooling(1, 1, 0.0, stretch=False)
    for weight in pooling.parameters():
        nn.init.ones_(weight)
    nn.init.zeros_(pooling.merge[0].bias)
    # 1 from the pixel itself and 1 from each of four cell means, whatever the map's size.
    assert torch.allclose(pooling(torch.ones(1, 1, 37, 50)), torch.tensor(5.0))


@pytest.mark.parametrize("size", [(1, 1), (2, 70), (33, 31)])
def test_aligned_pyramid_takes_any_size(size: tuple[int, int]) -> None:
    pooling = PyramidPooling(2, 1, 0.0, stretch=False)
    assert pooling(torch.rand(1, 2, *size)).shape == (1, 2, *size)


def test_errnet_pyramid_refuses_images_below_64_px() -> None:
    pooling = PyramidPooling(2, 1, 0.0, stretch=True)
    with pytest.raises(ConfigError, match=r"62x100 px.*needs 64x64"):
        pooling(torch.rand(1, 2, 50, 31))


def test_padding_mirrors_right_and_bottom() -> None:
    images = torch.rand(2, 3, 9, 6)
    expected = np.pad(images.numpy(), ((0, 0), (0, 0), (0, 3), (0, 2)), mode="reflect")
    assert np.array_equal(pad_to_stride(images).numpy(), expected)


def test_padding_refuses_less_than_a_cell() -> None:
    with pytest.raises(SourceError, match="image of 9x3 px"):
        pad_to_stride(torch.rand(1, 3, 3, 9))
