"""Duplicates: scenes of one set that are the same, or so alike that they would leak into the test.

Mirrored pictures and the same place from another side are not found.
"""

import enum
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from capture_tools.capture import Finding, Severity
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.hashing import CropHashes, near_pairs
from capture_tools.photos.working_view import WorkingView
from capture_tools.registration.alignment import register

NAMES_SHOWN = 5


@dataclass(frozen=True)
class Fingerprint:
    """What tells a scene from the others.

    ``sha256`` is of the views' files in shooting order, then of the transmission photo's, whose
    ``hashes`` are those of `capture_tools.measuring.hashing`.
    """

    scene: str
    sha256: tuple[str, ...]
    hashes: CropHashes

    @property
    def centre_sha256(self) -> str:
        """Sum of the file that would become the training input."""
        return self.sha256[(len(self.sha256) - 1) // 2]


class Kinship(enum.StrEnum):
    """What two scenes have in common."""

    SAME_CENTRE = "have the same centre view"
    SHARED_FILE = "share a photo file"
    ALIKE = "look alike"


@dataclass(frozen=True)
class DuplicatePair:
    """Two scenes that belong on one side of a split; ``distance`` counts differing bits of 255."""

    first: str
    second: str
    kinship: Kinship
    distance: int


ReadTransmission = Callable[[str], WorkingView]
"""Reads a scene's transmission photo at the working size, by the scene's name."""


def find_duplicates(
    fingerprints: Sequence[Fingerprint], read_transmission: ReadTransmission, limits: CheckLimits
) -> list[DuplicatePair]:
    """Compare all scenes of a set with each other.

    Scenes are kin that share a file or whose hashes are closer than those of any unrelated
    pictures; the ones a little further apart are aligned, and are kin if that succeeds.
    """
    kinships = _kin_by_files(fingerprints)
    pairs = [
        DuplicatePair(fingerprints[first].scene, fingerprints[second].scene, kinship, 0)
        for (first, second), kinship in kinships.items()
    ]
    hashes = [fingerprint.hashes for fingerprint in fingerprints]
    for first, second, distance in near_pairs(hashes, limits.duplicate_candidate_bits):
        names = (fingerprints[first].scene, fingerprints[second].scene)
        if (first, second) in kinships:
            continue
        if distance <= limits.duplicate_bits or _align(names, read_transmission, limits):
            pairs.append(DuplicatePair(*names, Kinship.ALIKE, distance))
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def duplicate_groups(pairs: Sequence[DuplicatePair]) -> list[tuple[str, ...]]:
    """Join pairs into groups of names: whatever is kin to one of them is kin to all."""
    groups: list[set[str]] = []
    for pair in pairs:
        joined = {pair.first, pair.second}
        for group in [group for group in groups if group & joined]:
            groups.remove(group)
            joined |= group
        groups.append(joined)
    return sorted(tuple(sorted(group)) for group in groups)


def describe_duplicates(
    scenes: Sequence[str],
    accepted: Collection[str],
    pairs: Sequence[DuplicatePair],
    limits: CheckLimits,
) -> Iterator[tuple[str, Finding]]:
    """Yield what is to be said of each scene, in the order of ``scenes``.

    Of scenes with the same centre view the first accepted one is kept and the others are
    rejected; scenes that are merely kin are kept together unless the limits say otherwise.
    """
    fatal = {Kinship.SAME_CENTRE} | ({Kinship.ALIKE} if limits.duplicate_reject else set())
    kin = _by_scene(pairs)
    kept: set[str] = set()
    for scene in scenes:
        twins = {}
        if scene in accepted:
            twins = {
                name: pair
                for name, pair in kin[scene].items()
                if name in kept and pair.kinship in fatal
            }
        if scene in accepted and not twins:
            kept.add(scene)
        for kinship in Kinship:
            others = {name: pair for name, pair in kin[scene].items() if pair.kinship is kinship}
            if others.keys() & twins.keys():
                yield scene, _finding(kinship, twins, Severity.REJECT, limits)
            elif others:
                yield scene, _finding(kinship, others, Severity.WARN, limits)


def _finding(
    kinship: Kinship, others: dict[str, DuplicatePair], severity: Severity, limits: CheckLimits
) -> Finding:
    names = sorted(others)
    shown = ", ".join(names[:NAMES_SHOWN])
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    distance = min(pair.distance for pair in others.values())
    bits = f" ({distance} of 255 hash bits differ)" if kinship is Kinship.ALIKE else ""
    advice = (
        "only the first is used"
        if severity is Severity.REJECT
        else "they stay on one side of a split; remove one if they are the same photos"
    )
    message = f"this scene and {shown}{more} {kinship}{bits}: {advice}"
    return Finding("duplicate", severity, message, distance, limits.duplicate_candidate_bits)


def _by_scene(pairs: Sequence[DuplicatePair]) -> dict[str, dict[str, DuplicatePair]]:
    kin: dict[str, dict[str, DuplicatePair]] = defaultdict(dict)
    for pair in pairs:
        kin[pair.first][pair.second] = pair
        kin[pair.second][pair.first] = pair
    return kin


def _kin_by_files(fingerprints: Sequence[Fingerprint]) -> dict[tuple[int, int], Kinship]:
    owners: dict[str, set[int]] = defaultdict(set)
    for number, fingerprint in enumerate(fingerprints):
        for sha256 in fingerprint.sha256:
            owners[sha256].add(number)
    kinships = {}
    for numbers in owners.values():
        for first in numbers:
            for second in numbers:
                if first < second:
                    centres = {fingerprints[number].centre_sha256 for number in (first, second)}
                    same = len(centres) == 1
                    kinships[first, second] = Kinship.SAME_CENTRE if same else Kinship.SHARED_FILE
    return kinships


def _align(
    names: tuple[str, str], read_transmission: ReadTransmission, limits: CheckLimits
) -> bool:
    """Tell whether two transmission photos align: hashes this far apart may just resemble."""
    first, second = (read_transmission(name) for name in names)
    agreement = register(first, second, "homography").agreement
    return agreement is not None and agreement > limits.duplicate_agreement
