import pytest
import torch
from torch import nn

from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.training.watching.life_watch import LifeWatch, is_dead, is_flat, obituary

DEAD = {
    "residual_std": 0.003,
    "residual_std_true": 9.43,
    "output_std": 50.0,
    "dead_before_colours": 0.72,
}


class Half(nn.Module):
    """Two channels, of which the second never fires where ``offset`` is below all inputs."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        act = nn.LeakyReLU(slope) if slope else nn.ReLU()
        self.decoder = nn.ModuleDict({"fine": act})

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.decoder["fine"](torch.cat((picture, -1 - picture), 1))
        return out


@pytest.mark.parametrize(("slope", "share"), [(0.0, 0.5), (0.1, 0.0)])
def test_a_channel_that_never_fires_is_dead_unless_it_leaks(slope: float, share: float) -> None:
    net = Half(slope)
    watch = LifeWatch(net)
    for _ in range(2):
        with watch.listening():
            net(torch.rand(3, 1, 4, 4))
    assert watch.measures() == {"dead_everywhere": share, "dead_before_colours": share}


def test_a_channel_that_fires_once_is_alive() -> None:
    net = Half(0.0)
    watch = LifeWatch(net)
    for lift in (0.0, -3.0):  # the second batch fires the second channel alone
        with watch.listening():
            net(torch.rand(1, 1, 4, 4) + lift)
    assert watch.measures()["dead_everywhere"] == 0


def test_of_a_single_value_nobody_can_tell() -> None:
    net = Half(0.1)
    watch = LifeWatch(net)
    with watch.listening():
        net(torch.rand(1, 1, 1, 1))
    assert watch.measures() == {}
    with watch.listening():
        net(torch.rand(1, 1, 1, 1))
    assert watch.measures()["dead_everywhere"] == 0


def test_nothing_listens_afterwards() -> None:
    net = Half(0.0)
    watch = LifeWatch(net)
    with pytest.raises(ZeroDivisionError), watch.listening():
        raise ZeroDivisionError
    net(torch.rand(1, 1, 4, 4))
    assert watch.measures() == {}


@pytest.mark.parametrize("kind", [TeacherNet, StudentNet])
def test_every_network_s_last_features_are_found(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    net = kind(NetConfig(width=1 / 16))
    views = torch.rand(1, 3, 3, 16, 16)
    last = net.get_submodule("decoder.fine")
    nn.init.constant_(last[1][1][0].bias, -1e3)  # the convolution before the colours
    watch = LifeWatch(net)
    with watch.listening(), torch.no_grad():
        net(views if kind is TeacherNet else views[:, 1])
    measures = watch.measures()
    assert measures["dead_before_colours"] == 1
    assert 0 < measures["dead_everywhere"] < 0.5


def test_spreads_are_standard_deviations_within_an_image_in_levels() -> None:
    torch.manual_seed(3)
    blended, restored, truth = torch.rand(3, 2, 3, 8, 8)
    watch = LifeWatch(nn.Identity())
    watch.add(blended, restored, truth)
    measures = watch.measures()
    for name, picture in (("residual_std", restored - blended), ("output_std", restored)):
        levels = 255 * picture.double().numpy()
        expected = levels.reshape(6, 64).std(axis=1, ddof=1).mean()
        assert measures[name] == pytest.approx(expected, rel=1e-5)


def test_a_bias_is_flat_and_a_correction_is_not() -> None:
    blended, truth = torch.rand(2, 1, 3, 8, 8)
    for restored, flat in ((blended - 0.2, True), (0.7 * blended, False), (0 * truth, True)):
        watch = LifeWatch(nn.Identity())
        watch.add(blended, restored, truth)
        assert is_flat(watch.measures()) is flat


def test_sets_without_reflections_accuse_nobody() -> None:
    photo = torch.rand(1, 3, 8, 8)
    watch = LifeWatch(nn.Identity())
    watch.add(photo, photo, photo)
    assert not is_flat(watch.measures())


def test_a_flat_network_is_dead_only_with_most_of_its_channels() -> None:
    assert is_dead(DEAD)
    assert not is_dead(DEAD | {"dead_before_colours": 0.3})
    assert not is_dead(DEAD | {"residual_std": 2.0})


def test_an_obituary_says_what_was_seen_and_what_to_do() -> None:
    said = obituary("student", 300, DEAD)
    assert said.startswith("the student is dead at step 300")
    assert "0.003 levels" in said
    assert "72%" in said
    assert "net.leaky_slope = 0.2" in said
