"""The photos that a synthetic set was drawn from, and what was thrown away on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqsynth.shards import ShardIndex
from seqsynth.shards.provenance import losses_of


@dataclass(frozen=True)
class Pool:
    """The photos of one split."""

    split: str
    transmission: int
    reflection: int


@dataclass(frozen=True)
class Losses:
    """What was drawn and thrown away, over all shards.

    Attributes
    ----------
    redraws : photos drawn again because they could not be used
    unusable : photo id -> reason
    rejections : rule -> drawn pairs it rejected
    """

    redraws: int
    unusable: Mapping[str, str]
    rejections: Mapping[str, int]


def list_pools(sources: Mapping[str, Any]) -> list[Pool]:
    """Return the number of photos in each pool."""
    pools = sources.get("pools", {})
    return [
        Pool(split, len(layers["transmission"]), len(layers["reflection"]))
        for split, layers in pools.items()
        if isinstance(layers, Mapping)
    ]


def count_losses(index: ShardIndex) -> Losses:
    """Add up the redraws, unusable photos and rejections of all shards."""
    return Losses(**losses_of(index))
