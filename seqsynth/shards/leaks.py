"""What must not come together: photos trained on and held out, and sequences that are there twice.

Judged is what sequences show: photo ids of synthetic ones, file hashes of pairs, scenes and file
hashes of captures; and only between sets, since each is taken to be sound in itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqsynth.shards.index import shard_file
from seqsynth.shards.inventory import Inventory, Photo, StoredSequence
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.schema import FIELDS, SPLITS

MOST_NAMED = 3


@dataclass(frozen=True)
class Leak:
    """A photo of one sequence that a sequence of another set holds out.

    Attributes
    ----------
    photo : shown by both
    sequence : of the split that is trained on, or the less held out: train before val before test
    holder : of the other
    """

    photo: Photo
    sequence: StoredSequence
    holder: StoredSequence


def find_leaks(sequences: Iterable[StoredSequence]) -> list[Leak]:
    """Find the sequences that show what another set's more held-out sequences show."""
    by_split: dict[str, list[StoredSequence]] = {split: [] for split in SPLITS}
    for sequence in sequences:
        by_split[sequence.split].append(sequence)
    holders: dict[str, dict[int, StoredSequence]] = {}
    leaks: list[Leak] = []
    for split in reversed(SPLITS):
        found = {id(s): list(_leaks_of(s, holders)) for s in by_split[split]}
        for sequence in by_split[split]:
            leaks += found[id(sequence)]
            # What leaks itself holds nothing out: it would be left out.
            for photo in () if found[id(sequence)] else sequence.photos:
                holders.setdefault(photo.key, {}).setdefault(sequence.place, sequence)
    return leaks


def describe_leaks(leaks: Sequence[Leak], inventory: Inventory) -> str:
    """Say in one sentence which photos leak, and between which sequences."""
    examples = {leak.photo.key: leak for leak in leaks}
    named = ", ".join(
        f"{leak.photo.label} ({leak.sequence.split} in {inventory.label(leak.sequence)}, "
        f"{leak.holder.split} in {inventory.label(leak.holder)})"
        for leak in list(examples.values())[:MOST_NAMED]
    )
    more = f" and {len(examples) - MOST_NAMED} more" if len(examples) > MOST_NAMED else ""
    return (
        f"{_count(len(examples), 'photo or scene', 'photos or scenes')} would be in two splits at "
        f"once, so that what is held out leaks into training: {named}{more}"
    )


Twins = tuple[StoredSequence, StoredSequence]
"""A sequence, and the one of a later set that is the same."""


def find_twins(sequences: Sequence[StoredSequence], inventory: Inventory) -> list[Twins]:
    """Find the sequences that an earlier set holds already.

    The same are sequences of one origin; synthetic ones of the same draws and pixels; recorded ones
    of the same files.
    """
    seen: dict[object, StoredSequence] = {}
    shards = _OpenShards()
    twins = []
    for sequence in sequences:
        twin = None
        for key in _identities(sequence, inventory):
            known = seen.setdefault(key, sequence)
            if known.place != sequence.place and (
                not sequence.traits
                or inventory.identity(known) == inventory.identity(sequence)
                or shards.are_equal(known, sequence)
            ):
                twin = twin or known
        if twin is not None:
            twins.append((twin, sequence))
    return twins


def describe_twins(twins: Sequence[Twins], inventory: Inventory) -> str:
    """Say in one sentence which sequences are there twice."""
    named = ", ".join(
        f"{inventory.label(later)} is {inventory.label(first)}"
        for first, later in twins[:MOST_NAMED]
    )
    more = f" and {len(twins) - MOST_NAMED} more" if len(twins) > MOST_NAMED else ""
    number = _count(len(twins), "sequence is", "sequences are")
    return f"{number} there twice: {named}{more}"


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _leaks_of(
    sequence: StoredSequence, holders: dict[str, dict[int, StoredSequence]]
) -> Iterator[Leak]:
    for photo in sequence.photos:
        others = (h for p, h in holders.get(photo.key, {}).items() if p != sequence.place)
        if (holder := next(others, None)) is not None:
            yield Leak(photo, sequence, holder)


def _identities(sequence: StoredSequence, inventory: Inventory) -> Iterator[object]:
    yield inventory.identity(sequence)
    if sequence.traits:
        yield sequence.traits
    files = frozenset(p.key for p in sequence.photos if " " not in p.key)
    if files and not sequence.layer_photos:
        yield files


class _OpenShards:
    """Compares stored pictures, the last shard of either side staying open."""

    def __init__(self) -> None:
        self._open: dict[str, MappedShard] = {}

    def are_equal(self, one: StoredSequence, other: StoredSequence) -> bool:
        first, second = self._shard(one), self._shard(other)
        names = [name for name, kind in FIELDS.items() if kind.layout and name in first]
        return all(
            name in second
            and np.array_equal(first.arrays[name][one.row], second.arrays[name][other.row])
            for name in names
        )

    def _shard(self, sequence: StoredSequence) -> MappedShard:
        path = str(shard_file(sequence.shard.location, sequence.shard.entry))
        if path not in self._open:
            for oldest in list(self._open)[:-1]:
                del self._open[oldest]
            self._open[path] = MappedShard(
                shard_file(sequence.shard.location, sequence.shard.entry)
            )
        return self._open[path]
