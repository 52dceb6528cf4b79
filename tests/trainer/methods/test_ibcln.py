"""IBCLN's rounds and terms against the formulas in float64."""

import pytest
import torch

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods import ibcln
from trainer.methods.method import Lesson


def test_ibclns_true_layers_leave_no_error(draw_pair: DrawPair) -> None:
    method, config = tiny("ibcln", rounds=1)
    pair = draw_pair()
    exact = {
        "transmission_1": pair.transmission,
        "reflection_1": pair.reflection,
        "transmission": pair.transmission,
        "half": torch.nn.functional.avg_pool2d(pair.transmission, 2),
        "quarter": torch.nn.functional.avg_pool2d(pair.transmission, 4),
    }
    terms = method.losses(exact, pair, Lesson(config))
    for name, term in terms.items():
        assert term.values.tolist() == pytest.approx([0, 0], abs=1e-10), name


def test_ibclns_synthesis_is_the_formula_of_the_sample(draw_pair: DrawPair) -> None:
    method, config = tiny("ibcln", rounds=2)
    drawn = draw_pair()
    power, gain = torch.tensor([2.2, 1.0]), torch.tensor([0.9, 1.0])
    pair = ibcln.Pair(**{**drawn.__dict__, "power": power, "gain": gain})
    rounds = {
        f"{layer}_{number}": torch.rand_like(drawn.blended)
        for layer in ("transmission", "reflection")
        for number in (1, 2)
    }
    small = {name: torch.zeros(2, 3, side, side) for name, side in (("half", 32), ("quarter", 16))}
    outputs = rounds | small | {"transmission": rounds["transmission_2"]}
    terms = method.losses(outputs, pair, Lesson(config))
    i, t = drawn.blended.double().numpy(), drawn.transmission.double().numpy()
    for sample, (p, a) in enumerate(((2.2, 0.9), (1.0, 1.0))):
        made, remade, pixel = 0.0, 0.0, 0.0
        for number in (1, 2):
            tk = rounds[f"transmission_{number}"][sample].double().numpy()
            rk = rounds[f"reflection_{number}"][sample].double().numpy()
            made += ((a * tk**p + rk**p - i[sample] ** p) ** 2).mean()
            remade += ((a * t[sample] ** p + rk**p - i[sample] ** p) ** 2).mean()
            pixel += ((tk - t[sample]) ** 2).mean()
        assert terms["synthesis"].values[sample].item() == pytest.approx(made, rel=1e-4)
        assert terms["reflection_synthesis"].values[sample].item() == pytest.approx(
            remade, rel=1e-4
        )
        assert terms["pixel"].values[sample].item() == pytest.approx(pixel, rel=1e-4)


def test_ibclns_sizes_count_less_the_smaller_they_are(draw_pair: DrawPair) -> None:
    method, config = tiny("ibcln", rounds=1)
    pair = draw_pair()
    outputs = {
        "transmission_1": pair.transmission,
        "reflection_1": pair.reflection,
        "transmission": pair.transmission + 0.1,
        "half": torch.nn.functional.avg_pool2d(pair.transmission, 2) + 0.1,
        "quarter": torch.nn.functional.avg_pool2d(pair.transmission, 4) + 0.1,
    }
    found = method.losses(outputs, pair, Lesson(config))["perceptual"].values.tolist()
    assert found == pytest.approx([0.1 * (1 + 0.8 + 0.6)] * 2, rel=1e-3)


def test_ibclns_second_network_reads_the_first_ones_t() -> None:
    method, config = tiny("ibcln", rounds=1)
    net = method.network(config)
    net(torch.rand(1, 3, 32, 32))["reflection"].sum().backward()
    assert any(weight.grad is not None for weight in net.transmission.parameters())


def test_ibcln_restores_without_dropout() -> None:
    method, config = tiny("ibcln")
    net = method.network(config).eval()
    photo = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(net(photo)["transmission"], net(photo)["transmission"])


@pytest.mark.parametrize("settings", [{"residual": True, "start": "normal"}, {"start": "torch"}])
def test_every_colour_of_ibclns_r_can_learn_from_the_start(
    draw_pair: DrawPair, settings: dict[str, object]
) -> None:
    for seed in range(8):
        torch.manual_seed(seed)
        method, config = tiny("ibcln", width=1 / 16, dropout=0.0, **settings)
        net, pair = method.network(config), draw_pair()
        terms = method.losses(net(pair.blended), pair, Lesson(config))
        terms["reflection_synthesis"].values.sum().backward()
        colours = net.reflection.last.bias.grad
        assert bool((colours != 0).all()), (seed, colours)
