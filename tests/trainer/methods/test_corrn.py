"""CoRRN's outputs, edges and statistics against independent statements in numpy and scipy."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods import corrn


def test_corrns_reflection_is_what_is_taken_away() -> None:
    method, config = tiny("corrn")
    photo = torch.rand(1, 3, 64, 64)
    outputs = method.network(config)(photo)
    torch.testing.assert_close(outputs["reflection"], photo - outputs["transmission"])


def test_corrns_gain_is_for_restoring_alone() -> None:
    method, config = tiny("corrn", gain=1.1)
    net = method.network(config)
    plain = method.network(config.model_copy(update={"gain": 1.0}))
    plain.load_state_dict(net.state_dict())
    photo = torch.rand(1, 3, 64, 64)
    found, wanted = (one.eval()(photo)["transmission"] for one in (net, plain))
    torch.testing.assert_close(found, 1.1 * wanted)


def test_corrns_true_edges_are_sobels_magnitude_of_grey() -> None:
    images = torch.rand(2, 3, 12, 10)
    grey = np.tensordot(images.double().numpy(), [0.299, 0.587, 0.114], (1, 0))
    wanted = [
        np.hypot(ndimage.sobel(one, 0, mode="nearest"), ndimage.sobel(one, 1, mode="nearest"))
        for one in grey
    ]
    np.testing.assert_allclose(corrn.true_edges(images)[:, 0].numpy(), wanted, atol=1e-5)


def test_corrns_statistics_of_equal_pictures_agree_and_unknown_ones_do_not_count(
    draw_pair: DrawPair,
) -> None:
    pair = draw_pair(count=3)
    known = torch.tensor([True, True, False])
    other = pair.transmission.clone()
    other[2] = 0
    found = corrn.statistic_distance(pair.transmission, other, known)
    torch.testing.assert_close(found, torch.zeros(3), atol=1e-6, rtol=0)


def test_corrns_statistics_are_the_kernels_means(draw_pair: DrawPair) -> None:
    found, wanted = draw_pair(seed=1).transmission, draw_pair(seed=2).transmission

    def softmax(maps: np.ndarray) -> np.ndarray:
        powers = np.exp(maps.reshape(len(maps), -1))
        return powers / powers.sum(1, keepdims=True)

    def kernel(one: np.ndarray, other: np.ndarray) -> float:
        squares = ((one[:, None] - other[None]) ** 2).sum(2)
        return float(np.mean([np.exp(-squares * width) for width in (0.5, 0.1, 0.05)]))

    total = 0.0
    for axis in (1, 0):
        one, other = (
            softmax(
                np.stack(
                    [
                        ndimage.sobel(grey, axis, mode="constant")
                        for grey in np.tensordot(
                            images.double().numpy(), [0.299, 0.587, 0.114], (1, 0)
                        )
                    ]
                )
            )
            for images in (found, wanted)
        )
        total += kernel(one, one) + kernel(other, other) - 2 * kernel(one, other)
    both = torch.ones(2, dtype=torch.bool)
    result = corrn.statistic_distance(found.double(), wanted.double(), both)[0].item()
    assert result == pytest.approx(total, rel=1e-2, abs=1e-9)
