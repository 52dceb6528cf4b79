"""What the loader hands to the networks: sequences of every kind, and what is known of each."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor, distributed

NO_FORMULA = torch.zeros(1, 2)
"""For samples of which nobody asked how they were made."""


@dataclass(frozen=True)
class Presence:
    """What at least one sample of a step knows, those of all processes together.

    Known where a step is drawn, so that no device need be asked.

    Attributes
    ----------
    transmission : the centre's
    layers : any layer of any view
    motion : how the layers moved
    sequence : real neighbours
    unlabelled : real neighbours, and not the centre's transmission
    """

    transmission: bool
    layers: bool
    motion: bool
    sequence: bool
    unlabelled: bool


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
    presence : of the whole step; None looks at the masks
    neighbours : the samples with real neighbours, as numbers; None looks at ``sequence``
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
    presence: Presence | None = None
    neighbours: tuple[int, ...] | None = None

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

    @property
    def knows(self) -> Presence:
        """What the step knows."""
        if self.presence is not None:
            return self.presence
        layers = bool(self.transmission_known.any() | self.reflection_known.any())
        return Presence(
            transmission=bool(self.transmission_known[:, self.centre].any()),
            layers=layers,
            motion=bool(self.motion_known.any()),
            sequence=bool(self.sequence.any()),
            unlabelled=bool(self.unlabelled.any()),
        )

    @property
    def unlabelled(self) -> Tensor:
        """The samples of which a teacher can say what no truth does, bool (B,)."""
        return self.sequence & ~self.transmission_known[:, self.centre]

    @property
    def with_neighbours(self) -> tuple[int, ...]:
        """Numbers of the samples with real neighbours."""
        if self.neighbours is not None:
            return self.neighbours
        return tuple(self.sequence.nonzero().flatten().tolist())

    def parts(self, number: int) -> Iterator["Batch"]:
        """Yield the batch in ``number`` parts of as many samples each; all know what it knows."""
        size = len(self.blended) // number
        knows = self.knows
        for start in range(0, size * number, size):
            split: dict[str, Any] = {
                name: tensor[start : start + size] if len(tensor) == len(self.blended) else tensor
                for name, tensor in self._tensors()
            }
            there = (row - start for row in self.with_neighbours if start <= row < start + size)
            yield replace(self, **split, presence=knows, neighbours=tuple(there))

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> "Batch":
        """Return the batch on ``device``; uint8 images become float32 in [0, 1] there."""
        moved: dict[str, Any] = {
            name: _in_unit_range(tensor.to(device, non_blocking=non_blocking))
            for name, tensor in self._tensors()
        }
        return replace(self, **moved)

    def pin_memory(self) -> "Batch":
        """Return the batch in pinned memory, from which copies to a GPU need not wait."""
        pinned: dict[str, Any] = {name: tensor.pin_memory() for name, tensor in self._tensors()}
        return replace(self, **pinned)

    def _tensors(self) -> list[tuple[str, Tensor]]:
        """Return the tensors by name."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, value) for name, value in named if isinstance(value, Tensor)]


@dataclass(frozen=True, eq=False)
class Counts:
    """How many samples each mean of the losses is over, float32.

    Attributes
    ----------
    transmission, reflection : (V,), samples that know this layer of this view
    motion : (), samples that know how their layers moved
    sequence : (), samples with real neighbours
    unlabelled : (), those among them that do not know their centre's transmission
    """

    transmission: Tensor
    reflection: Tensor
    motion: Tensor
    sequence: Tensor
    unlabelled: Tensor


def count(batch: Batch) -> Counts:
    """Count what this process' batch knows."""
    return Counts(
        transmission=batch.transmission_known.float().sum(0),
        reflection=batch.reflection_known.float().sum(0),
        motion=batch.motion_known.float().sum(),
        sequence=batch.sequence.float().sum(),
        unlabelled=batch.unlabelled.float().sum(),
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
    return Counts(mean[0], mean[1], mean[2][0], mean[3][0], mean[4][0])


def _in_unit_range(tensor: Tensor) -> Tensor:
    """Turn an uint8 image into float32 in [0, 1] and leave everything else alone."""
    return tensor.float() / 255 if tensor.dtype == torch.uint8 else tensor
