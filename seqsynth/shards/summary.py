"""The facts of a shard set, from its index and the head of one shard."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsynth.remote import RemoteFolder
from seqsynth.shards.agreement import check_agreement, stated_by
from seqsynth.shards.index import Location, ShardIndex, locate, read_index, shard_file
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.provenance import DERIVATION, is_derived, origin_of, parts_of
from seqsynth.shards.schema import SPLITS


def summarise(path: str | Path) -> dict[str, Any]:
    """Return what a shard set holds, in JSON types and the order a reader wants it.

    Of a set at a URL no shard is fetched: where none is cached, its frames are left out.

    Raises
    ------
    ShardError
        There is no shard set, or its first shard cannot be opened.
    """
    location = locate(path)
    index = read_index(location)
    parts = {"made from": _parts(index)} if is_derived(index) else {}
    return {
        "kind": index.kind,
        "layout": index.layout,
        "complete": index.complete,
        "sequences": {"total": index.sequences, **index.counts()},
        "frames (V, H, W, 3)": _frames(location, index),
        "shards": len(index.shards),
        "bytes": sum(entry.bytes for entry in index.shards),
        "sources": _sources(index),
        **parts,
        "configuration": dict(index.configuration),
        "schema version": index.schema_version,
        "library version": index.library_version,
        "fingerprint": index.fingerprint,
    }


def _frames(location: Location, index: ShardIndex) -> dict[str, list[int]]:
    """Return the shape of each known kind of frame, as the first shard has them."""
    if not index.shards:
        return {}
    entry = index.shards[0]
    if isinstance(location, RemoteFolder) and not location.holds(
        entry.file, nbytes=entry.bytes, sha256=entry.sha256
    ):
        return {}
    path = shard_file(location, entry)
    shard = MappedShard(path)
    check_agreement(shard, path, entry, stated_by(index)[entry.file])
    return {name: list(shape) for name, shape in shard.shapes.items()}


def _parts(index: ShardIndex) -> dict[str, str]:
    """Say of every set the sequences were first made in how many of its sequences are here."""
    taken = Counter(
        origin_of(index, entry, row)[0] for entry in index.shards for row in range(entry.count)
    )
    return {
        part.fingerprint[:12]: f"{taken[number]} of {part.sequences} sequences"
        for number, part in enumerate(parts_of(index))
    }


def _sources(index: ShardIndex) -> dict[str, Any]:
    """Return how many photos each pool has, or how many of whatever else the set is made from."""
    pools = index.sources.get("pools")
    if pools is None:
        shown = index.sources.items()
        return {
            name: len(items) if isinstance(items, Mapping | list) else items
            for name, items in shown
            if name not in DERIVATION
        }
    counts: dict[str, Any] = {
        f"{split} {layer}": len(pools[split][layer])
        for split in SPLITS
        if isinstance(pools.get(split), Mapping)
        for layer in ("transmission", "reflection")
    }
    if is_derived(index):
        return counts
    unusable = {name for entry in index.shards for name in entry.details.get("unusable", {})}
    return {**counts, "unused": len(pools.get("unused", ())), "unusable": len(unusable)}
