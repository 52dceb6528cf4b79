"""A step in parts: gradients that add up to those of the whole batch, in the memory of a part."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from trainer.data.batch import Batch


def parts_of(batch: Batch, number: int) -> Iterator[tuple[Batch, bool]]:
    """Yield the parts of a batch, and whether each is the last."""
    parts = [batch] if number == 1 else list(batch.parts(number))
    return ((part, place == len(parts)) for place, part in enumerate(parts, start=1))


def add_up(sums: dict[str, Tensor], losses: Mapping[str, Tensor], objective: Tensor) -> None:
    """Add the terms of a part to those of the step; each is a share of the whole step's mean."""
    for name, loss in {**losses, "objective": objective}.items():
        sums[name] = sums[name] + loss.detach() if name in sums else loss.detach()
