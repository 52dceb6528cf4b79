"""BDN's terms, and how its networks join their maps and learn apart."""

import numpy as np
import torch

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods.method import Lesson


def test_bdns_terms_are_squares_on_minus_one_to_one(draw_pair: DrawPair) -> None:
    method, config = tiny("bdn")
    pair = draw_pair()
    off = {
        "first": pair.transmission + 0.1,
        "reflection": pair.reflection + 0.2,
        "transmission": pair.transmission + 0.3,
    }
    terms = method.losses(off, pair, Lesson(config, "chain"))
    found = [terms[name].values.tolist() for name in ("first", "reflection", "pixel")]
    np.testing.assert_allclose(found, [[0.04] * 2, [0.16] * 2, [0.36] * 2], rtol=1e-4)


def test_bdns_networks_learn_apart_from_true_inputs(draw_pair: DrawPair) -> None:
    method, config = tiny("bdn")
    net, pair = method.network(config), draw_pair(side=128)
    net(pair.blended, pair)["transmission"].sum().backward()
    assert all(weight.grad is None for weight in net.first.parameters())
    assert all(weight.grad is None for weight in net.reflection.parameters())
    assert all(weight.grad is not None for weight in net.second.parameters())


def test_bdn_joins_the_deeper_map_first_and_pads_around() -> None:
    method, config = tiny("bdn")
    up = method.network(config).first.up
    joined = up._join(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 5, 5))
    assert joined[0, 0].tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
