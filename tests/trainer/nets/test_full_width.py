"""The paper's full width on the meta device: shapes flow, nothing is computed.

Catches tensors made on the wrong device, and every read of a value (``item``, ``if tensor``),
which would make a GPU wait.
"""

from collections.abc import Iterator

import pytest
import torch

from trainer.data.batch import Batch, count
from trainer.nets import Discriminator, StudentNet, TeacherNet
from trainer.nets.vgg import Vgg19Features
from trainer.training.losses import (
    discriminator_losses,
    student_losses,
    teacher_losses,
    weighted_sum,
)

SIZE = 224


@pytest.fixture(autouse=True)
def _on_meta() -> Iterator[None]:
    with torch.device("meta"):
        yield


@pytest.fixture
def batch() -> Batch:
    images = [torch.empty(2, 3, 3, SIZE, SIZE, dtype=torch.uint8) for _ in range(3)]
    motions = [torch.empty(2, 2, 2, SIZE // 4, SIZE // 4) for _ in range(2)]
    per_view = torch.empty(2, 3, dtype=torch.bool)
    return Batch(*images, *motions, per_view, per_view, per_view[:, 0], per_view[:, 0]).to("meta")


def descend(net: torch.nn.Module, losses: dict[str, torch.Tensor]) -> None:
    optimiser = torch.optim.Adam(net.parameters())
    weighted_sum(losses, dict.fromkeys(losses, 1.0)).backward()
    optimiser.step()
    assert all(weight.grad is not None for weight in net.parameters())


def test_the_teacher_takes_a_whole_step(batch: Batch) -> None:
    net, phi = TeacherNet(), Vgg19Features().requires_grad_(requires_grad=False)
    descend(net, teacher_losses(net(batch.blended), batch, count(batch), phi))


def test_the_student_takes_a_whole_step(batch: Batch) -> None:
    net, phi = StudentNet(), Vgg19Features().requires_grad_(requires_grad=False)
    knowledge = TeacherNet().distil(batch.blended).detach()
    losses = student_losses(
        net(batch.centre_blended),
        batch,
        count(batch),
        phi,
        knowledge=knowledge,
        discriminator=Discriminator(),
    )
    descend(net, losses)


def test_the_discriminator_takes_a_whole_step(batch: Batch) -> None:
    net = Discriminator()
    knowledge = TeacherNet().distil(batch.blended)
    imagined = StudentNet()(batch.centre_blended).hallucinated
    descend(net, discriminator_losses(net, imagined, knowledge, batch, count(batch)))
