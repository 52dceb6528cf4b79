"""The orders and shares that docs/scale.md is computed from."""

import math

import numpy as np
import pytest

from benchmarks.scale import orders
from benchmarks.scale.orders import entropy_share, hit_rate, shared_share, windowed_order

COUNTS = [3, 5, 2, 4, 4, 1, 6]


@pytest.mark.parametrize("width", [1, 3, 7, 20])
def test_windowed_order_reads_every_sequence_once(width: int) -> None:
    order = list(windowed_order(COUNTS, width, np.random.default_rng(1)))
    assert sorted(order) == list(range(sum(COUNTS)))


def test_window_is_read_to_its_end_before_the_next() -> None:
    shard_of = np.repeat(np.arange(7), COUNTS)
    order = windowed_order(COUNTS, 3, np.random.default_rng(2))
    visited = [int(shard_of[number]) for number in order]
    runs: list[list[int]] = [[], [], []]
    for run in runs:
        seen: set[int] = set()
        while visited and (len(seen) < 3 or visited[0] in seen):
            seen.add(visited[0])
            run.append(visited.pop(0))
    assert not visited
    assert sum(len(set(run)) for run in runs) == 7


def test_sequences_of_a_window_are_mixed() -> None:
    order = list(windowed_order([50, 50], 2, np.random.default_rng(3)))
    halves = [sum(number < 50 for number in part) for part in (order[:50], order[50:])]
    assert min(halves) > 10


def test_hits_are_counted_over_the_shards_last_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "SEQUENCES", 10)
    monkeypatch.setattr(orders, "MOST_OPEN", 2)
    # shards 0 0 1 0 2 0: the third one opened drives out the first
    assert hit_rate([0, 5, 10, 9, 20, 3]) == pytest.approx(2 / 6)


def test_batches_with_two_of_one_shard_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "SEQUENCES", 10)
    apart = list(range(0, 100, 10))
    assert shared_share([*apart, *apart[:9], 81]) == 0.5


def test_window_of_all_shards_has_every_order_and_of_one_only_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(orders, "SHARDS", 3)
    monkeypatch.setattr(orders, "SEQUENCES", 2)
    assert entropy_share(3) == pytest.approx(1)
    # 3! orders of shards, 2! within each, of 6! in all
    assert entropy_share(1) == pytest.approx(math.log(6 * 2**3) / math.log(720))
