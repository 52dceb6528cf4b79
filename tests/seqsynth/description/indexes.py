"""Indexes of sets that nobody made."""

from collections.abc import Sequence
from typing import Any

from seqsynth.shards import ShardEntry, ShardIndex


def index(
    kind: str = "synthetic",
    ids: Sequence[str] = ("2007_000129", "2011_003276"),
    **configuration: Any,
) -> ShardIndex:
    """Return the index of a set without shards, drawn from photos of these names."""
    pools = {"train": {"transmission": list(ids), "reflection": []}, "unused": []}
    return ShardIndex(kind, "views", configuration, "", "0", True, {"pools": pools}, ())


def derived(*parts: ShardIndex) -> ShardIndex:
    """Return the index of a set of whose parts nothing holds for all."""
    stated = [{"configuration": one.configuration, "sources": one.sources} for one in parts]
    configuration = {"derived": {"command": "merge"}}
    return ShardIndex("synthetic", "views", configuration, "", "0", True, {"parts": stated}, ())


def described(kind: str, *sequences: dict[str, Any], **details: Any) -> ShardIndex:
    """Return the index of one shard whose sequences are described so."""
    told = {"sequences": list(sequences), **details}
    entry = ShardEntry("test-00000.h5", "test", len(sequences), 9, "a" * 64, told)
    return ShardIndex(kind, "views", {}, "f" * 64, "0", True, {}, (entry,))
