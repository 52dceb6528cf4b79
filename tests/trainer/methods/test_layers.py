"""Layers and games that methods share, against numbers worked by hand."""

import torch

from trainer.methods.layers import patches_fool, patches_tell


def test_least_squares_gan_by_hand() -> None:
    fake, real = torch.full((2, 1, 2, 2), 0.25), torch.full((2, 1, 2, 2), 0.5)
    assert patches_fool(fake, real).tolist() == [0.5625, 0.5625]
    assert patches_tell(fake, real).tolist() == [0.15625, 0.15625]
