"""Of how much ground truth does a teacher make more? N labelled sequences, and many without.

``python -m benchmarks.few_labels --shards DIR --seed 0 --known 50`` trains preset small's teacher
on N sequences of a set (500 steps of Adam), then students from its start: on the N alone; on the N
and on all others as the teacher draws them; as it draws them with the centre in place of their
neighbours; on the others as they are; and on the N with L_T for all. DIR is what
`benchmarks.generalise` made.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.labelling import (
    HALF,
    Crops,
    Row,
    Views,
    by_student,
    by_teacher,
    descend,
    read_views,
    scores,
)
from benchmarks.timing import table
from trainer.data.batch import Batch, count
from trainer.nets import StudentNet, TeacherNet
from trainer.recipe import FitConfig, load_recipe
from trainer.training.losses import (
    layer_distance,
    teacher_losses,
    transfer_distance,
    weighted_sum,
)
from trainer.training.stages import inherit

TEACHER_CROP_PX = 96


def train_teacher(known: Views, config: FitConfig, steps: int) -> TeacherNet:
    """Train a teacher on the sequences whose truth is known."""
    torch.manual_seed(config.seed)
    teacher, crops = TeacherNet(config.net), Crops(config.seed + 90, TEACHER_CROP_PX, reverse=True)
    weights = config.teacher.weights.model_dump()
    cells, views = TEACHER_CROP_PX // 4, known.blended.shape[1]
    still, every = torch.zeros(HALF, views - 1, 2, cells, cells), torch.ones(HALF).bool()
    layers = torch.ones(HALF, views).bool()

    def objective() -> Tensor:
        blended, transmission, reflection = crops.draw(
            HALF, known.blended, known.transmission, known.reflection
        )
        batch = Batch(
            blended, transmission, reflection, still, still, layers, layers, ~every, every
        )
        return weighted_sum(teacher_losses(teacher(batch.blended), batch, count(batch)), weights)

    descend(teacher, steps, config.teacher.learning_rate, objective)
    return teacher.requires_grad_(requires_grad=False)


def train_student(
    teacher: TeacherNet, known: Views, others: Tensor, labels: str, config: FitConfig, steps: int
) -> StudentNet:
    """Train a student on what is known and, by ``labels``, on the other sequences' views."""
    middle = others.shape[1] // 2
    told: dict[str, Callable[[], Tensor]] = {
        "the teacher's pictures": lambda: by_teacher(teacher, others),
        "the same, centre repeated": lambda: by_teacher(teacher, others, repeated=True),
        "the photos": lambda: others[:, middle],
    }
    pictures = told[labels]() if labels in told else None
    torch.manual_seed(config.seed)
    student, crops = StudentNet(config.net), Crops(config.seed + 70, reverse=True)
    inherit(student, teacher)

    def objective() -> Tensor:
        alone = labels == "none"
        views, truth = crops.draw(2 * HALF if alone else HALF, known.blended, known.transmission)
        wanted = truth[:, middle]
        if alone:
            return layer_distance(student(views[:, middle]).transmission, wanted).mean()
        if pictures is None:
            both = torch.cat([views, *crops.draw(HALF, others)])
            output = student(both[:, middle])
            transfer = transfer_distance(output.hallucinated, teacher.distil(both)).mean()
            return layer_distance(output.transmission[:HALF], wanted).mean() + transfer
        seen, label = crops.draw(HALF, others[:, middle], pictures)
        drawn = student(torch.cat([views[:, middle], seen])).transmission
        own = layer_distance(drawn[:HALF], wanted).mean()
        return own + layer_distance(drawn[HALF:], label).mean()

    descend(student, steps, config.student.learning_rate, objective)
    return student


LABELS = ("none", "the teacher's pictures", "the same, centre repeated", "the photos", "L_T")


def run(shards: Path, *, known: int, seed: int, steps: int, only: list[str]) -> list[Row]:
    """Return the rows of a table of what the set holds out."""
    config = load_recipe("small", overrides={"seed": seed})
    every, held_out = read_views(shards, "train"), read_views(shards, "val")
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(every.blended)))
    first = Views(*(getattr(every, kind)[order[:known]] for kind in Views.__annotations__))
    teacher = train_teacher(first, config, steps)
    photos, truth = held_out.centres
    rows: list[Row] = [
        ("the photo", *scores(photos, truth)),
        ("the teacher", *scores(by_teacher(teacher, held_out.blended), truth)),
        (
            "the teacher, centre repeated",
            *scores(by_teacher(teacher, held_out.blended, repeated=True), truth),
        ),
    ]
    for labels in only or LABELS:
        student = train_student(teacher, first, every.blended[order[known:]], labels, config, steps)
        rows.append((f"student, {labels}", *scores(by_student(student, photos), truth)))
        print("  ".join(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Run one seed and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=Path, default=Path("runs/generalise/shards"))
    parser.add_argument("--known", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--only", action="append", default=[], choices=LABELS)
    given = parser.parse_args()
    rows = run(given.shards, known=given.known, seed=given.seed, steps=given.steps, only=given.only)
    print(table(("", "PSNR", "structure", "SSIM", "LMSE"), rows))


if __name__ == "__main__":
    main()
