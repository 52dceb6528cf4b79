"""Steps on the meta device: nothing is computed, but a stray tensor or a hidden wait raises."""

from collections.abc import Callable
from dataclasses import fields

import pytest
import torch

from trainer.batch import Batch
from trainer.machine import Machine
from trainer.nets import TeacherNet
from trainer.perceptual import random_vgg19
from trainer.recipe import FitConfig
from trainer.recorder import TERMS
from trainer.steps import StudentStage, TeacherStage

Recipe = Callable[..., FitConfig]

META = Machine(torch.device("meta"))


def meta_batch(count: int, views: int, side: int) -> Batch:
    images = torch.empty(count, views, 3, side, side, dtype=torch.uint8, device="meta")
    motion = torch.empty(count, views - 1, 2, device="meta")
    known = torch.empty(count, views, dtype=torch.bool, device="meta")
    every = torch.empty(count, dtype=torch.bool, device="meta")
    tensors = [images, images, images, motion, motion, known, known, every, every]
    names = [field.name for field in fields(Batch)]
    return Batch(**dict(zip(names, tensors, strict=True))).to("meta")


def assert_scalars(measures: dict[str, torch.Tensor]) -> None:
    for name, value in measures.items():
        assert name in TERMS
        assert value.device.type == "meta"
        assert value.numel() == 1


@pytest.mark.parametrize("overrides", [{}, {"recompute": True}, {"use_flow": False}])
def test_the_papers_teacher_steps_without_waiting_for_the_device(
    overrides: dict[str, object],
) -> None:
    stage = TeacherStage(
        FitConfig.model_validate({"net": overrides}), META, META.host(random_vgg19(1.0, 0))
    )
    assert_scalars(stage.step(meta_batch(2, 3, 224), 2e-4, 0))


def test_the_papers_student_steps_without_waiting_for_the_device() -> None:
    config = FitConfig()
    teacher = META.host(TeacherNet(config.net)).requires_grad_(requires_grad=False)
    stage = StudentStage(config, META, META.host(random_vgg19(1.0, 0)), teacher)
    measures = stage.step(meta_batch(1, 3, 224), 2e-4, 0)
    assert_scalars(measures)
    assert {"transfer", "adversarial", "discriminator", "perceptual"} <= measures.keys()


def test_the_teacher_stays_as_it_is_while_the_student_learns(tiny: Recipe) -> None:
    torch.manual_seed(0)
    config = tiny({"student": {"learning_rate": 0.1}})
    teacher = TeacherNet(config.net).requires_grad_(requires_grad=False).eval()
    before = {name: weight.clone() for name, weight in teacher.state_dict().items()}
    stage = StudentStage(config, Machine(torch.device("cpu")), None, teacher)
    views = torch.rand(2, 3, 3, 32, 32)
    known, every = torch.ones(2, 3, dtype=torch.bool), torch.ones(2, dtype=torch.bool)
    motion = torch.zeros(2, 2, 2)
    stage.step(Batch(views, views, views, motion, motion, known, known, every, every), 0.1, 0)
    assert all(torch.equal(teacher.state_dict()[name], weight) for name, weight in before.items())
