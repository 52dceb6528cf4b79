"""Draws are Philox4x64-10, keyed and counted as the format says, in any order."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from seqsynth.seeds import Draws, Stream

MASK = 2**64 - 1


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x64-10 of Salmon et al. 2011, in Python's whole numbers."""
    a, b, c, d = counter
    first, second = key
    for _ in range(10):
        left, right = a * 0xD2E7470EE14C6C93, c * 0xCA5A826395121157
        a, b, c, d = right >> 64 ^ b ^ first, right & MASK, left >> 64 ^ d ^ second, left & MASK
        first, second = first + 0x9E3779B97F4A7C15 & MASK, second + 0xBB67AE8584CAA73B & MASK
    return [a, b, c, d]


def stream(seed: int, family: int, index: int, count: int) -> list[int]:
    """Return raw values: the counter goes up by one before each block of four."""
    blocks = (philox([number, 0, index, 0], [seed, family]) for number in range(1, count // 4 + 2))
    return [value for block in blocks for value in block][:count]


def raw(draws: Draws, count: int) -> list[int]:
    """Return raw values: none is past the last whole multiple of 2**64."""
    return [draws.below(2**64) for _ in range(count)]


@pytest.mark.parametrize(
    ("seed", "family", "index"), [(0, 0, 0), (7, 1, 3), (2**64 - 1, 2, 2**40), (12345, 0, 999)]
)
def test_raw_draws_are_philox_keyed_by_seed_and_stream_at_the_index(seed, family, index):
    assert raw(Draws(seed, Stream(family), index), 11) == stream(seed, family, index, 11)


def test_streams_are_numbered_as_the_format_says():
    assert (Stream.TRAIN, Stream.VAL, Stream.POOLS) == (0, 1, 2)


def test_sequences_share_no_draws():
    seen = Counter(
        value
        for family in Stream
        for index in range(40)
        for value in raw(Draws(5, family, index), 8)
    )
    assert max(seen.values()) == 1


def test_integer_is_the_remainder_of_a_raw_draw():
    values = stream(3, 0, 9, 50)
    draws = Draws(3, Stream.TRAIN, 9)
    assert [draws.integer(10, 20) for _ in range(50)] == [10 + value % 11 for value in values]


def test_values_past_the_last_whole_multiple_are_discarded():
    # Of 2**63 + 1 equal parts only one fits: every value from there up is drawn again.
    limit = 2**63 + 1
    expected = [value for value in stream(1, 0, 0, 60) if value < limit][:20]
    draws = Draws(1, Stream.TRAIN, 0)
    assert [draws.below(limit) for _ in range(20)] == expected


def test_integers_reach_both_ends_equally_often():
    draws = Draws(11, Stream.TRAIN, 0)
    counts = Counter(draws.integer(0, 2) for _ in range(6000))
    assert set(counts) == {0, 1, 2}
    assert all(abs(count - 2000) < 150 for count in counts.values())  # four sigma


def test_uniform_is_the_low_end_plus_whole_steps():
    values = stream(2, 0, 4, 30)
    draws = Draws(2, Stream.TRAIN, 4)
    steps = 3 * 65536 + 1
    for value in values:
        assert Fraction(draws.uniform(2.0, 5.0)) == 2 + Fraction(value % steps, 65536)


def test_uniform_of_one_point_is_that_point():
    assert Draws(0, Stream.TRAIN, 0).uniform(1.0, 1.0) == 1.0


def test_sign_is_plus_for_even_and_minus_for_odd():
    values = stream(8, 1, 2, 20)
    draws = Draws(8, Stream.VAL, 2)
    assert [draws.sign() for _ in range(20)] == [1 if value % 2 == 0 else -1 for value in values]


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_chance_comes_true_that_often(probability):
    draws = Draws(4, Stream.TRAIN, 0)
    hits = sum(draws.chance(probability) for _ in range(4000))
    assert abs(hits - 4000 * probability) <= 4 * np.sqrt(4000 * probability * (1 - probability))


def test_shuffling_is_fisher_yates_from_the_last_place_down():
    items = [f"photo{number}" for number in range(7)]
    order = list(items)
    for place, value in zip(range(6, 0, -1), stream(6, 2, 0, 6), strict=True):
        other = value % (place + 1)
        order[place], order[other] = order[other], order[place]
    assert Draws(6, Stream.POOLS, 0).shuffled(items) == order


def test_shuffling_leaves_the_items_alone():
    items = ["a", "b", "c"]
    Draws(1, Stream.POOLS, 0).shuffled(items)
    assert items == ["a", "b", "c"]
