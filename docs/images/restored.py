"""Draw what a run of preset small makes of photos in the public domain.

``python docs/images/restored.py RUN small-restored.jpg``: a row a sequence, blended, student,
teacher, truth, reflection; the sequences are the first of their seed, none is chosen.
"""

import sys
from itertools import permutations, product
from pathlib import Path

import numpy as np
import skimage.data
import torch

from seqsynth.pictures import encode
from seqsynth.sequence import Image, ViewSequence
from seqsynth.synthesis import SynthesisConfig, synthesise
from trainer.checkpoint import load_student, load_teacher

ASKED = SynthesisConfig(scale=0.5, window=(112, 112), direction="random", seed=7)
PHOTOS = ("chelsea", "coffee", "astronaut")
GAP = 4


def sequences() -> list[ViewSequence]:
    """Return one sequence of each ordered pair of photos."""
    photos = {name: getattr(skimage.data, name)() for name in PHOTOS}
    pairs = enumerate(permutations(PHOTOS, 2))
    return [synthesise(photos[t], photos[r], ASKED, number=number) for number, (t, r) in pairs]


def picture(drawn: torch.Tensor) -> Image:
    """Turn (1, 3, H, W) in [0, 1] into an image."""
    levels = (drawn[0].clamp(0, 1) * 255).round().byte()
    return np.asarray(levels.permute(1, 2, 0))


@torch.no_grad()
def main() -> None:
    """Write the picture."""
    run, out = map(Path, sys.argv[1:])
    student, _ = load_student(run / "student/best.pt")
    teacher, _ = load_teacher(run / "teacher/best.pt")
    rows = []
    for sequence in sequences():
        if sequence.transmission is None or sequence.reflection is None:
            raise ValueError("a synthesised sequence has both layers")
        views = torch.from_numpy(sequence.blended).permute(0, 3, 1, 2)[None].float() / 255
        centre = sequence.centre
        rows.append(
            [
                sequence.blended[centre],
                picture(student(views[:, centre]).transmission),
                picture(teacher(views).transmission),
                sequence.transmission[centre],
                sequence.reflection[centre],
            ]
        )
    height, width = (side + GAP for side in rows[0][0].shape[:2])
    sheet = np.full((len(rows) * height + GAP, len(rows[0]) * width + GAP, 3), 255, np.uint8)
    for row, column in product(range(len(rows)), range(len(rows[0]))):
        top, left = row * height + GAP, column * width + GAP
        sheet[top : top + height - GAP, left : left + width - GAP] = rows[row][column]
    out.write_bytes(encode(sheet, ".jpg", quality=88))


main()
