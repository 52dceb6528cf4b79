import pytest
import torch

from trainer.nets.config import NetConfig
from trainer.nets.decouple import DecoupledViews, LayerFeatures
from trainer.nets.flow import JointFlow, LayerFlows

WIDTH = 1 / 32
CHANNELS = 4


def layers_of(views: int = 3) -> DecoupledViews:
    def layer() -> LayerFeatures:
        return LayerFeatures(
            torch.rand(2, views, CHANNELS, 6, 5), torch.rand(2, views, CHANNELS, 6, 5), None
        )

    return DecoupledViews(layer(), layer())


def awake(net: torch.nn.Module) -> torch.nn.Module:
    """The same net with heads that say something: fresh ones are zero."""
    for name, weight in net.named_parameters():
        if "motion" in name:
            torch.nn.init.normal_(weight)
    return net


@pytest.mark.parametrize("reading", ["per_layer", "joint4", "horizontal"])
def test_motion_starts_at_zero(reading: str) -> None:
    config = NetConfig(width=WIDTH, flow=reading)
    flows = (LayerFlows if reading == "per_layer" else JointFlow)(config)(layers_of())
    assert not flows.transmission.any()
    assert not flows.reflection.any()


@pytest.mark.parametrize("views", [2, 3, 5])
def test_every_neighbour_is_paired_with_the_centre(views: int) -> None:
    config = NetConfig(width=WIDTH, views=views)
    flows = awake(LayerFlows(config))(layers_of(views))
    assert flows.transmission.shape == (2, views - 1, 2, 6, 5)
    assert flows.features.shape == (2, 2 * (views - 1) * CHANNELS, 6, 5)


def changed_pairs(view: int) -> list[int]:
    """Which pairs of five views notice that one view was replaced."""
    net, layers = awake(LayerFlows(NetConfig(width=WIDTH, views=5))), layers_of(5)
    before = net(layers).transmission
    layers.transmission.semantic[:, view] += 1
    after = net(layers).transmission
    return [pair for pair in range(4) if not torch.equal(before[:, pair], after[:, pair])]


def test_pairs_follow_the_shooting_order_without_the_centre() -> None:
    assert [changed_pairs(view) for view in (0, 1, 3, 4)] == [[0], [1], [2], [3]]


def test_the_centre_is_in_every_pair() -> None:
    assert changed_pairs(2) == [0, 1, 2, 3]


def test_each_layer_has_its_own_flow_net() -> None:
    net, layers = awake(LayerFlows(NetConfig(width=WIDTH))), layers_of()
    before = net(layers)
    layers.reflection.detail.add_(1)
    after = net(layers)
    assert torch.equal(before.transmission, after.transmission)
    assert not torch.equal(before.reflection, after.reflection)


def test_shared_flow_gives_equal_layers_equal_motion() -> None:
    layer = layers_of().transmission
    flows = awake(LayerFlows(NetConfig(width=WIDTH, share_flow=True)))(DecoupledViews(layer, layer))
    assert torch.equal(flows.transmission, flows.reflection)


def test_horizontal_reading_moves_nothing_vertically() -> None:
    flows = awake(JointFlow(NetConfig(width=WIDTH, flow="horizontal")))(layers_of())
    assert flows.transmission[:, :, 0].abs().min() > 0
    assert not flows.transmission[:, :, 1].any()
    assert not torch.equal(flows.transmission, flows.reflection)


def test_motion_stays_float32_under_autocast() -> None:
    net = awake(LayerFlows(NetConfig(width=WIDTH)))
    with torch.autocast("cpu", torch.bfloat16):
        flows = net(layers_of())
    assert flows.transmission.dtype == torch.float32
    assert flows.features.dtype == torch.bfloat16
