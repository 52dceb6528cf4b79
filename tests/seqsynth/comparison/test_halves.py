"""The halves of a real set: whole scenes, as large as can be, the same for one seed."""

from pathlib import Path

import pytest

from seqsynth.comparison.halves import divide_pairs
from seqsynth.errors import ConfigError
from seqsynth.shards import open_shards
from tests.conftest import MakeShards
from tests.seqsynth.comparison.conftest import MakePairs


def test_halves_hold_every_pair_once(real: Path) -> None:
    halves = divide_pairs(real)
    assert len(halves.fitting) == len(halves.held_back) == 12
    assert sorted(halves.fitting + halves.held_back) == list(range(24))


def test_one_seed_divides_alike_and_another_otherwise(real: Path) -> None:
    assert divide_pairs(real, seed=3) == divide_pairs(real, seed=3)
    assert divide_pairs(real, seed=3) != divide_pairs(real, seed=4)


def test_what_agrees_in_a_key_is_of_one_half(real: Path) -> None:
    halves = divide_pairs(real, by=["subset"])
    scenes = [one.metadata["subset"] for one in open_shards(real)]
    sides = [{scenes[number] for number in half} for half in (halves.fitting, halves.held_back)]
    assert not sides[0] & sides[1]
    assert len(sides[0]) == len(sides[1]) == 4


def test_pairs_that_share_photos_are_of_one_half(make_shards: MakeShards, tmp_path: Path) -> None:
    # Twenty sequences of a dozen photos hang together, if not all of them.
    folder = make_shards(tmp_path / "set", sequences=40, val_fraction=0)
    with pytest.raises(ConfigError, match="show few scenes: 0 is the most"):
        divide_pairs(folder)


def test_key_that_no_pair_has_is_named(real: Path) -> None:
    with pytest.raises(ConfigError, match="place"):
        divide_pairs(real, by=["notes.place"])


def test_too_few_pairs_are_one_sentence(make_pairs: MakePairs) -> None:
    folder = make_pairs(19)
    with pytest.raises(ConfigError) as caught:
        divide_pairs(folder)
    assert str(caught.value) == (
        f"{folder} holds 19 pairs, and 20 are the least to fit to, half of them held back: add "
        "some, or name a larger set"
    )


def test_twenty_pairs_are_enough(make_pairs: MakePairs) -> None:
    assert len(divide_pairs(make_pairs(20)).held_back) == 10


def test_photos_without_truth_are_no_pairs(make_pairs: MakePairs) -> None:
    folder = make_pairs(21, known=False)
    with pytest.raises(ConfigError, match="holds no pair: of none of its 21 sequences"):
        divide_pairs(folder)


def test_pairs_of_one_scene_leave_no_half(make_pairs: MakePairs) -> None:
    with pytest.raises(ConfigError, match="show few scenes: 0 is the most that can be held back"):
        divide_pairs(make_pairs(22, scenes=1), by=["subset"])
