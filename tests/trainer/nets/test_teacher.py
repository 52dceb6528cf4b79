import numpy as np
import pytest
import torch
from torch import nn

from seqsynth.errors import SourceError
from trainer.nets import TeacherNet
from trainer.nets.config import NetConfig

ODD = (3, 5)


def test_output_has_the_input_s_size_whatever_it_is(tiny: NetConfig) -> None:
    output = TeacherNet(tiny)(torch.rand(1, 3, 3, 29, 47))
    assert output.transmission.shape == (1, 3, 29, 47)
    assert output.knowledge.shape == (1, 4, 8, 12)
    assert output.layers.transmission.image.shape == (1, 3, 3, 14, 23)
    assert output.flows.transmission.shape == (1, 2, 2, 8, 12)


def test_225_by_227_is_not_enlarged(tiny: NetConfig) -> None:
    with torch.no_grad():
        output = TeacherNet(tiny)(torch.rand(1, 3, 3, 225, 227))
    assert output.transmission.shape == (1, 3, 225, 227)
    assert output.layers.reflection.image.shape == (1, 3, 3, 112, 113)


def test_odd_sizes_see_a_mirrored_border(tiny: NetConfig) -> None:
    net = TeacherNet(tiny)
    views = torch.rand(1, 3, 3, 30, 37)
    mirrored = np.pad(views.numpy(), ((0, 0),) * 3 + ((0, 2), (0, 3)), mode="reflect")
    expected = net(torch.from_numpy(mirrored)).transmission[..., :30, :37]
    assert torch.allclose(net(views).transmission, expected, atol=1e-6)


def test_refuses_another_number_of_views(tiny: NetConfig) -> None:
    with pytest.raises(SourceError, match=r"sequences of 5 views.*built for 3"):
        TeacherNet(tiny)(torch.rand(1, 5, 3, 16, 16))


def test_refuses_images_smaller_than_a_cell(tiny: NetConfig) -> None:
    with pytest.raises(SourceError, match="3x16 px"):
        TeacherNet(tiny)(torch.rand(1, 3, 3, 16, 3))


def test_distil_is_the_same_knowledge_without_the_decoder(
    tiny: NetConfig, views: torch.Tensor
) -> None:
    net = TeacherNet(tiny)
    expected = net(views).knowledge
    net.decoder = None
    assert torch.equal(net.distil(views), expected)


def test_residual_teacher_starts_as_the_identity_on_the_centre(
    tiny: NetConfig, views: torch.Tensor
) -> None:
    net = TeacherNet(tiny.model_copy(update={"residual": True}))
    assert torch.equal(net(views).transmission, views[:, 1])


def test_samples_do_not_see_each_other(tiny: NetConfig, views: torch.Tensor) -> None:
    net = TeacherNet(tiny)
    together, alone = net(views).transmission, net(views[1:]).transmission
    assert torch.allclose(together[1:], alone, atol=1e-5)


@pytest.mark.parametrize("neighbour", [0, 2])
def test_both_neighbours_matter(tiny: NetConfig, views: torch.Tensor, neighbour: int) -> None:
    net = TeacherNet(tiny)
    before = net(views).transmission
    views[:, neighbour] = torch.rand_like(views[:, neighbour])
    assert not torch.allclose(net(views).transmission, before, atol=1e-4)


def test_channels_last_computes_the_same(tiny: NetConfig, views: torch.Tensor) -> None:
    net = TeacherNet(tiny)
    expected = net(views).transmission
    found = net.to(memory_format=torch.channels_last)(views).transmission
    assert torch.allclose(found, expected, atol=1e-5)


def test_recomputing_activations_changes_no_gradient(tiny: NetConfig, views: torch.Tensor) -> None:
    gradients = []
    for recompute in (False, True):
        torch.manual_seed(5)
        net = TeacherNet(tiny.model_copy(update={"recompute": recompute}))
        output = net(views)
        (output.transmission.square().mean() + output.layers.reflection.image.mean()).backward()
        gradients.append([p.grad for p in net.parameters() if p.grad is not None])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_leaky_networks_let_every_weight_learn_from_the_first_step(views: torch.Tensor) -> None:
    net = TeacherNet(NetConfig(width=1 / 32, leaky_slope=0.1))
    output = net(views)
    layers, flows = output.layers, output.flows
    seen = [output.transmission, layers.transmission.image, layers.reflection.image]
    sum(
        part.square().mean() for part in [*seen, (flows.reflection - 1), (flows.transmission - 1)]
    ).backward()
    still = [name for name, weight in net.named_parameters() if not weight.grad.any()]
    assert still == []


@pytest.mark.parametrize(
    "switches", [{}, {"flow": "joint4"}, {"use_flow": False}, {"mkl": False}, {"decouple": False}]
)
def test_every_convolution_reads_channels_that_are_last_in_memory(
    switches: dict[str, object],
) -> None:
    teacher = TeacherNet(NetConfig(width=1 / 16, **switches)).to(memory_format=torch.channels_last)
    elsewhere: list[str] = []

    def look(name: str, inputs: torch.Tensor) -> None:
        if inputs.stride(1) != 1:
            elsewhere.append(name)

    for name, module in teacher.named_modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_pre_hook(lambda _, inputs, name=name: look(name, inputs[0]))
    views = torch.rand(2, 3, 32, 48, 3).movedim(-1, 2)
    teacher(views)
    assert elsewhere == []
