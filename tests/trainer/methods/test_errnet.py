"""ERRNet's terms against numbers worked by hand and numpy."""

import numpy as np
import pytest
import torch

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods import errnet
from trainer.methods.method import Lesson


def test_errnets_gan_is_binary_cross_entropy_of_relative_logits() -> None:
    fake, real = torch.tensor([[0.5], [1.5]]), torch.tensor([[-1.0], [2.0]])

    def entropy(x: np.ndarray, label: float) -> np.ndarray:
        share = 1 / (1 + np.exp(-x))
        return -(label * np.log(share) + (1 - label) * np.log(1 - share))

    f, r = fake.numpy()[:, 0], real.numpy()[:, 0]
    fooled = (entropy(r - f.mean(), 0) + entropy(f - r.mean(), 1)) / 2
    told = (entropy(r - f.mean(), 1) + entropy(f - r.mean(), 0)) / 2
    np.testing.assert_allclose(errnet.fools(fake, real).numpy(), fooled, rtol=1e-5)
    np.testing.assert_allclose(errnet.tells(fake, real).numpy(), told, rtol=1e-5)


def test_errnets_terms(draw_pair: DrawPair) -> None:
    method, config = tiny("errnet")
    pair = draw_pair()
    lesson = Lesson(config, perceive=lambda images: [images] * 5)
    terms = method.losses({"transmission": pair.transmission + 0.1}, pair, lesson)
    weights = 1 / 2.6 + 1 / 4.8 + 1 / 3.7 + 1 / 5.6 + 10 / 1.5
    assert terms["pixel"].values.tolist() == pytest.approx([0.01] * 2, rel=1e-3)
    assert terms["gradient"].values.tolist() == pytest.approx([0] * 2, abs=1e-5)
    assert terms["perceptual"].values.tolist() == pytest.approx([0.1 * weights] * 2, rel=1e-3)
