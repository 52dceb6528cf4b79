"""Scenes that are the same, share a file or look alike are found across the whole set."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from capture_tools.capture import Severity
from capture_tools.checks.duplicates import (
    DuplicatePair,
    Fingerprint,
    Kinship,
    describe_duplicates,
    duplicate_groups,
    find_duplicates,
)
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.hashing import CropHashes, picture_hashes
from capture_tools.photos.working_view import WorkingView, reduce_view
from tests.capture_tools.kinds import Draw

LIMITS = CheckLimits()


def hashes(differing_bits: int, seed: int = 0) -> CropHashes:
    """Hashes of a picture of which so many bits differ from those of the same seed."""
    bits = np.random.default_rng(seed).integers(0, 2, (19, 255), dtype=np.uint8)
    bits[:, :differing_bits] ^= 1
    return np.packbits(np.pad(bits, ((0, 0), (0, 1))), axis=1)


def scene(
    name: str, *, bits: int = 0, seed: int = 0, files: tuple[str, ...] | None = None
) -> Fingerprint:
    files = files or tuple(f"{name}-{role}" for role in range(4))
    return Fingerprint(name, files, hashes(bits, seed))


def never(name: str) -> WorkingView:
    raise AssertionError(f"{name} should not have been read")


def kinships(pairs: list[DuplicatePair]) -> list[tuple[str, str, Kinship]]:
    return [(pair.first, pair.second, pair.kinship) for pair in pairs]


def test_unlike_scenes_are_no_pair() -> None:
    scenes = [scene("a", seed=1), scene("b", seed=2), scene("c", seed=3)]

    assert find_duplicates(scenes, never, LIMITS) == []


def test_close_hashes_make_a_pair_unseen() -> None:
    pairs = find_duplicates([scene("a"), scene("b", bits=56)], never, LIMITS)

    assert pairs == [DuplicatePair("a", "b", Kinship.ALIKE, 56)]


@pytest.mark.parametrize("bits", [57, 72])
def test_middling_hashes_are_verified_by_alignment(draw: Draw, bits: int) -> None:
    drawn = draw(1, size=(290, 440), texture="leaves")
    again = {"a": drawn.transmission, "b": np.roll(drawn.transmission, 3, axis=1)}
    other = {"a": drawn.transmission, "b": draw(2, size=(290, 440), texture="leaves").transmission}
    scenes = [scene("a"), scene("b", bits=bits)]

    for pictures, expected in ((again, 1), (other, 0)):
        pairs = find_duplicates(scenes, lambda name, p=pictures: reduce_view(p[name]), LIMITS)
        assert len(pairs) == expected


def test_far_hashes_are_not_even_read() -> None:
    assert find_duplicates([scene("a"), scene("b", bits=73)], never, LIMITS) == []


def test_same_centre_view_makes_the_same_scene() -> None:
    scenes = [
        scene("a", seed=1, files=("1", "2", "3", "4")),
        scene("b", seed=2, files=("5", "2", "6", "7")),
    ]

    assert kinships(find_duplicates(scenes, never, LIMITS)) == [("a", "b", Kinship.SAME_CENTRE)]


def test_other_shared_files_make_kin() -> None:
    scenes = [
        scene("a", seed=1, files=("1", "2", "3", "4")),
        scene("b", seed=2, files=("2", "3", "5", "6")),
    ]

    assert kinships(find_duplicates(scenes, never, LIMITS)) == [("a", "b", Kinship.SHARED_FILE)]


def test_reshot_scene_is_found_by_its_pictures(draw: Draw) -> None:
    first = draw(1, size=(290, 440), texture="leaves").transmission
    second = np.roll(np.clip(first + 8.0, 0, 255).astype(np.uint8), 4, axis=0)
    prints = [
        Fingerprint(name, (name,) * 4, picture_hashes(reduce_view(picture)))
        for name, picture in (("a", first), ("b", second))
    ]

    (pair,) = find_duplicates(prints, never, LIMITS)

    assert pair.kinship is Kinship.ALIKE


def test_kin_of_kin_is_one_group() -> None:
    pairs = [
        DuplicatePair("d", "e", Kinship.ALIKE, 3),
        DuplicatePair("a", "b", Kinship.ALIKE, 3),
        DuplicatePair("c", "b", Kinship.ALIKE, 3),
    ]

    assert duplicate_groups(pairs) == [("a", "b", "c"), ("d", "e")]


TRIPLETS = [DuplicatePair(*names, Kinship.SAME_CENTRE, 0) for names in ("ab", "ac", "bc")]


def described(
    pairs: list[DuplicatePair], accepted: Iterable[str] = "abc", limits: CheckLimits = LIMITS
) -> Any:
    found = describe_duplicates("abc", set(accepted), pairs, limits)
    return {name: (finding.severity, finding.message) for name, finding in found}


def test_first_of_the_same_scenes_is_kept() -> None:
    found = described(TRIPLETS)

    assert [found[name][0] for name in "abc"] == [Severity.WARN, Severity.REJECT, Severity.REJECT]
    assert "this scene and a have the same centre view" in found["c"][1]


def test_rejected_scene_pushes_no_sound_one_out() -> None:
    found = described(TRIPLETS, accepted="bc")

    assert [found[name][0] for name in "abc"] == [Severity.WARN, Severity.WARN, Severity.REJECT]
    assert "this scene and b have the same centre view" in found["c"][1]


@pytest.mark.parametrize("kinship", [Kinship.SHARED_FILE, Kinship.ALIKE])
def test_kin_is_kept_together_not_rejected(kinship: Kinship) -> None:
    found = described([DuplicatePair("a", "b", kinship, 20)])

    assert [found[name][0] for name in "ab"] == [Severity.WARN, Severity.WARN]
    assert "one side of a split" in found["b"][1]


def test_alike_scenes_are_rejected_where_the_limits_say_so() -> None:
    pair = DuplicatePair("a", "b", Kinship.ALIKE, 20)

    found = described([pair], limits=CheckLimits(duplicate_reject=True))

    assert [found[name][0] for name in "ab"] == [Severity.WARN, Severity.REJECT]
    assert "20 of 255 hash bits" in found["b"][1]
