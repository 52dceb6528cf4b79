"""A survey: the index of a set, and a sample of its sequences reduced to numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth.report.levels import Levels, measure_levels
from seqsynth.sequence import CameraMotion, Trajectory
from seqsynth.shards import ShardIndex, ShardSet, open_shards
from seqsynth.shards.index import Location

MOST_SAMPLED = 256
"""Sequences measured at most; a median of so many is known to about a twelfth of the spread."""

LEAST_SAMPLED = 32

SAMPLED_BYTES = 2 * 2**30
"""Pixels read at most, so that large photos do not make a report slow."""


@dataclass(frozen=True)
class Observation:
    """One sequence of the sample.

    Attributes
    ----------
    number : its place in the set
    shape : (V, H, W, 3) of its views
    levels : what was measured in its centre view
    trajectory : how its windows slid, or None where none did or it is unknown
    metadata : what the set records of it
    camera : how its camera moved, or None where none did or it is unknown
    """

    number: int
    shape: tuple[int, ...]
    levels: Levels
    trajectory: Trajectory | None
    metadata: Mapping[str, Any]
    camera: CameraMotion | None = None


@dataclass(frozen=True)
class Survey:
    """What a report is made from.

    Attributes
    ----------
    index : the set's index
    sequences : all its sequences
    shown : numbers of the sequences to show as pictures
    sample : the sequences measured, in order
    """

    index: ShardIndex
    sequences: ShardSet
    shown: tuple[int, ...]
    sample: tuple[Observation, ...]

    def configured_range(self, name: str) -> tuple[float, float] | None:
        """Return a range of the configuration, or None where it has none of this name."""
        low_high = self.index.configuration.get(name)
        return None if low_high is None else (float(low_high[0]), float(low_high[1]))

    @property
    def location(self) -> Location:
        """Where the set lies."""
        return self.sequences.parts[0][0]

    @property
    def is_whole(self) -> bool:
        """True where every sequence of the set was measured."""
        return len(self.sample) == len(self.sequences)


def survey_shards(path: str | Path, *, samples: int = 24) -> Survey:
    """Read a set's index and measure an even, deterministic sample of its sequences.

    Parameters
    ----------
    path : the shard set; of one at a URL, the shards of the sample are fetched
    samples : how many sequences to show as pictures

    Raises
    ------
    ShardError
        The path holds no shard set, or a shard cannot be read.
    """
    sequences = open_shards(path)
    ((_, index),) = sequences.parts
    measured = spread(len(sequences), _sample_size(sequences))
    return Survey(
        index=index,
        sequences=sequences,
        shown=tuple(spread(len(sequences), samples)),
        sample=tuple(_observe(sequences, number) for number in measured),
    )


def spread(total: int, count: int) -> list[int]:
    """Choose ``count`` of ``total`` numbers: the middles of equal stretches, all if too few."""
    count = min(total, count)
    return [(2 * place + 1) * total // (2 * count) for place in range(count)]


def _sample_size(sequences: ShardSet) -> int:
    if not len(sequences):
        return 0
    each = sum(int(np.prod(shape)) for shape in sequences.shapes(0).values())
    return min(MOST_SAMPLED, max(LEAST_SAMPLED, SAMPLED_BYTES // each))


def _observe(sequences: ShardSet, number: int) -> Observation:
    sequence = sequences[number]
    return Observation(
        number=number,
        shape=sequence.blended.shape,
        levels=measure_levels(sequence),
        trajectory=sequence.trajectory,
        metadata=sequence.metadata,
        camera=sequence.camera,
    )
