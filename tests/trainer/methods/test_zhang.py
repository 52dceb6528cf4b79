"""Zhang's terms and first layers against the authors' weights and formulas."""

import math

import pytest
import torch

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods import zhang
from trainer.methods.method import Lesson


def test_zhangs_perceptual_term_is_in_levels(draw_pair: DrawPair) -> None:
    method, config = tiny("zhang")
    pair = draw_pair()
    off = {"transmission": pair.transmission + 0.01, "reflection": pair.reflection - 0.02}
    terms = method.losses(off, pair, Lesson(config))
    assert terms["perceptual"].values.tolist() == pytest.approx([2.55] * 2, rel=1e-3)
    assert terms["reflection_perceptual"].values.tolist() == pytest.approx([5.1] * 2, rel=1e-3)
    assert terms["reflection"].values.tolist() == pytest.approx([0.02] * 2, rel=1e-3)


def test_zhangs_features_count_by_the_authors_weights(draw_pair: DrawPair) -> None:
    method, config = tiny("zhang")
    pair = draw_pair()
    off = {"transmission": pair.transmission + 0.01, "reflection": pair.reflection}
    lesson = Lesson(config, perceive=lambda images: [images] * 5)
    weights = 1 / 2.6 + 1 / 4.8 + 1 / 3.7 + 1 / 5.6 + 10 / 1.5
    wanted = 2.55 + 0.01 * weights * 255 * 0.226
    found = method.losses(off, pair, lesson)["perceptual"].values.tolist()
    assert found == pytest.approx([wanted] * 2, rel=1e-3)


def test_zhangs_adversarial_terms_are_logarithms() -> None:
    fake, real = torch.full((2, 1, 3, 3), 0.5), torch.full((2, 1, 3, 3), -1.0)

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    told = (-math.log(sigmoid(-1)) - math.log(1 - sigmoid(0.5))) / 2
    assert zhang.fools(fake, real).tolist() == pytest.approx([-math.log(sigmoid(0.5))] * 2)
    assert zhang.tells(fake, real).tolist() == pytest.approx([told] * 2)


def test_zhangs_norm_is_the_identity_at_birth() -> None:
    maps = torch.randn(2, 5, 8, 9)
    torch.testing.assert_close(zhang.AdaptiveNorm(5)(maps), maps)


def test_zhangs_first_layers_pass_their_input_on_at_birth() -> None:
    method, config = tiny("zhang", hypercolumn=False, width=1 / 16)
    photo = torch.rand(1, 3, 12, 12)
    features = method.network(config).layers(photo)
    torch.testing.assert_close(features[:, :3], photo)


def test_zhangs_colours_may_be_the_authors(draw_pair: DrawPair) -> None:
    method, config = tiny("zhang", colours="bgr")
    net = method.network(config).eval()
    seen = []
    net.taps.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    photo = torch.rand(1, 3, 32, 32)
    net(photo)
    wanted = 255 * photo[0, 2] - 123.68
    torch.testing.assert_close(seen[0][0, 0], wanted)
