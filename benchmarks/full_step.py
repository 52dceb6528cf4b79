"""One real training step of the full-width teacher and student at 224 px: seconds and memory.

``python -m benchmarks.full_step --stage teacher`` and ``--stage student``, each in a process of its
own, so that the peak memory is that of one stage. The perceptual loss runs with VGG-19 of random
weights: its cost does not depend on them.
"""

import argparse
import resource
import time

import numpy as np
import torch

from benchmarks.overfit import STUDENT_WEIGHTS, TEACHER_WEIGHTS, channels_last, descend, draw_batch
from trainer.data.batch import Batch, count
from trainer.nets import Discriminator, StudentNet, StudentOutput, TeacherNet
from trainer.training.losses import discriminator_losses, student_losses, teacher_losses
from trainer.training.perceptual import random_vgg19

SIZE = 224


def teacher_step(batch: Batch) -> float:
    """Take one step of the teacher; return its seconds."""
    net = channels_last(TeacherNet())
    phi, optimiser = random_vgg19(1, 0), torch.optim.Adam(net.parameters(), 2e-4)
    start = time.perf_counter()
    descend(
        optimiser, teacher_losses(net(batch.blended), batch, count(batch), phi), TEACHER_WEIGHTS
    )
    return time.perf_counter() - start


def student_step(batch: Batch) -> float:
    """Take one step of the student and of the discriminator; return their seconds."""
    teacher, net = channels_last(TeacherNet()), channels_last(StudentNet())
    judge = channels_last(Discriminator())
    phi, counts = random_vgg19(1, 0), count(batch)
    optimisers = [torch.optim.Adam(part.parameters(), 2e-4) for part in (net, judge)]
    start = time.perf_counter()
    with torch.no_grad():
        knowledge = teacher.distil(batch.blended)
    output: StudentOutput = net(batch.centre_blended)
    if output.hallucinated is None:
        raise TypeError("the full student hallucinates")
    losses = student_losses(output, batch, counts, phi, knowledge=knowledge, discriminator=judge)
    descend(optimisers[0], losses, STUDENT_WEIGHTS)
    judged = discriminator_losses(judge, output.hallucinated, knowledge, batch, counts)
    descend(optimisers[1], judged, {"discriminator": 1.0})
    return time.perf_counter() - start


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage", choices=("teacher", "student"), required=True)
    stage = parser.parse_args().stage
    torch.manual_seed(0)
    batch = draw_batch(np.random.default_rng(0), sequences=1, size=SIZE)
    seconds = teacher_step(batch) if stage == "teacher" else student_step(batch)
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    threads = torch.get_num_threads()
    print(f"{stage}: {seconds:.1f} s a step of one sample, {threads} threads, peak {gib:.1f} GiB")


if __name__ == "__main__":
    main()
