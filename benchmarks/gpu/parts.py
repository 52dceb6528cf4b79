"""Weights in half precision, in files small enough to be carried."""

from pathlib import Path

import torch

from trainer.checkpoint import load_student

PART_BYTES = 15_000_000


def split_weights(checkpoint: Path, out: Path) -> list[str]:
    """Write a student's weights as float16 in files of at most `PART_BYTES`; return their names.

    ``cat weights.pt.* > weights.pt`` joins them; ``torch.load(..., weights_only=True)`` reads it.
    """
    student, _ = load_student(checkpoint)
    half = {name: value.half().contiguous() for name, value in student.state_dict().items()}
    whole = out / "work" / "weights.pt"
    torch.save(half, whole)
    content = whole.read_bytes()
    names = []
    for number, start in enumerate(range(0, len(content), PART_BYTES)):
        part = out / f"weights.pt.{number:02d}"
        part.write_bytes(content[start : start + PART_BYTES])
        names.append(part.name)
    return names
