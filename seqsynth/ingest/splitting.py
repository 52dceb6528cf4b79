"""Divide captured scenes into training and test (paper 4.1: 715 and 300 of 1,015).

The division is stratified, keeps duplicates together, and only ever grows: scenes that have a side
keep it when others are added.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class SceneStratum:
    """A scene and what it should be balanced by, such as ("indoor", "low")."""

    scene: str
    stratum: tuple[str, ...]


def split_scenes(
    scenes: Sequence[SceneStratum],
    *,
    test_fraction: Fraction,
    seed: int,
    kin: Iterable[Sequence[str]] = (),
    assigned: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Give every scene a split.

    Each stratum of n scenes wants ``floor(f n + 1/2)`` test scenes. Scenes without a side are taken
    in the order of sha256("seed/scene") and go to test while that still brings the stratum nearer
    to its number, else to training. Kin move as one, with the first of them in that order, to the
    side that one of them has already.

    Parameters
    ----------
    scenes : each once
    test_fraction : share f of every stratum that is for testing
    kin : groups of scenes that must stay on one side
    assigned : scene -> "train" or "test", kept as it is

    Returns
    -------
    scene -> "train" or "test", in the order of ``scenes``
    """
    strata = {scene.scene: scene.stratum for scene in scenes}
    sides = {name: side for name, side in (assigned or {}).items() if name in strata}
    group_of = _groups(strata, kin)
    missing = _missing_test_scenes(strata, sides, test_fraction)
    for name in sorted(strata, key=lambda name: _order(seed, name)):
        if name in sides:
            continue
        members = [member for member in group_of[name] if member not in sides]
        known = {sides[member] for member in group_of[name] if member in sides}
        # A group already on both sides (an older division) is not torn further: test is safe.
        side = _side(known, len(members), missing[strata[name]])
        for member in members:
            sides[member] = side
            if side == "test":
                missing[strata[member]] -= 1
    return {name: sides[name] for name in strata}


def _side(known: set[str], members: int, missing: int) -> str:
    if known:
        return "test" if "test" in known else "train"
    return "test" if 2 * missing >= members and missing > 0 else "train"


def _groups(strata: Mapping[str, object], kin: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    groups = {name: [name] for name in strata}
    for group in kin:
        members = sorted(name for name in group if name in strata)
        groups |= dict.fromkeys(members, members)
    return groups


def _missing_test_scenes(
    strata: Mapping[str, tuple[str, ...]], sides: Mapping[str, str], fraction: Fraction
) -> dict[tuple[str, ...], int]:
    """Return how many test scenes each stratum still wants."""
    missing = {}
    for stratum in set(strata.values()):
        members = [name for name, own in strata.items() if own == stratum]
        wanted = int(fraction * len(members) + Fraction(1, 2))
        missing[stratum] = wanted - sum(sides.get(name) == "test" for name in members)
    return missing


def _order(seed: int, scene: str) -> str:
    return hashlib.sha256(f"{seed}/{scene}".encode()).hexdigest()
