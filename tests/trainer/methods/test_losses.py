"""Each method's loss against numbers worked by hand or an independent statement in numpy."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from tests.trainer.methods.conftest import tiny
from trainer.methods import ceilnet, corrn, errnet, ibcln, rmnet, zhang
from trainer.methods.layers import patches_fool, patches_tell
from trainer.methods.method import Lesson


def test_ceilnets_edges_of_a_point():
    point = torch.zeros(1, 3, 3, 3)
    point[0, 1, 1, 1] = 10
    # The point has two differences a direction, its neighbours one: each counts half.
    wanted = [[0, 5, 0], [5, 20, 5], [0, 5, 0]]
    assert ceilnet.edge_map(point)[0, 0].tolist() == wanted


def test_ceilnets_edges_at_a_border_are_half():
    ramp = torch.arange(4.0).expand(1, 3, 4, 4)
    # Three colours, one difference at the rims and two inside.
    assert ceilnet.edge_map(ramp)[0, 0, 0].tolist() == [1.5, 3, 3, 1.5]


@pytest.mark.parametrize(
    ("phase", "name", "scale"), [("apart", "edge", 50), ("joint", "joint_edge", 1)]
)
def test_ceilnets_terms_are_in_levels(draw_pair, phase, name, scale):
    method, config = tiny("ceilnet")
    pair = draw_pair()
    off = {
        "transmission": pair.transmission + 2 / 255,
        "edges": ceilnet.edge_map(255 * pair.transmission) + 3,
    }
    terms = method.losses(off, pair, Lesson(config, phase))
    found = {key: term.values.tolist() for key, term in terms.items()}
    assert found[name] == pytest.approx([(3 * scale) ** 2] * 2, rel=1e-3)
    assert found["pixel"] == pytest.approx([4, 4], rel=1e-3)
    assert found["gradient"] == pytest.approx([0, 0], abs=1e-3)


def test_ceilnets_second_network_reads_true_edges_apart(draw_pair):
    method, config = tiny("ceilnet")
    net, pair = method.network(config), draw_pair()
    net(pair.blended, pair)["transmission"].sum().backward()
    assert all(weight.grad is None for weight in net.edges.parameters())


def test_ceilnets_double_skip_adds_the_rectified_input_twice():
    block = ceilnet.Block(4, doubled=True)
    plain = ceilnet.Block(4, doubled=False)
    plain.load_state_dict(block.state_dict())
    maps = torch.randn(1, 4, 8, 8)
    torch.testing.assert_close(block(maps) - plain(maps), 2 * maps.clamp(min=0) - maps)


def test_zhangs_perceptual_term_is_in_levels(draw_pair):
    method, config = tiny("zhang")
    pair = draw_pair()
    off = {"transmission": pair.transmission + 0.01, "reflection": pair.reflection - 0.02}
    terms = method.losses(off, pair, Lesson(config))
    assert terms["perceptual"].values.tolist() == pytest.approx([2.55] * 2, rel=1e-3)
    assert terms["reflection_perceptual"].values.tolist() == pytest.approx([5.1] * 2, rel=1e-3)
    assert terms["reflection"].values.tolist() == pytest.approx([0.02] * 2, rel=1e-3)


def test_zhangs_features_count_by_the_authors_weights(draw_pair):
    method, config = tiny("zhang")
    pair = draw_pair()
    off = {"transmission": pair.transmission + 0.01, "reflection": pair.reflection}
    lesson = Lesson(config, perceive=lambda images: [images] * 5)
    weights = 1 / 2.6 + 1 / 4.8 + 1 / 3.7 + 1 / 5.6 + 10 / 1.5
    wanted = 2.55 + 0.01 * weights * 255 * 0.226
    found = method.losses(off, pair, lesson)["perceptual"].values.tolist()
    assert found == pytest.approx([wanted] * 2, rel=1e-3)


def test_zhangs_adversarial_terms_are_logarithms():
    fake, real = torch.full((2, 1, 3, 3), 0.5), torch.full((2, 1, 3, 3), -1.0)

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    told = (-math.log(sigmoid(-1)) - math.log(1 - sigmoid(0.5))) / 2
    assert zhang.fools(fake, real).tolist() == pytest.approx([-math.log(sigmoid(0.5))] * 2)
    assert zhang.tells(fake, real).tolist() == pytest.approx([told] * 2)


def test_zhangs_norm_is_the_identity_at_birth():
    maps = torch.randn(2, 5, 8, 9)
    torch.testing.assert_close(zhang.AdaptiveNorm(5)(maps), maps)


def test_zhangs_first_layers_pass_their_input_on_at_birth():
    method, config = tiny("zhang", hypercolumn=False, width=1 / 16)
    photo = torch.rand(1, 3, 12, 12)
    features = method.network(config).layers(photo)
    torch.testing.assert_close(features[:, :3], photo)


def test_zhangs_colours_may_be_the_authors(draw_pair):
    method, config = tiny("zhang", colours="bgr")
    net = method.network(config).eval()
    seen = []
    net.taps.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    photo = torch.rand(1, 3, 32, 32)
    net(photo)
    wanted = 255 * photo[0, 2] - 123.68
    torch.testing.assert_close(seen[0][0, 0], wanted)


def test_bdns_terms_are_squares_on_minus_one_to_one(draw_pair):
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


def test_bdns_networks_learn_apart_from_true_inputs(draw_pair):
    method, config = tiny("bdn")
    net, pair = method.network(config), draw_pair(side=128)
    net(pair.blended, pair)["transmission"].sum().backward()
    assert all(weight.grad is None for weight in net.first.parameters())
    assert all(weight.grad is None for weight in net.reflection.parameters())
    assert all(weight.grad is not None for weight in net.second.parameters())


def test_rmnets_terms_are_on_minus_one_to_one(draw_pair):
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


def test_rmnets_gradient_is_scipys_sobel_of_the_summed_colours(draw_pair):
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


def test_errnets_gan_is_binary_cross_entropy_of_relative_logits():
    fake, real = torch.tensor([[0.5], [1.5]]), torch.tensor([[-1.0], [2.0]])

    def entropy(x: np.ndarray, label: float) -> np.ndarray:
        share = 1 / (1 + np.exp(-x))
        return -(label * np.log(share) + (1 - label) * np.log(1 - share))

    f, r = fake.numpy()[:, 0], real.numpy()[:, 0]
    fooled = (entropy(r - f.mean(), 0) + entropy(f - r.mean(), 1)) / 2
    told = (entropy(r - f.mean(), 1) + entropy(f - r.mean(), 0)) / 2
    np.testing.assert_allclose(errnet.fools(fake, real).numpy(), fooled, rtol=1e-5)
    np.testing.assert_allclose(errnet.tells(fake, real).numpy(), told, rtol=1e-5)


def test_errnets_terms(draw_pair):
    method, config = tiny("errnet")
    pair = draw_pair()
    lesson = Lesson(config, perceive=lambda images: [images] * 5)
    terms = method.losses({"transmission": pair.transmission + 0.1}, pair, lesson)
    weights = 1 / 2.6 + 1 / 4.8 + 1 / 3.7 + 1 / 5.6 + 10 / 1.5
    assert terms["pixel"].values.tolist() == pytest.approx([0.01] * 2, rel=1e-3)
    assert terms["gradient"].values.tolist() == pytest.approx([0] * 2, abs=1e-5)
    assert terms["perceptual"].values.tolist() == pytest.approx([0.1 * weights] * 2, rel=1e-3)


def test_corrns_reflection_is_what_is_taken_away():
    method, config = tiny("corrn")
    photo = torch.rand(1, 3, 64, 64)
    outputs = method.network(config)(photo)
    torch.testing.assert_close(outputs["reflection"], photo - outputs["transmission"])


def test_corrns_gain_is_for_restoring_alone():
    method, config = tiny("corrn", gain=1.1)
    net = method.network(config)
    plain = method.network(config.model_copy(update={"gain": 1.0}))
    plain.load_state_dict(net.state_dict())
    photo = torch.rand(1, 3, 64, 64)
    found, wanted = (one.eval()(photo)["transmission"] for one in (net, plain))
    torch.testing.assert_close(found, 1.1 * wanted)


def test_corrns_true_edges_are_sobels_magnitude_of_grey():
    images = torch.rand(2, 3, 12, 10)
    grey = np.tensordot(images.double().numpy(), [0.299, 0.587, 0.114], (1, 0))
    wanted = [
        np.hypot(ndimage.sobel(one, 0, mode="nearest"), ndimage.sobel(one, 1, mode="nearest"))
        for one in grey
    ]
    np.testing.assert_allclose(corrn.true_edges(images)[:, 0].numpy(), wanted, atol=1e-5)


def test_corrns_statistics_of_equal_pictures_agree_and_unknown_ones_do_not_count(draw_pair):
    pair = draw_pair(count=3)
    known = torch.tensor([True, True, False])
    other = pair.transmission.clone()
    other[2] = 0
    found = corrn.statistic_distance(pair.transmission, other, known)
    torch.testing.assert_close(found, torch.zeros(3), atol=1e-6, rtol=0)


def test_corrns_statistics_are_the_kernels_means(draw_pair):
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


def test_ibclns_true_layers_leave_no_error(draw_pair):
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


def test_ibclns_synthesis_is_the_formula_of_the_sample(draw_pair):
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


def test_ibclns_sizes_count_less_the_smaller_they_are(draw_pair):
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


def test_ibclns_second_network_reads_the_first_ones_t():
    method, config = tiny("ibcln", rounds=1)
    net = method.network(config)
    net(torch.rand(1, 3, 32, 32))["reflection"].sum().backward()
    assert any(weight.grad is not None for weight in net.transmission.parameters())


def test_ibcln_restores_without_dropout():
    method, config = tiny("ibcln")
    net = method.network(config).eval()
    photo = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(net(photo)["transmission"], net(photo)["transmission"])


def test_least_squares_gan_by_hand():
    fake, real = torch.full((2, 1, 2, 2), 0.25), torch.full((2, 1, 2, 2), 0.5)
    assert patches_fool(fake, real).tolist() == [0.5625, 0.5625]
    assert patches_tell(fake, real).tolist() == [0.15625, 0.15625]


def test_rmnet_joins_the_skip_first_and_pads_before():
    method, config = tiny("rmnet")
    assert rmnet.WIDTHS == (64, 128, 256, 512, 512, 512)
    up = method.network(config).transmission
    joined = up._join(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 3, 3))
    assert joined[0, 1].tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]


def test_bdn_joins_the_deeper_map_first_and_pads_around():
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
