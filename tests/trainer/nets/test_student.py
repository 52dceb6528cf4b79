import pytest
import torch

from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import NetConfig


def test_output_has_the_input_s_size_whatever_it_is(tiny: NetConfig) -> None:
    with torch.no_grad():
        output = StudentNet(tiny)(torch.rand(1, 3, 225, 227))
    assert output.transmission.shape == (1, 3, 225, 227)
    assert output.hallucinated.shape == (1, 4, 57, 57)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"fusion": False},
        {"mkl": False},
        {"decouple": False, "fusion": False},
        {"hallucination": False},
        {"encoder_strides": (2, 1, 2, 1)},
        {"views": 5, "fusion": False},
    ],
)
def test_what_the_student_imagines_has_the_shape_of_what_the_teacher_knows(
    tiny: NetConfig, changes: dict[str, object]
) -> None:
    config = tiny.model_copy(update=changes)
    known = TeacherNet(config).distil(torch.rand(1, config.views, 3, 17, 22))
    assert StudentNet(config)(torch.rand(1, 3, 17, 22)).hallucinated.shape == known.shape


def test_without_hallucination_the_transfer_head_is_for_training_only(tiny: NetConfig) -> None:
    net = StudentNet(tiny.model_copy(update={"hallucination": False}))
    photo = torch.rand(1, 3, 16, 16)
    assert net(photo).hallucinated is not None
    assert net.eval()(photo).hallucinated is None


def test_without_hallucination_and_transfer_there_is_no_head(tiny: NetConfig) -> None:
    net = StudentNet(tiny.model_copy(update={"hallucination": False, "kt": False}))
    assert net(torch.rand(1, 3, 16, 16)).hallucinated is None


def test_residual_student_starts_as_the_identity(tiny: NetConfig) -> None:
    photo = torch.rand(2, 3, 18, 21)
    net = StudentNet(tiny.model_copy(update={"residual": True}))
    assert torch.equal(net(photo).transmission, photo)


def test_representation_ends_linear_on_demand(tiny: NetConfig) -> None:
    photo = torch.rand(1, 3, 16, 16)
    assert StudentNet(tiny)(photo).hallucinated.min() == 0
    linear = StudentNet(tiny.model_copy(update={"rep_relu": False}))
    assert linear(photo).hallucinated.min() < 0


def test_hallucination_does_not_share_weights_with_the_encoder(tiny: NetConfig) -> None:
    net = StudentNet(tiny)
    before = net(torch.ones(1, 3, 8, 8)).hallucinated
    torch.nn.init.zeros_(net.encoder.layers[0][0].weight)
    assert torch.equal(net(torch.ones(1, 3, 8, 8)).hallucinated, before)


def test_recomputing_activations_changes_no_gradient(tiny: NetConfig) -> None:
    photo, gradients = torch.rand(1, 3, 16, 16), []
    for recompute in (False, True):
        torch.manual_seed(5)
        net = StudentNet(tiny.model_copy(update={"recompute": recompute, "context_blocks": 3}))
        net(photo).transmission.square().mean().backward()
        gradients.append([p.grad for p in net.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def reach_of(net: StudentNet, pixel: int, size: int) -> int:
    """How far from a pixel of the middle row the furthest row is that it depends on."""
    photo = torch.rand(1, 3, size, size, requires_grad=True)
    net(photo).transmission[0, :, pixel, pixel].sum().backward()
    rows = photo.grad.abs().sum((0, 1, 3)).nonzero()
    return max(pixel - int(rows.min()), int(rows.max()) - pixel)


def test_without_attention_a_pixel_sees_161_px_far() -> None:
    net = StudentNet(NetConfig(width=1 / 128, leaky_slope=0.5))
    for weight in net.parameters():
        torch.nn.init.constant_(weight, 0.02)
    for block in net.context.blocks:
        # A constant attention: its mean over the image would see everything.
        torch.nn.init.zeros_(block.attention.excite.weight)
    # The reach depends on where in its 64 px pyramid cell a pixel lies.
    assert max(reach_of(net, pixel, 448) for pixel in (194, 195, 196, 251, 252, 253)) == 161
