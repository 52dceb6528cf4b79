"""Divide sequences into splits so that no photo is on two sides.

A sequence is known here by its *ties*: whatever it must not share with another side (photos, a
scene, a place). Sequences that share a tie, directly or through others, form a group.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from seqsynth.errors import SourceError

HELD_OUT = ("test", "val")
"""In the order in which they are filled; what remains is for training."""


@dataclass(frozen=True)
class Tied:
    """A sequence to be divided.

    Attributes
    ----------
    ties : what it must not share with another side
    lot : what it is ordered by where chance decides
    kept : the split it stays in, or None
    """

    ties: Collection[str]
    lot: str
    kept: str | None = None


def divide_groups(sequences: Sequence[Tied], wanted: Mapping[str, int]) -> list[str]:
    """Give every sequence a split, whole groups at a time.

    Groups are taken in the order of their lots and held out unless that takes a split further from
    its number. A group with a kept sequence follows it.

    Parameters
    ----------
    wanted : "val" and "test" -> number of sequences, those that are kept not counted

    Raises
    ------
    SourceError
        The groups do not allow anything near the numbers wanted, or kept splits share a tie.
    """
    sides: dict[int, str] = {}
    groups = find_groups([sequence.ties for sequence in sequences])
    free = []
    for group in groups:
        kept = sorted({side for n in group if (side := sequences[n].kept)})
        if len(kept) > 1:
            raise SourceError(
                f"{' and '.join(kept)} share photos already, so they cannot both be "
                "kept; divide the whole set anew"
            )
        if kept:
            sides |= dict.fromkeys(group, kept[0])
        else:
            free.append(group)
    missing = dict(wanted)
    for group in sorted(free, key=lambda group: min(sequences[n].lot for n in group)):
        side = next((s for s in HELD_OUT if 2 * missing.get(s, 0) >= len(group)), "train")
        if side in missing:
            missing[side] -= len(group)
        sides |= dict.fromkeys(group, side)
    _check_near(wanted, missing, free)
    return [sides[number] for number in range(len(sequences))]


def divide_photos(sequences: Sequence[Tied], wanted: Mapping[str, int]) -> list[str | None]:
    """Give splits to photos rather than to groups; sequences that straddle get None.

    A split grows by the sequence whose photos make the fewest others straddle.

    Raises
    ------
    SourceError
        Too few sequences are left to hold out, or to train on.
    """
    owners = _kept_owners(sequences)
    for side in HELD_OUT:
        _Growth(sequences, owners, side).grow(wanted.get(side, 0))
    sides = [one.kept or _side_of(one.ties, owners) for one in sequences]
    free = Counter(side for one, side in zip(sequences, sides, strict=True) if one.kept is None)
    for side, number in wanted.items():
        if free[side] < number:
            raise SourceError(
                f"only {free[side]} sequences can be held out for {side}, {number} "
                "are wanted: the others share photos with them; ask for fewer"
            )
    if sum(wanted.values()) < free.total() and not free["train"]:
        raise SourceError(
            "no sequence is left to train on: all share photos with those held out; hold out fewer"
        )
    return sides


class _Growth:
    """The growing of one held-out split, tie by tie.

    Parameters
    ----------
    sequences : all
    owners : tie -> split, added to
    side : the split that grows
    """

    def __init__(self, sequences: Sequence[Tied], owners: dict[str, str], side: str) -> None:
        self._sequences = sequences
        self._owners = owners
        self._side = side
        self._users: dict[str, list[int]] = {}
        self._eligible: set[int] = set()
        for number, one in enumerate(sequences):
            owned = {owners[tie] for tie in one.ties if tie in owners}
            # What another held-out split touches is lost already, and costs nothing.
            if one.kept is not None or owned.intersection(HELD_OUT):
                continue
            if not owned:
                self._eligible.add(number)
            for tie in one.ties:
                self._users.setdefault(tie, []).append(number)

    def grow(self, wanted: int) -> None:
        """Take ties until at least ``wanted`` sequences are held, or none is left."""
        queue = [self._entry(number) for number in self._eligible]
        heapq.heapify(queue)
        held: set[int] = set()
        while len(held) < wanted and queue:
            loss, _, number = heapq.heappop(queue)
            if number in held:
                continue
            entry = self._entry(number)
            if entry[0] > loss:  # its neighbours have changed since it was put there
                heapq.heappush(queue, entry)
                continue
            touched = self._touched(number)
            self._owners |= dict.fromkeys(self._sequences[number].ties, self._side)
            held |= {n for n in (number, *touched) if n in self._eligible and not self._open(n)}
            for neighbour in (touched & self._eligible) - held:
                heapq.heappush(queue, self._entry(neighbour))

    def _entry(self, number: int) -> tuple[Fraction, str, int]:
        """Return what a sequence is taken by: what it makes straddle, for each that it gains."""
        taken = self._open(number)
        gained, lost = 1, -int(self._straddles(number))
        for neighbour in self._touched(number):
            if neighbour in self._eligible and self._open(neighbour) <= taken:
                gained += 1
                lost -= self._straddles(neighbour)
            else:
                lost += not self._straddles(neighbour)
        return Fraction(lost, gained), self._sequences[number].lot, number

    def _open(self, number: int) -> set[str]:
        """Return the ties of a sequence that nobody owns."""
        return {tie for tie in self._sequences[number].ties if tie not in self._owners}

    def _straddles(self, number: int) -> bool:
        return any(self._owners.get(tie) == self._side for tie in self._sequences[number].ties)

    def _touched(self, number: int) -> set[int]:
        """Return the other sequences that share an open tie."""
        return {n for tie in self._open(number) for n in self._users[tie]} - {number}


def find_groups(ties: Iterable[Collection[str]]) -> list[list[int]]:
    """Return the groups of sequences that share ties, directly or through others, in order."""
    parents: list[int] = []

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    first: dict[str, int] = {}
    for number, own in enumerate(ties):
        parents.append(number)
        for tie in own:
            # The smaller number is the root, so that groups come in the order of their first.
            one, other = sorted((root(first.setdefault(tie, number)), root(number)))
            parents[other] = one
    groups: dict[int, list[int]] = {}
    for number in range(len(parents)):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def _check_near(
    wanted: Mapping[str, int], missing: Mapping[str, int], groups: Sequence[Sequence[int]]
) -> None:
    """Refuse a division that is not what was asked for: under half or over twice of it."""
    total = sum(map(len, groups))
    found = {side: number - missing[side] for side, number in wanted.items()}
    wanted = {**wanted, "train": total - sum(wanted.values())}
    found["train"] = total - sum(found.values())
    for side, number in wanted.items():
        if number and not number / 2 <= found[side] <= 2 * number:
            sizes = sorted(map(len, groups))
            raise SourceError(
                f"{side} would get {found[side]} of {total} sequences where {number} are wanted: "
                "sequences that share photos, directly or through others, must stay together, "
                f"and they form {len(groups)} groups, the largest of {sizes[-1]}, the smallest of "
                f"{sizes[0]}; --drop-straddling leaves out those that lie between, or ask for "
                "other numbers"
            )


def _kept_owners(sequences: Sequence[Tied]) -> dict[str, str]:
    owners: dict[str, str] = {}
    for one in sequences:
        for tie in one.ties if one.kept else ():
            if owners.setdefault(tie, str(one.kept)) != one.kept:
                raise SourceError(
                    f"{owners[tie]} and {one.kept} share {tie} already, so they "
                    "cannot both be kept; divide the whole set anew"
                )
    return owners


def _side_of(ties: Collection[str], owners: Mapping[str, str]) -> str | None:
    """Return the split whose photos alone a sequence shows, or None where it straddles."""
    sides = {owners.get(tie, "train") for tie in ties} or {"train"}
    return sides.pop() if len(sides) == 1 else None
