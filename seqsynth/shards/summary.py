"""The facts of a shard set, from its index and the head of one shard."""

from pathlib import Path
from typing import Any

from seqsynth.shards.index import ShardIndex, read_index
from seqsynth.shards.reader import ShardSet


def summarise(folder: Path) -> dict[str, Any]:
    """Return what a shard set holds, in JSON types and the order a reader wants it.

    Raises
    ------
    ShardError
        There is no shard set, or its first shard cannot be opened.
    """
    index = read_index(folder)
    shards = ShardSet([(folder, index)], [(folder, entry) for entry in index.shards])
    frames = {name: list(shape) for name, shape in shards.shapes(0).items()} if len(shards) else {}
    return {
        "kind": index.kind,
        "layout": index.layout,
        "complete": index.complete,
        "sequences": {"total": index.sequences, **index.counts()},
        "frames (V, H, W, 3)": frames,
        "shards": len(index.shards),
        "bytes": sum(entry.bytes for entry in index.shards),
        "sources": _sources(index),
        "configuration": dict(index.configuration),
        "schema version": index.schema_version,
        "library version": index.library_version,
        "fingerprint": index.fingerprint,
    }


def _sources(index: ShardIndex) -> dict[str, Any]:
    """Return how many photos each pool has, or how many of whatever else the set is made from."""
    pools = index.sources.get("pools")
    if pools is None:
        return {name: len(items) for name, items in index.sources.items()}
    counts: dict[str, Any] = {
        f"{split} {layer}": len(pools[split][layer])
        for split in ("train", "val")
        for layer in ("transmission", "reflection")
    }
    unusable = {name for entry in index.shards for name in entry.details.get("unusable", {})}
    return {**counts, "unused": len(pools["unused"]), "unusable": len(unusable)}
