"""One step of a method: who moves, what a mask leaves out, when the discriminator plays."""

from dataclasses import replace

import pytest
import torch

from tests.trainer.methods.conftest import tiny
from trainer.data.batch import Batch
from trainer.machine import Machine
from trainer.methods import NAMES
from trainer.methods.method import Term
from trainer.training.method_stage import MethodStage, count_known, mean_terms, opinion, pair_of
from trainer.training.timetable import Moment

MACHINE = Machine(torch.device("cpu"))


def draw_batch(count: int = 2, side: int = 64, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    views = [torch.rand(count, 3, 3, side, side, generator=generator) for _ in range(3)]
    motion, known = torch.zeros(count, 2, 2), torch.ones(count, 3, dtype=torch.bool)
    every = torch.ones(count, dtype=torch.bool)
    formula = torch.tensor([[0.9, 2.2]] * count)
    return Batch(*views, motion, motion, known, known, every, every, formula)


def open_stage(name: str, **changes: object) -> MethodStage:
    torch.manual_seed(0)
    method, config = tiny(name, **changes)
    net = method.network(config)
    perceive = None
    if method.taps is not None:
        perceive = lambda images: [images] * len(method.taps.layers)  # noqa: E731
    return MethodStage(method, config, MACHINE, net, perceive)


def at(stage: MethodStage, *, epoch: int = 0, step: int = 0) -> Moment:
    return Moment(step, list(stage.phases)[-1], epoch, 1e-3)


def copy_of(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in net.named_parameters()}


@pytest.mark.parametrize("name", NAMES)
def test_a_step_moves_the_network_and_measures_its_terms(name):
    stage = open_stage(name)
    before = copy_of(stage.learner.net)
    for phase in stage.phases:
        measures = stage.step(draw_batch(), Moment(0, phase, 30, 1e-3))
        assert all(bool(value.isfinite()) for value in measures.values())
        assert set(measures) <= set(stage.terms)
    after = copy_of(stage.learner.net)
    moved = [key for key in before if not torch.equal(before[key], after[key])]
    # Zhang et al.'s norms begin as the identity: what lies behind a zero moves a step later.
    assert len(moved) > len(before) / 4


@pytest.mark.parametrize("name", ["zhang", "bdn", "errnet", "ibcln"])
def test_discriminator_and_network_both_move(name):
    stage = open_stage(name)
    judge = stage.learners["discriminator"].net
    before = copy_of(judge)
    for step in range(2):
        measures = stage.step(draw_batch(seed=step), at(stage, epoch=30, step=step))
    assert {"adversarial"} <= measures.keys()
    after = copy_of(judge)
    assert all(not torch.equal(before[key], after[key]) for key in before if "bias" not in key)


def test_the_discriminator_waits_for_its_epoch():
    stage = open_stage("errnet")
    assert "adversarial" not in stage.step(draw_batch(), at(stage, epoch=19))
    assert "discriminator" in stage.step(draw_batch(), at(stage, epoch=20))


def test_the_discriminator_takes_every_second_step_of_zhangs():
    stage = open_stage("zhang")
    measured = [
        "discriminator" in stage.step(draw_batch(), at(stage, step=step)) for step in range(4)
    ]
    assert measured == [True, False, True, False]


def test_the_discriminator_of_bdn_plays_in_the_chain_alone():
    stage = open_stage("bdn")
    batch = draw_batch()
    assert "adversarial" not in stage.step(batch, Moment(0, "apart", 0, 1e-3))
    assert "adversarial" in stage.step(batch, Moment(0, "chain", 0, 1e-3))


def test_a_weight_of_zero_leaves_the_discriminator_out():
    stage = open_stage("ibcln", weights={"adversarial": 0.0})
    assert "discriminator" not in stage.learners
    assert "discriminator" not in stage.terms


def test_the_networks_loss_does_not_move_the_discriminator():
    stage = open_stage("ibcln")
    judge = stage.learners["discriminator"].net
    pictures = torch.rand(1, 3, 64, 64, requires_grad=True)
    opinion(judge, pictures).sum().backward()
    assert pictures.grad is not None
    assert all(weight.grad is None for weight in judge.parameters())


def test_means_are_over_the_samples_whose_truth_is_known():
    values = torch.tensor([1.0, 5.0, float("nan")])
    some, none = torch.tensor([True, True, False]), torch.zeros(3, dtype=torch.bool)
    terms = {"some": Term(values, some), "none": Term(values, none)}
    means = mean_terms(terms, count_known([{"some": some, "none": none}]))
    assert means["some"].item() == 3.0
    assert means["none"].item() == 0.0


def without_truth_of_some(batch: Batch) -> Batch:
    """Let the last sample know no R, the third no formula, and neither T of the first."""
    known = batch.reflection_known.clone()
    known[-1] = False
    formula = batch.formula.clone()
    formula[2] = 0.0
    transmission = batch.transmission_known.clone()
    transmission[0] = False
    return replace(batch, reflection_known=known, formula=formula, transmission_known=transmission)


# Without dropout, and Zhang et al.'s without their discriminator, whose norm is over a batch.
PARTED = {
    "ceilnet": {},
    "zhang": {"weights": {"adversarial": 0.0}},
    "rmnet": {},
    "ibcln": {"dropout": 0.0},
}


@pytest.mark.parametrize("name", PARTED)
def test_gradients_added_up_over_parts_are_those_of_the_whole_batch(name):
    batch = without_truth_of_some(draw_batch(count=4))
    seen = []
    for parts in (1, 2, 4):
        stage = open_stage(name, **{"batch": 4, "accumulate": parts, **PARTED[name]})
        measures = stage.step(batch, at(stage, epoch=30))
        networks = [learner.net for learner in stage.learners.values()]
        seen.append((measures, {n: grads_of(net) for n, net in enumerate(networks)}))
    (whole, gradients), *others = seen
    for measures, added in others:
        for term, value in whole.items():
            assert float(measures[term]) == pytest.approx(float(value), rel=1e-4), term
        for number, network in gradients.items():
            # Of biases before an instance norm it is rounding: all are held to the largest.
            largest = max(float(grad.abs().max()) for grad in network.values())
            for key, grad in network.items():
                torch.testing.assert_close(
                    added[number][key] / largest, grad / largest, atol=2e-5, rtol=0
                )


def grads_of(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {key: w.grad for key, w in net.named_parameters() if w.grad is not None}


def test_a_sample_without_a_formula_has_none():
    batch = replace(draw_batch(), formula=torch.tensor([[0.9, 2.2], [0.0, 0.0]]))
    pair = pair_of(batch)
    assert pair.formula_known.tolist() == [True, False]
    assert pair.gain.tolist() == pytest.approx([0.9, 1.0])
    assert pair.power.tolist() == pytest.approx([2.2, 1.0])


def test_the_centre_view_is_what_a_method_sees():
    batch = draw_batch()
    pair = pair_of(batch)
    assert torch.equal(pair.blended, batch.blended[:, 1])
    assert torch.equal(pair.reflection, batch.reflection[:, 1])
