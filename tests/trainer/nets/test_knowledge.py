import pytest
import torch

from trainer.nets.config import NetConfig
from trainer.nets.fusion import aligned_neighbours
from trainer.nets.knowledge import FusedViews, MultiViewKnowledge

WIDTH = 1 / 32


def features(views: int = 3, height: int = 6, width: int = 5) -> torch.Tensor:
    return torch.rand(2, views, 8, height, width)


def test_halves_of_the_features_become_transmission_and_reflection() -> None:
    net, seen = MultiViewKnowledge(NetConfig(width=WIDTH)), features()
    layers = net(seen).layers
    assert torch.equal(layers.transmission.semantic, seen[:, :, :4])
    assert torch.equal(layers.reflection.semantic, seen[:, :, 4:])


def test_layers_are_drawn_at_twice_the_cells_and_detail_comes_back_to_cells() -> None:
    layers = MultiViewKnowledge(NetConfig(width=WIDTH))(features()).layers
    assert layers.transmission.image.shape == (2, 3, 3, 12, 10)
    assert layers.transmission.detail.shape == (2, 3, 4, 6, 5)


def test_reflection_features_do_not_draw_the_transmission() -> None:
    net, seen = MultiViewKnowledge(NetConfig(width=WIDTH)), features()
    before = net(seen).layers
    seen[:, :, 4:] += 1
    after = net(seen).layers
    assert torch.equal(before.transmission.image, after.transmission.image)
    assert not torch.equal(before.reflection.image, after.reflection.image)


def test_neighbours_enter_the_fusion_where_the_motion_says() -> None:
    net, seen = MultiViewKnowledge(NetConfig(width=WIDTH)), features()
    knowledge = net(seen)
    flows = knowledge.flows
    flows.transmission[:, 0, 0] = 2.0
    aligned = aligned_neighbours(knowledge.layers, flows)
    assert torch.allclose(aligned[:, :4, :, :3], seen[:, 0, :4, :, 2:], atol=1e-5)
    assert torch.allclose(aligned[:, 4:], seen[:, 2, :4], atol=1e-5)


def test_without_fusion_knowledge_is_the_centre_beside_its_neighbours() -> None:
    net, seen = MultiViewKnowledge(NetConfig(width=WIDTH, fusion=False)), features()
    knowledge = net(seen).representation
    expected = torch.cat([seen[:, view, :4] for view in (1, 0, 2)], 1)
    assert torch.allclose(knowledge, expected, atol=1e-5)


def test_without_flow_nothing_moves_and_the_neighbours_are_still_used() -> None:
    net, seen = (
        MultiViewKnowledge(NetConfig(width=WIDTH, use_flow=False, rep_relu=False)),
        features(),
    )
    before = net(seen)
    seen[:, 2, :4] += 1
    assert before.flows is None
    assert not torch.equal(before.representation, net(seen).representation)


def test_without_decoupling_one_flow_warps_whole_features() -> None:
    knowledge = MultiViewKnowledge(NetConfig(width=WIDTH, decouple=False))(features())
    assert knowledge.layers.reflection is None
    assert knowledge.flows.reflection is None
    assert knowledge.layers.transmission.semantic.shape[2] == 8


def test_without_mkl_all_views_go_through_one_convolution() -> None:
    net = FusedViews(NetConfig(width=WIDTH, mkl=False))
    knowledge = net(features())
    assert knowledge.layers is None
    assert knowledge.flows is None
    assert [tuple(weight.shape) for weight in net.parameters()] == [(4, 24, 3, 3), (4,)]


@pytest.mark.parametrize("ablation", [{}, {"mkl": False}])
@pytest.mark.parametrize("rep_relu", [True, False])
def test_knowledge_is_negative_only_where_its_last_layer_is_linear(
    ablation: dict[str, bool], rep_relu: bool
) -> None:
    config = NetConfig(width=WIDTH, rep_relu=rep_relu, **ablation)
    net = MultiViewKnowledge(config) if config.mkl else FusedViews(config)
    assert bool((net(features()).representation < 0).any()) is not rep_relu
