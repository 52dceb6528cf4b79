"""What does a teacher know where no ground truth is? Its pictures as labels, against controls.

``python -m benchmarks.labelling --voc VOCdevkit --seed 0`` goes on from what
`benchmarks.generalise` left for the same seed. Its student trains on for 1,000 steps of Adam, half
of each batch from the set it knows, half from one of another blend whose truth it is not shown. In
its place stands the teacher's picture; or the teacher's with the centre in place of its neighbours;
or the blended photo; or nothing; or, to see what there is to be won, the truth. Labels count in
structure alone (`trainer.training.losses.structure_distance`).
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.generalise import SHARDS
from benchmarks.timing import table
from seqsynth.metrics import score
from seqsynth.shards import open_shards
from seqsynth.synthesis import RunConfig, generate
from trainer.checkpoint import load_student, load_teacher
from trainer.nets import StudentNet, TeacherNet
from trainer.training.losses import layer_distance, structure_distance

HALF, CROP_PX, LEARNING_RATE, WARMUP_STEPS, CLIP = 4, 64, 3e-4, 30, 10.0

LONGER = 2.5
"""Times the steps of a student that also has the time its teacher's training took."""


Row = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Views:
    """Sequences in memory: uint8 (N, V, 3, H, W) each."""

    blended: Tensor
    transmission: Tensor
    reflection: Tensor

    @property
    def centres(self) -> tuple[Tensor, Tensor]:
        """The blended and the transmission's centre views, (N, 3, H, W)."""
        middle = self.blended.shape[1] // 2
        return self.blended[:, middle], self.transmission[:, middle]


def read_views(folder: Path, split: str) -> Views:
    """Read a whole split of a set."""
    sequences = open_shards(folder).split(split)
    kinds = ("blended", "transmission", "reflection")
    frames = (torch.from_numpy(np.stack([getattr(s, kind) for s in sequences])) for kind in kinds)
    return Views(*(views.permute(0, 1, 4, 2, 3) for views in frames))


class Crops:
    """Rows of aligned arrays, cropped and mirrored alike, by a seed; sequences also reversed."""

    def __init__(self, seed: int, side_px: int = CROP_PX, *, reverse: bool = False) -> None:
        self._rng = np.random.default_rng(seed)
        self._side_px, self._reverse = side_px, 0.5 * reverse

    def draw(self, count: int, *arrays: Tensor) -> list[Tensor]:
        """Return crops of arrays (N, [V,] 3, H, W), ``count`` of each, float32 in [0, 1]."""
        rng, side = self._rng, self._side_px
        height, width = arrays[0].shape[-2:]
        drawn: list[list[Tensor]] = [[] for _ in arrays]
        for row in rng.integers(len(arrays[0]), size=count):
            top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
            mirror, turn, reverse = rng.random(3) < (0.5, 0.5, self._reverse)
            for crops, array in zip(drawn, arrays, strict=True):
                crop = array[row][..., top : top + side, left : left + side]
                crop = crop.flip(-1) if mirror else crop
                crop = crop.flip(-2) if turn else crop
                crops.append(crop.flip(0) if reverse and crop.ndim == 4 else crop)
        return [torch.stack(crops).float() / 255 for crops in drawn]


@torch.no_grad()
def pictures(draw: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Return what a network draws of uint8 inputs, uint8 (N, 3, H, W)."""
    parts = [draw(part.float() / 255).clamp(0, 1) for part in torch.split(inputs, 8)]
    return (torch.cat(parts) * 255).round().to(torch.uint8)


def by_teacher(teacher: TeacherNet, views: Tensor, *, repeated: bool = False) -> Tensor:
    """Return the teacher's pictures of sequences, uint8 (N, 3, H, W)."""
    if repeated:
        middle = views.shape[1] // 2
        views = views[:, middle : middle + 1].expand_as(views)
    return pictures(lambda part: teacher(part).transmission, views)


def by_student(student: StudentNet, photos: Tensor) -> Tensor:
    """Return the student's pictures of photos, uint8 (N, 3, H, W)."""
    return pictures(lambda part: student(part).transmission, photos)


def scores(drawn: Tensor, truth: Tensor) -> list[str]:
    """Return mean PSNR, structure (dB), SSIM and LMSE of uint8 pictures."""
    found = [
        score(d, t)
        for d, t in zip(*(x.permute(0, 2, 3, 1).numpy() for x in (drawn, truth)), strict=True)
    ]
    means = np.mean([(s.psnr_pooled, s.structure_psnr, s.ssim, s.lmse) for s in found], axis=0)
    return [f"{value:.{digits}f}" for value, digits in zip(means, (2, 2, 4, 5), strict=True)]


def descend(
    net: nn.Module, steps: int, learning_rate: float, objective: Callable[[], Tensor]
) -> None:
    """Train with Adam, a short warm-up and a cosine to zero."""
    adam = torch.optim.Adam(net.parameters(), lr=learning_rate)
    net.train()
    for step in range(steps):
        rate = learning_rate * min(1, (step + 1) / WARMUP_STEPS)
        for group in adam.param_groups:
            group["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        loss = objective()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        adam.step()
    net.eval()


def train_on(
    student: StudentNet, known: Views, new: Tensor, labels: Tensor | None, steps: int, seed: int
) -> None:
    """Train with the truth of one set and labels in structure for another's blended centres."""
    crops, (blended, truth) = Crops(seed), known.centres

    def objective() -> Tensor:
        photos, wanted = crops.draw(HALF, blended, truth)
        if labels is None:
            return layer_distance(student(photos).transmission, wanted).mean()
        others, told = crops.draw(HALF, new, labels)
        drawn = student(torch.cat([photos, others])).transmission
        own = layer_distance(drawn[:HALF], wanted).mean()
        return own + structure_distance(drawn[HALF:], told).mean()

    descend(student, steps, LEARNING_RATE, objective)


STAND_INS: dict[str, Callable[[TeacherNet, Views], Tensor | None]] = {
    "truth": lambda _, new: new.centres[1],
    "photo": lambda _, new: new.centres[0],
    "teacher": lambda teacher, new: by_teacher(teacher, new.blended),
    "teacher, centre repeated": lambda teacher, new: by_teacher(
        teacher, new.blended, repeated=True
    ),
    "nothing": lambda *_: None,
    "nothing, longer": lambda *_: None,
}
"""What may stand in for the truth of a set that a teacher never saw, by name."""


def run(runs: Path, second: Path, *, seed: int, steps: int, only: list[str]) -> list[Row]:
    """Train with each stand-in; return the rows of a table of what both sets hold out."""
    trained = runs / f"seed{seed}"
    teacher = load_teacher(trained / "teacher/best.pt")[0].eval()
    known, new = read_views(runs / "shards", "train"), read_views(second, "train")
    held_out = {"new": read_views(second, "val"), "known": read_views(runs / "shards", "val")}
    rows: list[Row] = []

    def tell(name: str, of: str, drawn: Tensor) -> None:
        rows.append((name, of, *scores(drawn, held_out[of].centres[1])))
        print("  ".join(rows[-1]), flush=True)

    tell("the photo", "new", held_out["new"].centres[0])
    for name, repeated in (("its teacher", False), ("its teacher, centre repeated", True)):
        tell(name, "new", by_teacher(teacher, held_out["new"].blended, repeated=repeated))
    before = load_student(trained / "student/best.pt")[0]
    for of, views in held_out.items():
        tell("student before", of, by_student(before, views.centres[0]))
    for name, stand_in in STAND_INS.items():
        if only and name not in only:
            continue
        student = load_student(trained / "student/best.pt")[0].requires_grad_()
        length = round(steps * (LONGER if name == "nothing, longer" else 1))
        train_on(student, known, new.centres[0], stand_in(teacher, new), length, seed + 50)
        for of, views in held_out.items():
            tell(name, of, by_student(student, views.centres[0]))
    return rows


def main() -> None:
    """Run one seed and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voc", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs/generalise"))
    parser.add_argument("--blend", default="zhang", help="of the set without a truth")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--only", action="append", default=[], choices=STAND_INS)
    given = parser.parse_args()
    second = given.runs / f"shards-{given.blend}"
    generate(given.voc, second, SHARDS.model_copy(update={"blend": given.blend}), RunConfig())
    rows = run(given.runs, second, seed=given.seed, steps=given.steps, only=given.only)
    print(table(("label", "held-out", "PSNR", "structure", "SSIM", "LMSE"), rows))


if __name__ == "__main__":
    main()
