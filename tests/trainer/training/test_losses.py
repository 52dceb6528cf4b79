from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from trainer.data.batch import Batch, Counts, count
from trainer.nets import Discriminator, StudentNet, TeacherNet
from trainer.nets.config import ABLATIONS, NetConfig
from trainer.training.losses import (
    discriminator_losses,
    flow_distance,
    half_size,
    label_losses,
    layer_distance,
    perceptual_distance,
    squared_distance,
    structure_distance,
    student_losses,
    teacher_losses,
    transfer_distance,
    view_synthesis,
    weighted_sum,
)
from trainer.training.perceptual import random_vgg19

TINY = NetConfig(width=1 / 64, d_layers=1, context_blocks=1, leaky_slope=0.1)


def draw_batch(samples: int = 3, views: int = 3, size: int = 32) -> Batch:
    """A synthetic sequence, a capture (T of the centre, no R), a single photo, and so on."""
    rng = torch.Generator().manual_seed(7)
    images = [torch.rand(samples, views, 3, size, size, generator=rng) for _ in range(3)]
    motions = [
        torch.rand(samples, views - 1, 2, size // 4, size // 4, generator=rng) for _ in range(2)
    ]
    kind = torch.arange(samples) % 3
    synthetic = (kind == 0)[:, None].expand(samples, views)
    centre = torch.arange(views) == views // 2
    return Batch(
        *images,
        *motions,
        transmission_known=synthetic | centre,
        reflection_known=synthetic,
        motion_known=kind == 0,
        sequence=kind < 2,
    )


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_layer_distance_by_hand() -> None:
    image, truth = torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 3, 3)
    image[0, 0] = torch.tensor([[1.0, 0.0, 3.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    # |d|: 1+3+1 of 9; to the right: 1+3+0+1 of 6; downwards: 1+0+2, 0+0+1 of 6; nothing wraps.
    assert layer_distance(image, truth).item() == pytest.approx(5 / 9 + 5 / 6 + 4 / 6)


def test_layer_distance_is_per_sample_and_symmetric() -> None:
    first, second = torch.rand(2, 3, 5, 4), torch.rand(2, 3, 5, 4)
    distance = layer_distance(first, second)
    assert torch.allclose(distance, layer_distance(second, first))
    assert torch.allclose(distance[1:], layer_distance(first[1:], second[1:]))


def test_a_constant_offset_costs_its_size_alone() -> None:
    image = torch.rand(1, 3, 6, 6)
    assert layer_distance(image + 0.25, image).item() == pytest.approx(0.25, abs=1e-6)


def numpy_view_synthesis(semantic: np.ndarray, motion: np.ndarray) -> float:
    """Equation 3 for one layer of one sample, in float64, by scipy's interpolation."""
    views, _, height, width = semantic.shape
    centre = views // 2
    rows, columns = np.mgrid[0:height, 0:width].astype(float)
    total = 0.0
    for pair, view in enumerate(v for v in range(views) if v != centre):
        dx, dy = motion[pair]
        where = (np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1))
        warped = np.stack([map_coordinates(channel, where, order=1) for channel in semantic[view]])
        total += np.sqrt(((semantic[centre] - warped) ** 2).mean(0) + 1e-6).mean()
    return total


@pytest.mark.parametrize("views", [3, 5])
def test_view_synthesis_is_the_rms_over_channels_averaged_over_all_cells(views: int) -> None:
    rng = np.random.default_rng(0)
    semantic = rng.random((2, views, 4, 7, 6))
    motion = rng.uniform(-3, 3, (2, views - 1, 2, 7, 6))
    found = view_synthesis(torch.tensor(semantic).float(), torch.tensor(motion).float())
    expected = [numpy_view_synthesis(semantic[i], motion[i]) for i in range(2)]
    assert np.allclose(found.numpy(), expected, rtol=1e-5)


def test_view_synthesis_of_equal_views_has_a_finite_gradient() -> None:
    semantic = torch.ones(1, 3, 2, 4, 4, requires_grad=True)
    view_synthesis(semantic, torch.zeros(1, 2, 2, 4, 4)).sum().backward()
    assert semantic.grad.isfinite().all()


def test_leaving_the_frame_does_not_lower_view_synthesis_to_nothing() -> None:
    semantic = torch.rand(1, 3, 4, 8, 8)
    away = torch.full((1, 2, 2, 8, 8), 100.0)
    assert view_synthesis(semantic, away).item() > 0.1


def test_perceptual_distance_is_the_mean_difference_of_features() -> None:
    image, truth = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    found = perceptual_distance(lambda pictures: pictures * 3, image, truth)
    expected = 3 * np.abs(image.numpy() - truth.numpy()).mean((1, 2, 3))
    assert np.allclose(found.numpy(), expected, rtol=1e-6)


def test_transfer_does_not_move_the_teacher() -> None:
    imagined, known = (torch.rand(1, 2, 3, 3, requires_grad=True) for _ in range(2))
    transfer_distance(imagined, known).sum().backward()
    assert known.grad is None
    assert imagined.grad.abs().sum() == pytest.approx(1)


def test_squared_distance_by_hand() -> None:
    logits = torch.tensor([[[[0.0, 2.0]]], [[[1.0, 1.0]]]])
    assert squared_distance(logits, 1.0).tolist() == [1.0, 0.0]


def test_flow_distance_is_the_end_point_error_where_the_truth_is_in_frame() -> None:
    motion = torch.tensor([3.0, 4.0])[None, None, :, None, None].expand(1, 1, 2, 8, 8)
    field = torch.zeros(1, 1, 2, 8, 8)
    field[..., 4:, :] = 1000.0
    field[..., 5:] = 1000.0
    assert flow_distance(field, motion).item() == pytest.approx(5, abs=1e-5)


def test_flow_distance_holds_every_cell_against_its_own_motion() -> None:
    motion = torch.zeros(1, 1, 2, 4, 4)
    motion[0, 0, 0, :, 2:] = 1.0
    field = torch.zeros(1, 1, 2, 4, 4)
    # The last column leaves the frame; of twelve cells that stay, four are one cell off.
    assert flow_distance(field, motion).item() == pytest.approx(4 / 12, abs=2e-3)


def test_flow_distance_where_everything_leaves_the_frame_is_nothing() -> None:
    assert flow_distance(torch.zeros(1, 1, 2, 4, 4), torch.full((1, 1, 2, 4, 4), 9.0)).item() == 0


def test_decoupling_target_is_the_mean_of_two_by_two_pixels() -> None:
    images = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert half_size(images)[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_teacher_has_the_terms_of_equation_6_and_flow_supervision() -> None:
    batch = draw_batch()
    losses = teacher_losses(TeacherNet(TINY)(batch.blended), batch, count(batch), lambda x: x)
    names = ["reconstruction", "perceptual", "decoupling", "view_synthesis", "flow_supervision"]
    assert list(losses) == names
    assert all(loss.shape == () for loss in losses.values())


def test_decoupling_averages_each_view_and_layer_over_who_knows_it() -> None:
    batch = draw_batch()
    output = TeacherNet(TINY)(batch.blended)
    expected = 0.0
    for name in ("transmission", "reflection"):
        drawn = getattr(output.layers, name).image
        truth = getattr(batch, name)
        # Sample 0 knows all; sample 1 and 2 know T of the centre.
        for view in range(3):
            who = [0, 1, 2] if (name, view) == ("transmission", 1) else [0]
            wanted = half_size(truth[who, view])
            expected += layer_distance(drawn[who, view], wanted).mean()
    found = teacher_losses(output, batch, count(batch))["decoupling"]
    assert torch.allclose(found, expected)


def test_view_synthesis_and_supervision_are_over_those_they_apply_to() -> None:
    batch = draw_batch()
    output = TeacherNet(TINY)(batch.blended)
    losses = teacher_losses(output, batch, count(batch))
    layers, flows = output.layers, output.flows
    synthesis = sum(
        view_synthesis(getattr(layers, name).semantic, getattr(flows, name))
        for name in ("transmission", "reflection")
    )
    assert torch.allclose(losses["view_synthesis"], synthesis[:2].mean())
    supervision = flow_distance(flows.transmission, batch.transmission_motion) + flow_distance(
        flows.reflection, batch.reflection_motion
    )
    assert torch.allclose(losses["flow_supervision"], supervision[0])


def test_what_is_unknown_does_not_matter_whatever_stands_there() -> None:
    batch = draw_batch()
    output = TeacherNet(TINY)(batch.blended)
    losses = teacher_losses(output, batch, count(batch))
    transmission, reflection = batch.transmission.clone(), batch.reflection.clone()
    transmission[1:, 0], reflection[1:] = 0.5, 0.5
    other = replace(batch, transmission=transmission, reflection=reflection)
    assert teacher_losses(output, other, count(other)) == losses


def test_a_batch_that_knows_no_reflection_still_gives_every_weight_a_gradient() -> None:
    batch = draw_batch()
    nothing = torch.zeros_like(batch.reflection_known)
    batch = replace(batch, reflection_known=nothing, motion_known=nothing[:, 0])
    net = TeacherNet(TINY)
    losses = teacher_losses(net(batch.blended), batch, count(batch))
    weighted_sum(losses, dict.fromkeys(losses, 1.0)).backward()
    assert losses["flow_supervision"].item() == 0
    assert all(
        weight.grad is not None and weight.grad.isfinite().all() for weight in net.parameters()
    )


EXPECTED_TERMS = {
    "mkl": [],
    "decouple": ["view_synthesis", "flow_supervision"],
    "flow": ["decoupling"],
    "fusion": ["decoupling", "view_synthesis", "flow_supervision"],
}


@pytest.mark.parametrize("row", EXPECTED_TERMS)
def test_an_ablated_teacher_has_the_terms_of_what_is_left(row: str) -> None:
    batch = draw_batch()
    net = TeacherNet(TINY.model_copy(update={ABLATIONS[row]: False}))
    losses = teacher_losses(net(batch.blended), batch, count(batch))
    assert list(losses) == ["reconstruction", *EXPECTED_TERMS[row]]


def part_of(batch: Batch, rows: slice) -> Batch:
    values = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return Batch(**{k: v[rows] if isinstance(v, torch.Tensor) else v for k, v in values.items()})


def mean_counts(parts: list[Batch]) -> Counts:
    """What every process of a group would get from sharing its counts."""
    counts = [count(part) for part in parts]
    names = [field.name for field in fields(Counts)]
    return Counts(**{n: torch.stack([getattr(c, n) for c in counts]).mean(0) for n in names})


def test_the_mean_of_two_processes_losses_is_the_loss_of_one() -> None:
    # A capture and a photo in one process, all that is synthetic in the other.
    whole = part_of(draw_batch(samples=5), slice(1, 5))
    parts = [part_of(whole, slice(0, 2)), part_of(whole, slice(2, 4))]
    net, shared = TeacherNet(TINY), mean_counts(parts)
    alone = teacher_losses(net(whole.blended), whole, count(whole))
    apart = [teacher_losses(net(part.blended), part, shared) for part in parts]
    for name, loss in alone.items():
        assert torch.allclose((apart[0][name] + apart[1][name]) / 2, loss, rtol=1e-5), name


def student_parts(
    samples: int = 3,
) -> tuple[Batch, StudentNet, Discriminator, torch.Tensor]:
    batch = draw_batch(samples)
    student, judge = StudentNet(TINY), Discriminator(TINY)
    return batch, student, judge, TeacherNet(TINY).distil(batch.blended).detach()


def test_student_has_its_terms_of_equation_10_and_not_the_judge_s() -> None:
    batch, student, judge, knowledge = student_parts()
    losses = student_losses(
        student(batch.centre_blended),
        batch,
        count(batch),
        lambda x: x,
        knowledge=knowledge,
        discriminator=judge,
    )
    assert list(losses) == ["reconstruction", "perceptual", "transfer", "adversarial"]


def test_single_photos_have_no_transfer_and_no_adversarial_term() -> None:
    batch, student, judge, knowledge = student_parts()
    output = student(batch.centre_blended)
    losses = student_losses(output, batch, count(batch), knowledge=knowledge, discriminator=judge)
    transfer = (output.hallucinated[:2] - knowledge[:2]).abs().mean()
    adversarial = (judge(output.hallucinated[:2]) - 1).square().mean()
    assert torch.allclose(losses["transfer"], transfer)
    assert torch.allclose(losses["adversarial"], adversarial)


def test_structure_is_equation_1_after_the_best_affine_map_of_each_channel() -> None:
    rng = np.random.default_rng(4)
    image, truth = rng.random((2, 2, 3, 17, 23))
    expected = []
    for x, y in zip(image, truth, strict=True):
        lines = [
            np.linalg.lstsq(np.stack([a.ravel(), np.ones(a.size)], 1), b.ravel(), rcond=None)[0]
            for a, b in zip(x, y, strict=True)
        ]
        mapped = np.stack([gain * a + offset for (gain, offset), a in zip(lines, x, strict=True)])
        parts = [mapped - y, np.diff(mapped - y, axis=1), np.diff(mapped - y, axis=2)]
        expected.append(sum(np.abs(part).mean() for part in parts))
    found = structure_distance(*(torch.from_numpy(x).float() for x in (image, truth)))
    # FLAT is a thousandth of the variance of what is drawn here.
    assert found.numpy() == pytest.approx(np.array(expected), rel=3e-3)


def test_tone_is_no_structure_and_a_flat_picture_has_a_gradient() -> None:
    truth = torch.rand(1, 3, 24, 24)
    tint = torch.tensor([0.5, 0.8, 1.1])[None, :, None, None]
    assert structure_distance(tint * truth + 0.1, truth).item() < 0.005
    flat = torch.full_like(truth, 0.5).requires_grad_()
    structure_distance(flat, truth).sum().backward()
    assert flat.grad is not None
    assert flat.grad.isfinite().all()
    # Downhill is towards what is there to be drawn.
    assert torch.corrcoef(torch.stack([-flat.grad.ravel(), truth.ravel()]))[0, 1] > 0.5


def test_a_faint_picture_is_at_no_distance_from_itself_and_more_contrast_brings_none_nearer() -> (
    None
):
    faint = 0.5 + 0.004 * torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    assert structure_distance(faint, faint).item() == pytest.approx(0, abs=1e-7)
    assert structure_distance(0.5 + 3 * (faint - 0.5), faint).item() > 1e-4


def test_labels_teach_sequences_without_a_truth_alone() -> None:
    batch, student, _, _ = student_parts(samples=6)
    known = batch.transmission_known.clone()
    known[[1, 2]] = False  # a capture, and a photo, of which no teacher can say anything
    batch = replace(batch, transmission_known=known)
    output, labels = student(batch.centre_blended), torch.rand(6, 3, 32, 32)
    found = label_losses(output, batch, count(batch), labels)
    expected = structure_distance(output.transmission[[1]], labels[[1]])
    assert list(found) == ["labels"]
    assert found["labels"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_without_transfer_the_student_learns_from_images_alone() -> None:
    batch, student, _, _ = student_parts()
    losses = student_losses(student(batch.centre_blended), batch, count(batch))
    assert list(losses) == ["reconstruction"]


def test_the_judge_s_loss_is_equation_9_over_sequences() -> None:
    batch, student, judge, knowledge = student_parts()
    imagined = student(batch.centre_blended).hallucinated
    found = discriminator_losses(judge, imagined, knowledge, batch, count(batch))["discriminator"]
    fake, real = judge(imagined[:2]).detach().numpy(), judge(knowledge[:2]).detach().numpy()
    assert found.item() == pytest.approx((fake**2).mean() + ((real - 1) ** 2).mean(), rel=1e-5)


def test_the_judge_s_loss_never_reaches_the_student() -> None:
    batch, student, judge, knowledge = student_parts()
    imagined = student(batch.centre_blended).hallucinated
    discriminator_losses(judge, imagined, knowledge, batch, count(batch))[
        "discriminator"
    ].backward()
    assert all(weight.grad is None for weight in student.parameters())
    assert all(weight.grad is not None for weight in judge.parameters())


def test_the_student_s_losses_never_reach_the_judge() -> None:
    batch, student, judge, knowledge = student_parts()
    losses = student_losses(
        student(batch.centre_blended), batch, count(batch), knowledge=knowledge, discriminator=judge
    )
    losses["adversarial"].backward()
    assert all(weight.grad is None for weight in judge.parameters())
    assert student.hallucination.layers[0][0].weight.grad.abs().sum() > 0


def test_weighted_sum_by_hand() -> None:
    losses = {"a": torch.tensor(2.0), "b": torch.tensor(3.0)}
    assert weighted_sum(losses, {"a": 1.0, "b": 0.1, "c": 9.0}).item() == pytest.approx(2.3)


def test_weighted_sum_refuses_a_term_without_weight() -> None:
    with pytest.raises(KeyError, match="b"):
        weighted_sum({"b": torch.tensor(1.0)}, {"a": 1.0})


def test_losses_are_float32_and_gradients_finite_under_bfloat16_autocast() -> None:
    batch, student, judge, _ = student_parts()
    teacher, phi = TeacherNet(TINY), random_vgg19(1 / 32, 0)
    with torch.autocast("cpu", torch.bfloat16):
        output = teacher(batch.blended)
        losses = teacher_losses(output, batch, count(batch), phi)
        imagined = student(batch.centre_blended)
        knowledge = output.knowledge.detach()
        losses |= {
            f"student {name}": loss
            for name, loss in student_losses(
                imagined, batch, count(batch), phi, knowledge=knowledge, discriminator=judge
            ).items()
        }
        losses |= discriminator_losses(judge, imagined.hallucinated, knowledge, batch, count(batch))
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    weighted_sum(losses, dict.fromkeys(losses, 1.0)).backward()
    weights = [*teacher.parameters(), *student.parameters(), *judge.parameters()]
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in weights)
