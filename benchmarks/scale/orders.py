"""Orders in which shards may be read, and what each costs and mixes, worked out beforehand."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from seqsynth.shards.reader import MOST_OPEN

SHARDS = 10_000
SEQUENCES = 100
"""Sequences a shard of the simulation."""

BATCH = 10


def windowed_order(counts: Sequence[int], width: int, rng: np.random.Generator) -> Iterator[int]:
    """Yield the numbers of all sequences: those of ``width`` random shards mixed, then of others.

    Parameters
    ----------
    counts : sequences in each shard
    width : shards in a window
    """
    starts = np.cumsum([0, *counts])
    places = rng.permutation(len(counts))
    for first in range(0, len(places), width):
        window = [np.arange(starts[p], starts[p + 1]) for p in places[first : first + width]]
        yield from rng.permutation(np.concatenate(window)).tolist()


def hit_rate(order: Iterable[int]) -> float:
    """Return the share of reads that find their shard among the last `MOST_OPEN` opened."""
    held: set[int] = set()
    queue: deque[int] = deque()
    hits = reads = 0
    for number in order:
        shard = number // SEQUENCES
        reads += 1
        if shard in held:
            hits += 1
            continue
        held.add(shard)
        queue.append(shard)
        if len(queue) > MOST_OPEN:
            held.discard(queue.popleft())
    return hits / reads


def shared_share(order: Sequence[int]) -> float:
    """Return the share of batches in which two sequences come from one shard."""
    shards = np.asarray(order[: len(order) // BATCH * BATCH]).reshape(-1, BATCH) // SEQUENCES
    ordered = np.sort(shards, axis=1)
    return float((ordered[:, 1:] == ordered[:, :-1]).any(axis=1).mean())


def entropy_share(width: int) -> float:
    """Return the bits of an order drawn by windows, against those of any order."""
    windows = SHARDS / width
    which = math.lgamma(SHARDS + 1) - windows * math.lgamma(width + 1)
    within = windows * math.lgamma(width * SEQUENCES + 1)
    return (which + within) / math.lgamma(SHARDS * SEQUENCES + 1)
