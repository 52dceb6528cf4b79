from dataclasses import replace

import pytest
import torch

from trainer.data.batch import Batch
from trainer.nets import TeacherNet
from trainer.nets.config import NetConfig
from trainer.training.watching.flow_watch import (
    JudgeWatch,
    KnowledgeWatch,
    TransferWatch,
    outside,
    warnings_of,
)

HEALTHY = {
    "semantic_std_transmission": 0.3,
    "semantic_std_reflection": 0.3,
    "synthesis_predicted_reflection": 1.0,
    "synthesis_true_reflection": 0.8,
    "epe_reflection": 30.0,
    "epe_zero_reflection": 22.0,
    "transfer_ratio": 0.5,
    "dead_channels": 0.1,
}


def a_batch(views: torch.Tensor, motion: torch.Tensor) -> Batch:
    count = len(views)
    known = torch.ones(count, 3, dtype=torch.bool)
    every = torch.ones(count, dtype=torch.bool)
    return Batch(views, views, views, motion, motion, known, known, every, every)


def test_a_healthy_run_is_left_alone() -> None:
    assert warnings_of(HEALTHY) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"semantic_std_reflection": 0.005}, "the reflection features have collapsed"),
        ({"synthesis_predicted_reflection": 0.7}, "without learning motion"),
        ({"transfer_ratio": 1.3}, "L_T is 1.30 of mean |f_t|"),
        ({"dead_channels": 0.8}, "80% of the representation's channels are dead"),
    ],
)
def test_trouble_is_said(change: dict[str, float], said: str) -> None:
    warnings = warnings_of(HEALTHY | change)
    assert len(warnings) == 1
    assert said in warnings[0]


def test_a_won_game_is_said_once_after_a_thousand_steps() -> None:
    watch = JudgeWatch()
    won = {"discriminator_real": 1.0, "discriminator_fake": 0.05}
    said = [watch.add(won) for _ in range(1500)]
    assert [step for step, sentence in enumerate(said, 1) if sentence] == [1000]


def test_an_open_game_starts_the_count_anew() -> None:
    watch = JudgeWatch()
    won, even = ({"discriminator_real": 1.0, "discriminator_fake": fake} for fake in (0.0, 0.5))
    said = [watch.add(measures) for measures in [won] * 999 + [even] + [won] * 999]
    assert said == [None] * 1999


def test_the_ratio_is_that_of_predicting_zero() -> None:
    watch = TransferWatch()
    knowledge = torch.rand(2, 4, 3, 3)
    watch.add(torch.zeros_like(knowledge), knowledge, torch.tensor([True, True]))
    measures = watch.measures()
    assert measures["transfer_ratio"] == pytest.approx(1.0)
    assert measures["dead_channels"] == 1.0


def test_single_photos_have_no_knowledge_to_compare() -> None:
    watch = TransferWatch()
    watch.add(torch.ones(2, 4, 3, 3), torch.zeros(2, 4, 3, 3), torch.tensor([True, False]))
    watch.add(torch.ones(1, 4, 3, 3), torch.rand(1, 4, 3, 3), torch.tensor([False]))
    assert watch.measures()["knowledge_mean"] == 0


def test_a_channel_is_dead_only_if_it_never_fires() -> None:
    watch = TransferWatch()
    fired = torch.zeros(1, 4, 2, 2)
    fired[0, 1] = 1
    for channel in (fired, fired.flip(1)):
        watch.add(channel, torch.rand(1, 4, 2, 2), torch.tensor([True]))
    assert watch.measures()["dead_channels"] == 0.5


def test_cells_that_leave_the_frame_are_outside() -> None:
    fields = torch.zeros(1, 1, 2, 3, 4)
    fields[0, 0, 0] = 1.5  # to the right: the last two of four columns leave
    assert outside(fields)[0, 0].tolist() == [[False, False, True, True]] * 3


def test_true_motion_synthesises_shifted_views_best() -> None:
    torch.manual_seed(0)
    teacher = TeacherNet(NetConfig(width=1 / 16))
    scene = torch.nn.functional.interpolate(torch.rand(1, 3, 24, 24), scale_factor=4.0)
    # Each view looks 8 px, two cells, further right: the centre's cell p is at p + 2 before it.
    views = torch.stack([scene[..., 8 * v : 8 * v + 64] for v in range(3)], 1)[..., :64, :]
    pairs = torch.tensor([[[2.0, 0.0], [-2.0, 0.0]]])
    motion = pairs[..., None, None].expand(1, 2, 2, 16, 16)
    watch = KnowledgeWatch()
    with torch.no_grad():
        watch.add(teacher(views), a_batch(views, motion))
    measures = watch.measures()
    assert measures["synthesis_true_transmission"] < 0.7 * measures["synthesis_zero_transmission"]
    assert measures["epe_transmission"] == pytest.approx(8.0)
    assert measures["epe_zero_transmission"] == pytest.approx(8.0)
    assert measures["epe_constant_transmission"] == pytest.approx(0.0, abs=1e-3)


def test_motion_that_is_unknown_counts_as_nothing_not_as_zero() -> None:
    torch.manual_seed(0)
    teacher = TeacherNet(NetConfig(width=1 / 16))
    views, motion = torch.rand(2, 3, 3, 64, 64), torch.zeros(2, 2, 2, 16, 16)
    motion[0] = torch.tensor([[2.0, 0.0], [-2.0, 0.0]])[..., None, None]
    both, one = KnowledgeWatch(), KnowledgeWatch()
    with torch.no_grad():
        half = replace(a_batch(views, motion), motion_known=torch.tensor([True, False]))
        both.add(teacher(views), half)
        one.add(teacher(views[:1]), a_batch(views[:1], motion[:1]))
    for layer in ("transmission", "reflection"):
        found, wanted = (w.measures()[f"synthesis_true_{layer}"] for w in (both, one))
        assert found == pytest.approx(wanted, rel=1e-4)
