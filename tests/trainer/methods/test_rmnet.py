"""RmNet's terms against numpy and scipy, and how it joins its maps."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods import rmnet
from trainer.methods.method import Lesson


def test_rmnets_terms_are_on_minus_one_to_one(draw_pair: DrawPair) -> None:
    method, config = tiny("rmnet")
    pair = draw_pair()
    mask = torch.full_like(pair.blended, 0.25)
    off = {
        "transmission": pair.transmission + 0.1,
        "reflection": pair.reflection - 0.1,
        "mask": mask,
    }
    terms = method.losses(off, pair, Lesson(config))
    transmission, reflection, blended = (
        2 * one.double().numpy() - 1
        for one in (off["transmission"], off["reflection"], pair.blended)
    )
    mixed = np.abs(0.75 * transmission + 0.25 * reflection - blended).mean((1, 2, 3))
    assert terms["pixel"].values.tolist() == pytest.approx([0.2] * 2, rel=1e-4)
    assert terms["reflection"].values.tolist() == pytest.approx([0.2] * 2, rel=1e-4)
    assert terms["recombination"].values.tolist() == pytest.approx(mixed.tolist(), rel=1e-4)


def test_rmnets_gradient_is_scipys_sobel_of_the_summed_colours(draw_pair: DrawPair) -> None:
    method, config = tiny("rmnet")
    pair = draw_pair()
    found = torch.rand_like(pair.transmission)
    off = {"transmission": found, "reflection": pair.reflection, "mask": pair.blended}
    difference = 2 * (found - pair.transmission).double().sum(1).numpy()
    wanted = [
        sum(np.abs(ndimage.sobel(one, axis, mode="constant")).mean() for axis in (0, 1))
        for one in difference
    ]
    terms = method.losses(off, pair, Lesson(config))
    assert terms["gradient"].values.tolist() == pytest.approx(wanted, rel=1e-4)


def test_rmnet_joins_the_skip_first_and_pads_before() -> None:
    method, config = tiny("rmnet")
    assert rmnet.WIDTHS == (64, 128, 256, 512, 512, 512)
    up = method.network(config).transmission
    joined = up._join(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 3, 3))
    assert joined[0, 1].tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]
