"""CEILNet's edges, terms and skips against numbers worked by hand."""

import pytest
import torch

from tests.trainer.methods.conftest import DrawPair, tiny
from trainer.methods import ceilnet
from trainer.methods.method import Lesson


def test_ceilnets_edges_of_a_point() -> None:
    point = torch.zeros(1, 3, 3, 3)
    point[0, 1, 1, 1] = 10
    # The point has two differences a direction, its neighbours one: each counts half.
    wanted = [[0, 5, 0], [5, 20, 5], [0, 5, 0]]
    assert ceilnet.edge_map(point)[0, 0].tolist() == wanted


def test_ceilnets_edges_at_a_border_are_half() -> None:
    ramp = torch.arange(4.0).expand(1, 3, 4, 4)
    # Three colours, one difference at the rims and two inside.
    assert ceilnet.edge_map(ramp)[0, 0, 0].tolist() == [1.5, 3, 3, 1.5]


@pytest.mark.parametrize(
    ("phase", "name", "scale"), [("apart", "edge", 50), ("joint", "joint_edge", 1)]
)
def test_ceilnets_terms_are_in_levels(
    draw_pair: DrawPair, phase: str, name: str, scale: float
) -> None:
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


def test_ceilnets_second_network_reads_true_edges_apart(draw_pair: DrawPair) -> None:
    method, config = tiny("ceilnet")
    net, pair = method.network(config), draw_pair()
    net(pair.blended, pair)["transmission"].sum().backward()
    assert all(weight.grad is None for weight in net.edges.parameters())


def test_ceilnets_double_skip_adds_the_rectified_input_twice() -> None:
    block = ceilnet.Block(4, doubled=True)
    plain = ceilnet.Block(4, doubled=False)
    plain.load_state_dict(block.state_dict())
    maps = torch.randn(1, 4, 8, 8)
    torch.testing.assert_close(block(maps) - plain(maps), 2 * maps.clamp(min=0) - maps)
