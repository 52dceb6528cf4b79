"""Divide the pairs of a real set: one half to fit to, the other held back to judge the fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsynth.errors import ConfigError
from seqsynth.reshape.division import Tied, find_groups
from seqsynth.reshape.split import tie_sequences
from seqsynth.shards import ShardSet, open_shards
from seqsynth.shards.inventory import read_inventory

LEAST_PAIRS = 20
"""Pairs of a real set below which quantiles of half of them say nothing."""


@dataclass(frozen=True)
class Halves:
    """Numbers of a set's pairs, in order: those to fit to, and those held back."""

    fitting: tuple[int, ...]
    held_back: tuple[int, ...]


def divide_pairs(shards: str | Path, *, by: Sequence[str] = (), seed: int = 0) -> Halves:
    """Divide the pairs of a set in two, whole groups at a time.

    Pairs that show one photo or scene, or agree in a key of ``by``, are of one half. The largest
    groups go first, each to the smaller half; which of equal size is first, the seed says.

    Raises
    ------
    ConfigError
        The set has too few pairs, or they hang together so that no half is left.
    ShardError
        The set cannot be read.
    """
    inventory = read_inventory([shards])
    with open_shards(shards) as sequences:
        pairs = [number for number in range(len(sequences)) if has_truth(sequences, number)]
    if not pairs:
        raise ConfigError(
            f"{shards} holds no pair: of none of its {len(inventory.sequences)} sequences is the "
            "transmission known, which a blend is fitted by; name a set of pairs"
        )
    if len(pairs) < LEAST_PAIRS:
        raise ConfigError(
            f"{shards} holds {len(pairs)} pairs, and {LEAST_PAIRS} are the least to fit to, half "
            "of them held back: add some, or name a larger set"
        )
    tied = tie_sequences(shards, inventory, by=by, seed=seed)
    halves = _halve([tied[number] for number in pairs])
    smaller = min(map(len, halves))
    if 4 * smaller < len(pairs):
        raise ConfigError(
            f"the {len(pairs)} pairs of {shards} show few scenes: {smaller} is the most that can "
            "be held back, and a quarter is the least; name a set of more scenes"
        )
    fitting, held_back = (tuple(sorted(pairs[place] for place in half)) for half in halves)
    return Halves(fitting, held_back)


def has_truth(sequences: ShardSet, number: int) -> bool:
    """Tell whether a sequence's transmission is known."""
    return "transmission" in sequences.shapes(number)


def _halve(pairs: Sequence[Tied]) -> tuple[list[int], list[int]]:
    groups = find_groups([one.ties for one in pairs])
    groups.sort(key=lambda group: (-len(group), min(pairs[place].lot for place in group)))
    halves: tuple[list[int], list[int]] = ([], [])
    for group in groups:
        min(halves, key=len).extend(group)
    return halves
