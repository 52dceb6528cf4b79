import numpy as np
import pytest
import torch

from trainer.methods.features import CHANNELS, Taps, upsampled_as_tensorflow_1
from trainer.nets.vgg import MEAN, STD


def test_taps_are_the_layers_asked_for():
    taps = Taps((1, 8, 31), width=1 / 32)
    images = torch.rand(1, 3, 32, 40)
    first, second, third = taps(images)
    assert [maps.shape for maps in (first, second, third)] == [
        (1, CHANNELS[1] // 32, 32, 40),
        (1, CHANNELS[8] // 32, 16, 20),
        (1, CHANNELS[31] // 32, 2, 2),
    ]
    mean, std = (torch.tensor(values)[:, None, None] for values in (MEAN, STD))
    wanted = taps.vgg.features[:2]((images - mean) / std)
    torch.testing.assert_close(first, wanted)


def test_without_normalising_the_photo_goes_in_as_it_is():
    taps = Taps((1,), width=1 / 32, normalised=False)
    images = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(taps(images)[0], taps.vgg.features[:2](images))


def test_average_pooling_keeps_partial_cells():
    taps = Taps((1, 6), width=1 / 32, pooling="average")
    maps = torch.arange(9.0).reshape(1, 1, 3, 3)
    pool = taps.vgg.features[4]
    assert pool(maps)[0, 0].tolist() == [[2.0, 3.5], [6.5, 8.0]]


def test_taps_do_not_learn():
    assert not any(weight.requires_grad for weight in Taps((1,), width=1 / 32).parameters())


@pytest.mark.parametrize("size", [(16, 12), (7, 5), (4, 3)])
def test_tensorflow_1_reads_at_the_pixels_share_of_the_map(size):
    maps = torch.rand(2, 3, 4, 3)
    source = maps.double().numpy()
    wanted = np.empty((2, 3, *size))
    for row in range(size[0]):
        for column in range(size[1]):
            y, x = row * 4 / size[0], column * 3 / size[1]
            top, left = int(y), int(x)
            bottom, right = min(top + 1, 3), min(left + 1, 2)
            upper = source[..., top, left] * (1 - x + left) + source[..., top, right] * (x - left)
            lower = source[..., bottom, left] * (1 - x + left) + source[..., bottom, right] * (
                x - left
            )
            wanted[..., row, column] = upper * (1 - y + top) + lower * (y - top)
    np.testing.assert_allclose(upsampled_as_tensorflow_1(maps, size).numpy(), wanted, atol=1e-6)
