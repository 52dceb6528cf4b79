"""Photos of a set, and what was thrown away on the way."""

from dataclasses import replace

from seqsynth.description.sources import Losses, Pool, count_losses, list_pools
from tests.seqsynth.description.indexes import described, index


def test_pools_are_counted_by_layer_and_split() -> None:
    pools = {
        "train": {"transmission": ["a", "b", "c"], "reflection": ["d", "e"]},
        "val": {"transmission": ["f"], "reflection": []},
        "unused": ["g"],
    }
    assert list_pools({"pools": pools}) == [Pool("train", 3, 2), Pool("val", 1, 0)]


def test_set_of_no_photos_has_no_pools() -> None:
    assert list_pools({"scenes": {}}) == []


def test_losses_are_added_up_over_the_shards() -> None:
    parts = [
        described("synthetic", redraws=2, unusable={"a": "is torn"}, rejections={"flat": 1}),
        described("synthetic", redraws=3, unusable={"b": "is small"}, rejections={"flat": 4}),
    ]
    shards = tuple(shard for part in parts for shard in part.shards)
    assert count_losses(replace(index(), shards=shards)) == Losses(
        5, {"a": "is torn", "b": "is small"}, {"flat": 5}
    )
