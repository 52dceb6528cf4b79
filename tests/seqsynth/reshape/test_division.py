"""Dividing sequences that share photos, on small graphs worked by hand."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsynth.errors import SourceError
from seqsynth.reshape.division import Tied, divide_groups, divide_photos, find_groups


def tied(*ties: str, kept: dict[int, str] | None = None) -> list[Tied]:
    """Sequences whose photos are letters; lots in the order given."""
    return [Tied(list(own), f"{n:03d}", (kept or {}).get(n)) for n, own in enumerate(ties)]


def straddlers(sequences: Sequence[Tied], sides: Sequence[str | None]) -> set[str]:
    """Photos that sequences of two splits show."""
    shown: dict[str, set[str]] = {}
    for one, side in zip(sequences, sides, strict=True):
        for tie in one.ties if side else ():
            shown.setdefault(tie, set()).add(str(side))
    return {tie for tie, of in shown.items() if len(of) > 1}


# --- groups -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ties", "groups"),
    [
        (["ab", "cd", "ef"], [[0], [1], [2]]),
        (["ab", "bc", "cd"], [[0, 1, 2]]),
        (["ab", "cd", "bc"], [[0, 1, 2]]),
        (["ab", "cd", "ae", "df"], [[0, 2], [1, 3]]),
        (["ab", "ab", "", ""], [[0, 1], [2], [3]]),
        ([], []),
    ],
)
def test_groups_share_photos_directly_or_through_others(
    ties: list[str], groups: list[list[int]]
) -> None:
    assert find_groups(ties) == groups


def test_groups_stay_whole() -> None:
    sequences = tied("ab", "bc", "de", "fg", "gh", "ij", "kl", "mn")
    sides = divide_groups(sequences, {"val": 2, "test": 2})
    # The pair "fg", "gh" takes validation from one too few to one too many, no further off.
    assert sides == ["test", "test", "val", "val", "val", "train", "train", "train"]


def test_numbers_are_met_exactly_where_groups_are_single() -> None:
    sequences = [Tied([str(n)], f"{n * 7919 % 100:03d}") for n in range(100)]
    assert Counter(divide_groups(sequences, {"val": 13, "test": 21})) == {
        "train": 66,
        "val": 13,
        "test": 21,
    }


def test_first_lots_are_held_out() -> None:
    sequences = [Tied([str(n)], f"{n * 7 % 10}") for n in range(10)]
    sides = divide_groups(sequences, {"val": 3, "test": 0})
    # Lots 0, 1, 2 are those of 0, 3, 6.
    assert [n for n, side in enumerate(sides) if side == "val"] == [0, 3, 6]


def test_one_large_group_is_refused_with_its_size() -> None:
    ring = [f"{chr(97 + n)}{chr(98 + n)}" for n in range(18)]
    words = r"val would get 2 of 20 sequences where 5 are wanted: .* 3 groups, the largest of 18"
    with pytest.raises(SourceError, match=words):
        divide_groups(tied(*ring, "yz", "YZ"), {"val": 5, "test": 0})


def test_group_larger_than_what_is_wanted_is_refused_with_the_next_move() -> None:
    with pytest.raises(SourceError, match=r"val would get 0 of 4 .* --drop-straddling"):
        divide_groups(tied("ab", "bc", "cd", "de"), {"val": 1, "test": 0})


def test_everything_may_be_held_out() -> None:
    assert divide_groups(tied("ab", "bc", "de"), {"val": 0, "test": 3}) == ["test"] * 3


def test_kept_sequences_stay_and_take_their_group_along() -> None:
    sequences = tied("ab", "cd", "de", "fg", "hi", "jk", kept={1: "val", 3: "train"})
    sides = divide_groups(sequences, {"val": 0, "test": 1})
    assert sides == ["test", "val", "val", "train", "train", "train"]


def test_kept_splits_that_share_a_photo_are_refused() -> None:
    with pytest.raises(SourceError, match="train and val share photos already"):
        divide_groups(tied("ab", "bc", kept={0: "train", 1: "val"}), {"val": 0, "test": 0})


# --- photos -------------------------------------------------------------------------------------


def test_straddling_sequences_are_left_out() -> None:
    chain = tied("ab", "bc", "cd", "de", "ef", "fg")
    sides = divide_photos(chain, {"val": 1, "test": 0})
    # An end of the chain costs one neighbour, any other place two.
    assert sides == ["val", None, "train", "train", "train", "train"]


def test_cheapest_place_is_held_out() -> None:
    # Two stars of four; the bridge "ce" is all that ties them.
    stars = tied("ca", "cb", "cd", "ce", "ef", "eg", "eh")
    sides = divide_photos(stars, {"val": 3, "test": 0})
    assert Counter(sides) == {"val": 3, "train": 3, None: 1}
    assert sides[3] is None


def test_photo_used_many_times_is_held_out_whole() -> None:
    # 10 truths with 10 blended photos each, tied in a ring by one sequence of two truths each.
    sequences = [f"T{t}" for t in range(10) for _ in range(10)]
    ties = [(truth, f"I{n}") for n, truth in enumerate(sequences)]
    ties += [(f"T{t}", f"T{(t + 1) % 10}") for t in range(10)]
    order = random.Random(4).sample(range(1000), len(ties))
    drawn = [Tied(own, f"{lot:04d}") for own, lot in zip(ties, order, strict=True)]
    sides = divide_photos(drawn, {"val": 20, "test": 10})
    assert Counter(sides)[None] <= 4
    assert not straddlers(drawn, sides)


def test_sequences_alone_are_held_out_without_loss() -> None:
    chain = tied("ab", "bc", "cd", "xy", "zw")
    assert divide_photos(chain, {"val": 1, "test": 1}).count(None) == 0


def test_photos_of_kept_splits_are_left_to_them() -> None:
    sequences = tied("ab", "bc", "cd", "ef", kept={0: "train"})
    assert divide_photos(sequences, {"val": 0, "test": 1}) == ["train", "train", "train", "test"]


def test_too_few_that_can_be_held_out_are_named() -> None:
    sequences = tied("ab", "bc", "ca", kept={0: "train"})
    with pytest.raises(SourceError, match="only 0 sequences can be held out for test, 1 are"):
        divide_photos(sequences, {"val": 0, "test": 1})


def test_nothing_left_to_train_on_is_refused() -> None:
    with pytest.raises(SourceError, match="no sequence is left to train on"):
        divide_photos(tied("ab", "bc"), {"val": 1, "test": 0})


Graphs = st.lists(st.tuples(st.integers(0, 12), st.integers(20, 32)), min_size=4, max_size=60)


@given(Graphs, st.integers(0, 3), st.integers(0, 3), st.randoms(use_true_random=False))
def test_no_photo_is_ever_on_two_sides(
    graph: list[tuple[int, int]], val: int, test: int, rng: random.Random
) -> None:
    lots = rng.sample(range(1000), len(graph))
    sequences = [
        Tied([f"T{t}", f"R{r}"], f"{lot:04d}") for (t, r), lot in zip(graph, lots, strict=True)
    ]
    for divide in (divide_groups, divide_photos):
        try:
            sides = list(divide(sequences, {"val": val, "test": test}))
        except SourceError:
            continue
        assert straddlers(sequences, sides) == set()
        counts = Counter(sides)
        if divide is divide_photos:
            assert counts["val"] >= val
            assert counts["test"] >= test
        else:
            assert None not in counts
