"""Random draws that depend on (seed, stream, index) alone, so that order and workers do not matter.

Only the raw 64-bit output of numpy's Philox bit generator is used: its algorithm is fixed, while
the methods of ``numpy.random.Generator`` may change between releases. docs/shard-format.md states
the scheme for other implementations.
"""

from collections.abc import Iterable
from enum import IntEnum

import numpy as np

STEP = 2.0**-16
"""Spacing of every continuous draw."""


class Stream(IntEnum):
    """Which of a seed's independent families of streams a draw belongs to."""

    TRAIN = 0
    VAL = 1
    POOLS = 2


class Draws:
    """One reproducible stream of draws: Philox keyed by (seed, stream), counter at ``index``.

    Parameters
    ----------
    seed : 0 to 2**64 - 1
    stream : the family of streams, a split's or the pools'
    index : the sequence's number within its split
    """

    def __init__(self, seed: int, stream: Stream, index: int) -> None:
        key = np.array([seed, stream], dtype=np.uint64)
        counter = np.array([0, 0, index, 0], dtype=np.uint64)
        self._raw = np.random.Philox(counter=counter, key=key).random_raw

    def below(self, count: int) -> int:
        """Draw an integer in [0, count), each equally likely.

        Raw values past the last whole multiple of ``count`` are discarded, the rest taken modulo
        ``count``.
        """
        limit = (2**64 // count) * count
        while (raw := int(self._raw())) >= limit:
            pass
        return raw % count

    def integer(self, low: int, high: int) -> int:
        """Draw an integer in [low, high], both ends included."""
        return low + self.below(high - low + 1)

    def uniform(self, low: float, high: float) -> float:
        """Draw ``low + k / 65536`` with k an integer in [0, floor(65536 (high - low))]."""
        return low + self.below(int((high - low) / STEP) + 1) * STEP

    def sign(self) -> int:
        """Draw +1 or -1."""
        return 1 - 2 * self.below(2)

    def chance(self, probability: float) -> bool:
        """Draw True with the given probability, in steps of 1/65536."""
        return self.below(65536) < probability * 65536

    def shuffled(self, items: Iterable[str]) -> list[str]:
        """Return the items in random order (Fisher-Yates from the last place down)."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order
