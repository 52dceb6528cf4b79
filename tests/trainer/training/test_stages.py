"""Steps on the meta device: nothing is computed, but a stray tensor or a hidden wait raises."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from tests.trainer.methods.conftest import tiny as methods
from trainer.data.batch import Batch, Presence
from trainer.machine import Machine
from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.recipe import FitConfig
from trainer.training.losses import TERMS, structure_distance
from trainer.training.method_setup import open_method
from trainer.training.perceptual import random_vgg19
from trainer.training.preparation import load_perceptual
from trainer.training.stages import StudentStage, TeacherStage, distil, inherit
from trainer.training.timetable import Moment

Recipe = Callable[..., FitConfig]

EVERYTHING = Presence(transmission=True, layers=True, motion=True, sequence=True, unlabelled=True)

META = Machine(torch.device("meta"))


def meta_batch(count: int, views: int, side: int) -> Batch:
    images = torch.empty(count, views, 3, side, side, dtype=torch.uint8, device="meta")
    motion = torch.empty(count, views - 1, 2, side // 4, side // 4, device="meta")
    known = torch.empty(count, views, dtype=torch.bool, device="meta")
    every = torch.empty(count, dtype=torch.bool, device="meta")
    tensors = [images, images, images, motion, motion, known, known, every, every]
    names = [field.name for field in fields(Batch)][: len(tensors)]
    return Batch(
        **dict(zip(names, tensors, strict=True)),
        presence=EVERYTHING,
        neighbours=tuple(range(count)),
    ).to("meta")


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
    assert_scalars(stage.step(meta_batch(2, 3, 224), Moment(0, "", 0, 2e-4)))


def test_the_papers_student_steps_without_waiting_for_the_device() -> None:
    config = FitConfig.model_validate({"student": {"weights": {"labels": 1.0}}})
    teacher = META.host(TeacherNet(config.net)).requires_grad_(requires_grad=False)
    stage = StudentStage(config, META, META.host(random_vgg19(1.0, 0)), teacher)
    measures = stage.step(meta_batch(1, 3, 224), Moment(0, "", 0, 2e-4))
    assert_scalars(measures)
    assert {"transfer", "adversarial", "discriminator", "perceptual", "labels"} <= measures.keys()


def cpu_batch() -> Batch:
    views = torch.rand(2, 3, 3, 32, 32)
    known, every = torch.ones(2, 3, dtype=torch.bool), torch.ones(2, dtype=torch.bool)
    motion = torch.zeros(2, 2, 2, 8, 8)
    return Batch(views, views, views, motion, motion, known, known, every, every)


def student_stage(config: FitConfig) -> StudentStage:
    torch.manual_seed(0)
    teacher = TeacherNet(config.net).requires_grad_(requires_grad=False).eval()
    return StudentStage(config, Machine(torch.device("cpu")), None, teacher)


def test_the_teacher_stays_as_it_is_while_the_student_learns(tiny: Recipe) -> None:
    stage = student_stage(tiny())
    assert stage.teacher is not None
    before = {name: weight.clone() for name, weight in stage.teacher.state_dict().items()}
    stage.step(cpu_batch(), Moment(0, "", 0, 0.1))
    after = stage.teacher.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


def test_the_discriminator_judges_what_was_distilled_and_what_was_hallucinated(
    tiny: Recipe,
) -> None:
    stage, batch = student_stage(tiny()), cpu_batch()
    assert stage.teacher is not None
    assert stage.judge is not None
    with torch.no_grad():
        real = stage.judge.net(stage.teacher.distil(batch.blended))
        fake = stage.judge.net(stage.learner.net(batch.blended[:, 1]).hallucinated)
    measures = stage.step(batch, Moment(0, "", 0, 1e-3))
    assert float(measures["discriminator_real"]) == pytest.approx(float(real.mean()), rel=1e-4)
    assert float(measures["discriminator_fake"]) == pytest.approx(float(fake.mean()), rel=1e-4)


def test_the_discriminator_learns_to_tell_them_apart(tiny: Recipe) -> None:
    stage, batch = student_stage(tiny()), cpu_batch()
    first = stage.step(batch, Moment(0, "", 0, 1e-3))["discriminator"]
    for _ in range(60):
        last = stage.step(batch, Moment(0, "", 0, 1e-3))["discriminator"]
    assert last < 0.7 * first


def photos_batch(sequences: int) -> Batch:
    """Four samples, of which the last ``sequences`` are sequences."""
    torch.manual_seed(3)
    views = torch.rand(4, 3, 3, 32, 32)
    is_sequence = torch.arange(4) >= 4 - sequences
    known = torch.ones(4, 3, dtype=torch.bool)
    motion = torch.zeros(4, 2, 2, 8, 8)
    return Batch(views, views, views, motion, motion, known, known, is_sequence, is_sequence)


def test_a_step_of_photos_alone_leaves_the_discriminator_and_logs_no_transfer(
    tiny: Recipe,
) -> None:
    stage = student_stage(tiny())
    assert stage.judge is not None
    # Momentum, which would go on moving it.
    stage.step(cpu_batch(), Moment(0, "", 0, 1e-3))
    before = {name: weight.clone() for name, weight in stage.judge.net.state_dict().items()}
    measures = stage.step(photos_batch(0), Moment(1, "", 0, 1e-3))
    after = stage.judge.net.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert measures.keys() == {"objective", "reconstruction", "gradient_norm"}


def test_only_sequences_are_distilled(tiny: Recipe) -> None:
    stage = student_stage(tiny())
    assert stage.teacher is not None
    seen: list[int] = []
    stage.teacher.encoder.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    stage.step(photos_batch(0), Moment(0, "", 0, 1e-3))
    assert seen == []
    stage.step(photos_batch(1), Moment(0, "", 0, 1e-3))
    assert seen == [3]


def test_what_was_distilled_lies_where_its_sample_does(tiny: Recipe) -> None:
    stage, batch = student_stage(tiny()), photos_batch(2)
    assert stage.teacher is not None
    found = distil(stage.teacher, batch)
    with torch.no_grad():
        assert torch.allclose(found[2:], stage.teacher.distil(batch.blended[2:]), atol=1e-6)
    assert not found[:2].any()


def test_the_teacher_logs_no_term_of_which_no_truth_is_known(tiny: Recipe) -> None:
    stage = TeacherStage(tiny(), Machine(torch.device("cpu")), None)
    batch = replace(photos_batch(4), motion_known=torch.zeros(4, dtype=torch.bool))
    assert "flow_supervision" not in stage.step(batch, Moment(0, "", 0, 1e-3))
    blind = replace(batch, transmission_known=torch.zeros(4, 3, dtype=torch.bool))
    measures = stage.step(blind, Moment(1, "", 0, 1e-3))
    assert measures.keys() == {"objective", "decoupling", "view_synthesis", "gradient_norm"}


def test_the_teacher_labels_what_has_no_truth_where_that_is_asked_for(tiny: Recipe) -> None:
    batch = photos_batch(3)
    known = batch.transmission_known.clone()
    known[2:] = False
    blind, first = replace(batch, transmission_known=known), Moment(0, "", 0, 1e-3)
    asked = tiny({"student": {"weights": {"labels": 0.5}}})
    stage = student_stage(asked)
    assert stage.teacher is not None
    with torch.no_grad():
        told = stage.teacher(blind.blended[2:]).transmission
        drawn = stage.learner.net(blind.centre_blended[2:]).transmission
    measures = stage.step(blind, first)
    assert measures["labels"].item() == pytest.approx(
        structure_distance(drawn, told).mean().item(), rel=1e-4
    )
    terms = set(measures) & {"reconstruction", "transfer", "adversarial"}
    weights = asked.student.weights.model_dump()
    total = sum(weights[name] * measures[name].item() for name in terms)
    assert measures["objective"].item() == pytest.approx(
        total + 0.5 * measures["labels"].item(), rel=1e-5
    )
    assert "labels" not in student_stage(asked).step(batch, first)
    assert "labels" not in student_stage(tiny()).step(blind, first)


@pytest.mark.parametrize("sequences", [4, 1])
def test_gradients_added_up_over_parts_are_those_of_the_whole_batch(
    tiny: Recipe, sequences: int
) -> None:
    seen: list[tuple[dict[str, torch.Tensor], list[torch.Tensor]]] = []
    for parts in (1, 2, 4):
        config = tiny({"student": {"accumulate": parts, "batch": 4, "clip": 0.0}})
        stage = student_stage(config)
        measures = stage.step(photos_batch(sequences), Moment(0, "", 0, 1e-3))
        networks = [learner.net for learner in stage.learners.values()]
        grads = [w.grad for net in networks for w in net.parameters() if w.grad is not None]
        seen.append((measures, grads))
    (whole, gradients), *others = seen
    for measures, added in others:
        for name, value in whole.items():
            assert float(measures[name]) == pytest.approx(float(value), rel=1e-4), name
        for one, other in zip(gradients, added, strict=True):
            assert torch.allclose(one, other, rtol=1e-3, atol=1e-6 + 1e-4 * float(one.abs().max()))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """Note class and mode of every network that is to be compiled, and compile none."""
    noted: list[tuple[str, object]] = []

    def note(net: torch.nn.Module, *, mode: str) -> torch.nn.Module:
        noted.append((type(net).__name__, mode))
        return net

    monkeypatch.setattr(torch, "compile", note)
    monkeypatch.setattr(torch.nn.Module, "compile", note)
    return noted


def test_every_network_of_a_step_is_compiled(
    tiny: Recipe, compiled: list[tuple[str, object]]
) -> None:
    config = tiny({"compile": True, "graphs": True, "perceptual": "random"})
    assert load_perceptual(config, Machine(torch.device("cpu")), None) is not None
    student_stage(config)
    wanted = ("Vgg19Features", "StudentNet", "Discriminator", "Encoder", "MultiViewKnowledge")
    assert compiled == [(name, "reduce-overhead") for name in wanted]


def test_every_network_of_a_method_s_step_is_compiled(
    tiny: Recipe, compiled: list[tuple[str, object]]
) -> None:
    config = tiny({"compile": True, "perceptual": "random"}).model_copy(
        update={"method": methods("ibcln")[1]}
    )
    open_method(config, Machine(torch.device("cpu")), Path)
    assert compiled == [(name, "default") for name in ("Taps", "IbclnNet", "PatchGan")]


@pytest.mark.parametrize("graphs", [True, False])
def test_a_method_s_step_begins_a_replay_where_there_are_graphs(
    tiny: Recipe,
    compiled: list[tuple[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    graphs: bool,
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(torch.compiler, "cudagraph_mark_step_begin", lambda: begun.append(1))
    config = tiny({"compile": True, "graphs": graphs}).model_copy(
        update={"method": methods("ceilnet")[1]}
    )
    open_method(config, Machine(torch.device("cpu")), Path).step(
        cpu_batch(), Moment(0, "apart", 0, 1e-3)
    )
    assert compiled
    assert len(begun) == graphs


NET = NetConfig(width=1 / 16, context_blocks=2, res_scale=1e-6)


def test_a_perfect_hallucination_gives_the_teacher_s_picture() -> None:
    torch.manual_seed(1)
    teacher, student = TeacherNet(NET), StudentNet(NET)
    inherit(student, teacher)
    views = torch.rand(1, 3, 3, 32, 32)
    taught = teacher(views)
    assert student.hallucination is not None
    student.hallucination.register_forward_hook(lambda *_: taught.knowledge)
    # The context module adds next to nothing at this res_scale.
    assert torch.allclose(student(views[:, 1]).transmission, taught.transmission, atol=1e-4)


def test_a_student_s_encoders_begin_as_the_teacher_s() -> None:
    teacher, student = TeacherNet(NET), StudentNet(NET)
    inherit(student, teacher)
    images = torch.rand(2, 3, 32, 32)
    assert student.encoder is not None
    assert student.hallucination is not None
    encoded = teacher.encoder(images)
    assert torch.equal(student.encoder(images), encoded)
    assert torch.equal(student.hallucination.layers[:4](images), encoded)
