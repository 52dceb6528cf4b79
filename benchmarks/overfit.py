"""Can narrow networks learn two sequences by heart? Teacher, then student, in a bare loop.

The check that gradients flow where they should (flow, transfer, adversarial terms included), not
that anything generalises. ``python -m benchmarks.overfit --seed 0 --seed 1``. glibc gives large
blocks back at every step by default; ``MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8000000000
MALLOC_TOP_PAD_=200000000`` in the environment make it a fifth faster.
"""

import argparse
import time
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import skimage.data
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqsynth.motion import slide_motion
from trainer.data.batch import Batch, Counts, count
from trainer.data.motion import FlowErrors, FlowTally, cell_motion
from trainer.nets import Discriminator, StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.training.losses import (
    Losses,
    Perceptual,
    discriminator_losses,
    student_losses,
    teacher_losses,
    weighted_sum,
)
from trainer.training.perceptual import random_vgg19

VIEWS, SIZE = 3, 64
PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")
NET = NetConfig(width=1 / 8, d_layers=2)
LEARNING_RATE = 1e-3
TEACHER_STEPS, STUDENT_STEPS = 300, 450
TEACHER_WEIGHTS = {
    "reconstruction": 1.0,
    "perceptual": 1.0,
    "decoupling": 1.0,
    "view_synthesis": 0.1,
    "flow_supervision": 0.3,
}
STUDENT_WEIGHTS = {"reconstruction": 1.0, "perceptual": 1.0, "adversarial": 0.01, "transfer": 1.0}

Pixels = NDArray[np.float32]
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Outcome:
    """What one seed gave; PSNR in dB, flow errors in pixels.

    ``transfer_ratio`` is L_T over mean |f_t|: 1 is what predicting zero scores.
    """

    identity_psnr: float
    teacher_psnr: float
    student_psnr: float
    loss_ratio: float
    transmission_flow: FlowErrors
    reflection_flow: FlowErrors
    transfer_ratio: float
    seconds: float


def draw_batch(rng: np.random.Generator, sequences: int = 2, size: int = SIZE) -> Batch:
    """Draw sequences as paper 4.2 does, from public-domain photos four windows wide."""
    drawn = [_draw_sequence(size, rng) for _ in range(sequences)]
    images = [torch.from_numpy(np.stack([d[i] for d in drawn])) for i in range(3)]
    blended, transmission, reflection = (image.movedim(-1, 2).contiguous() for image in images)
    motions = [
        torch.from_numpy(np.stack([cell_motion(slide_motion(d[i], (size, size))) for d in drawn]))
        for i in (3, 4)
    ]
    every_view = torch.ones(sequences, VIEWS, dtype=torch.bool)
    return Batch(
        blended=blended,
        transmission=transmission,
        reflection=reflection,
        transmission_motion=motions[0],
        reflection_motion=motions[1],
        transmission_known=every_view,
        reflection_known=every_view,
        motion_known=every_view[:, 0],
        sequence=every_view[:, 0],
    )


def _draw_sequence(size: int, rng: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
    """Draw one sequence: I, T, R (V, H, W, 3) in [0, 1] and both origins (V, 2)."""
    transmission_name, reflection_name = rng.choice(PHOTOS, 2, replace=False)
    transmission, transmission_origin = _slide(transmission_name, (0, 2), 0.0, size, rng)
    sharp, reflection_origin = _slide(
        reflection_name, (10, 20), float(rng.uniform(2, 5)), size, rng
    )
    over = transmission + sharp - 1
    # CEILNet's attenuation, one value for the whole sequence: per view, R would flicker.
    attenuation = 1.3 * over[over > 0].mean() if (over > 0).any() else 0.0
    reflection = np.maximum(sharp - np.float32(attenuation), 0)
    blended = np.minimum(transmission + reflection, 1)
    return blended, transmission, reflection, transmission_origin, reflection_origin


def _slide(
    name: str, step_px: tuple[int, int], sigma_px: float, size: int, rng: np.random.Generator
) -> tuple[Pixels, NDArray[np.int64]]:
    """Return the windows of one photo, blurred with sigma where it is not zero, and origins."""
    photo = getattr(skimage.data, name)()
    width, height = 4 * size, round(photo.shape[0] * 4 * size / photo.shape[1])
    small = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)
    if sigma_px:
        small = cv2.GaussianBlur(small, (11, 11), sigma_px)
    steps = rng.integers(step_px[0], step_px[1] + 1, (VIEWS - 1, 2))
    origins = np.concatenate((np.zeros((1, 2), np.int64), steps.cumsum(0)))
    room = np.array(small.shape[:2]) - size - origins[-1]
    origins = origins + rng.integers(0, room + 1)
    views = [small[row : row + size, column : column + size] for row, column in origins]
    return np.stack(views).astype(np.float32), origins


def channels_last(net: N) -> N:
    """Return the network with its weights in the order that convolutions are faster in."""
    # The type stubs leave this overload out.
    moved: N = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs leave out modules
    return moved


def fit_teacher(
    batch: Batch, perceptual: Perceptual | None, steps: int
) -> tuple[TeacherNet, float]:
    """Train a teacher; also return its last loss over its first."""
    net, counts = channels_last(TeacherNet(NET)), count(batch)
    optimiser = torch.optim.Adam(net.parameters(), LEARNING_RATE)
    totals = []
    for _ in range(steps):
        losses = teacher_losses(net(batch.blended), batch, counts, perceptual)
        totals.append(descend(optimiser, losses, TEACHER_WEIGHTS))
    return net.eval(), totals[-1] / totals[0]


def fit_student(
    batch: Batch, perceptual: Perceptual | None, knowledge: Tensor, steps: int
) -> tuple[StudentNet, float]:
    """Train a student beside a discriminator; also return its last L_T over mean |f_t|."""
    net, judge = channels_last(StudentNet(NET)), channels_last(Discriminator(NET))
    counts = count(batch)
    optimiser = torch.optim.Adam(net.parameters(), LEARNING_RATE)
    judge_optimiser = torch.optim.Adam(judge.parameters(), LEARNING_RATE)
    for _ in range(steps):
        output = net(batch.centre_blended)
        losses = student_losses(
            output, batch, counts, perceptual, knowledge=knowledge, discriminator=judge
        )
        descend(optimiser, losses, STUDENT_WEIGHTS)
        _judge(judge, judge_optimiser, (output.hallucinated, knowledge), batch, counts)
    return net.eval(), float(losses["transfer"].detach() / knowledge.abs().mean())


def _judge(
    judge: Discriminator,
    optimiser: torch.optim.Optimizer,
    representations: tuple[Tensor | None, Tensor],
    batch: Batch,
    counts: Counts,
) -> None:
    """Train the discriminator by one step on what the student just made."""
    hallucinated, knowledge = representations
    if hallucinated is None:
        raise TypeError("this student hallucinates nothing")
    losses = discriminator_losses(judge, hallucinated, knowledge, batch, counts)
    descend(optimiser, losses, {"discriminator": STUDENT_WEIGHTS["adversarial"]})


def descend(optimiser: torch.optim.Optimizer, losses: Losses, weights: dict[str, float]) -> float:
    """Take one step and return the loss it started from."""
    optimiser.zero_grad()
    total = weighted_sum(losses, weights)
    total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    optimiser.step()
    return float(total.detach())


def psnr(images: Tensor, truth: Tensor) -> float:
    """Return the mean over images of the PSNR in dB, values clamped to [0, 1]."""
    error = (images.clamp(0, 1) - truth).square().flatten(1).mean(1)
    return float(-10 * error.log10().mean())


@torch.no_grad()
def _flow_errors(net: TeacherNet, batch: Batch) -> tuple[FlowErrors, FlowErrors]:
    """Return the flow errors of T and of R."""
    flows = net(batch.blended).flows
    tallies = FlowTally(), FlowTally()
    tallies[0].add(flows.transmission, batch.transmission_motion, batch.motion_known)
    tallies[1].add(flows.reflection, batch.reflection_motion, batch.motion_known)
    return tallies[0].errors(), tallies[1].errors()


def run(
    seed: int,
    *,
    perceptual: bool,
    teacher_steps: int = TEACHER_STEPS,
    student_steps: int = STUDENT_STEPS,
) -> Outcome:
    """Train both networks on two sequences of ``seed``.

    ``perceptual`` adds equation 5 with a narrow VGG of random weights.
    """
    start = time.perf_counter()
    torch.manual_seed(seed)
    batch = draw_batch(np.random.default_rng(seed))
    phi = random_vgg19(1 / 8, seed) if perceptual else None
    teacher, loss_ratio = fit_teacher(batch, phi, teacher_steps)
    with torch.no_grad():
        knowledge = teacher.distil(batch.blended)
    student, transfer_ratio = fit_student(batch, phi, knowledge, student_steps)
    transmission_flow, reflection_flow = _flow_errors(teacher, batch)
    with torch.no_grad():
        taught = teacher(batch.blended).transmission
        restored = student(batch.centre_blended).transmission
    truth = batch.centre_transmission
    return Outcome(
        identity_psnr=psnr(batch.centre_blended, truth),
        teacher_psnr=psnr(taught, truth),
        student_psnr=psnr(restored, truth),
        loss_ratio=loss_ratio,
        transmission_flow=transmission_flow,
        reflection_flow=reflection_flow,
        transfer_ratio=transfer_ratio,
        seconds=time.perf_counter() - start,
    )


def main() -> None:
    """Print one line per seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--perceptual", choices=("none", "random"), default="none")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for seed in arguments.seed or [0, 1]:
        outcome = run(seed, perceptual=arguments.perceptual == "random")
        for name, value in vars(outcome).items():
            print(f"seed {seed} {name:18s} {value}")


if __name__ == "__main__":
    main()
