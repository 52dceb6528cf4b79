"""What the loader hands to the networks: sequences of every kind, and what is known of each."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor, distributed

NO_FORMULA = torch.zeros(1, 2)
"""For samples of which nobody asked how they were made."""


@dataclass(frozen=True, eq=False)
class Batch:
    """B sequences of V views; every sample has every key, and masks say what it lacks.

    Attributes
    ----------
    blended : (B, V, 3, H, W), uint8 as loaded or float32 in [0, 1]
    transmission, reflection : likewise, zeros where unknown
    transmission_motion, reflection_motion : float32 (B, V - 1, 2, h, w), the true M^{t,k} in
        cells, (dx, dy), zeros where unknown
    transmission_known, reflection_known : bool (B, V)
    motion_known : bool (B,)
    sequence : bool (B,); False for a single photo, whose views are copies of it
    formula : float32 (B, 2), gain a and power p of I^p = a T^p + R^p, which made I; zeros where
        that is unknown, or I was not made so
    """

    blended: Tensor
    transmission: Tensor
    reflection: Tensor
    transmission_motion: Tensor
    reflection_motion: Tensor
    transmission_known: Tensor
    reflection_known: Tensor
    motion_known: Tensor
    sequence: Tensor
    formula: Tensor = NO_FORMULA

    @property
    def centre(self) -> int:
        """Index of the view whose transmission is wanted."""
        return self.blended.shape[1] // 2

    @property
    def centre_blended(self) -> Tensor:
        """The student's input, (B, 3, H, W)."""
        return self.blended[:, self.centre]

    @property
    def centre_transmission(self) -> Tensor:
        """The wanted output, (B, 3, H, W)."""
        return self.transmission[:, self.centre]

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> "Batch":
        """Return the batch on ``device``; uint8 images become float32 in [0, 1] there."""
        moved = {name: t.to(device, non_blocking=non_blocking) for name, t in self._tensors()}
        return Batch(**{name: _in_unit_range(tensor) for name, tensor in moved.items()})

    def pin_memory(self) -> "Batch":
        """Return the batch in pinned memory, from which copies to a GPU need not wait."""
        return Batch(**{name: tensor.pin_memory() for name, tensor in self._tensors()})

    def _tensors(self) -> list[tuple[str, Tensor]]:
        """Return the fields by name."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


@dataclass(frozen=True, eq=False)
class Counts:
    """How many samples each mean of the losses is over, float32.

    Attributes
    ----------
    transmission, reflection : (V,), samples that know this layer of this view
    motion : (), samples that know how their layers moved
    sequence : (), samples with real neighbours
    """

    transmission: Tensor
    reflection: Tensor
    motion: Tensor
    sequence: Tensor


def count(batch: Batch) -> Counts:
    """Count what this process' batch knows."""
    return Counts(
        transmission=batch.transmission_known.float().sum(0),
        reflection=batch.reflection_known.float().sum(0),
        motion=batch.motion_known.float().sum(),
        sequence=batch.sequence.float().sum(),
    )


def share_counts(counts: Counts) -> Counts:
    """Return the mean of all processes' counts.

    Gradients are averaged over processes; dividing each process' sum by the mean count makes that
    average the mean over all samples, however unevenly they are spread.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return counts
    parts = [getattr(counts, field.name).reshape(-1) for field in fields(counts)]
    total = torch.cat(parts)
    distributed.all_reduce(total)
    mean = torch.split(total / distributed.get_world_size(), [part.numel() for part in parts])
    return Counts(mean[0], mean[1], mean[2][0], mean[3][0])


def _in_unit_range(tensor: Tensor) -> Tensor:
    """Turn an uint8 image into float32 in [0, 1] and leave everything else alone."""
    return tensor.float() / 255 if tensor.dtype == torch.uint8 else tensor
