"""Hold a shard that is opened against its index: its size, and what it says of itself.

It costs one look at the file's size, and finds a shard that was copied over another; whether every
byte is right only `seqsynth.shards.verify` can tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsynth.errors import ShardError
from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.mapping import MappedShard


@dataclass(frozen=True)
class Stated:
    """What an index says of a shard beyond its entry.

    Attributes
    ----------
    kind, fingerprint : of the set
    first : number of its first sequence within the split; None where shards may be missing
    """

    kind: str
    fingerprint: str
    first: int | None


def stated_by(index: ShardIndex) -> dict[str, Stated]:
    """Return what an index says of each of its shards, by file."""
    stated: dict[str, Stated] = {}
    firsts: dict[str, int] = {}
    for entry in index.shards:
        first = firsts.get(entry.split, 0)
        known = first if index.complete else None
        stated[entry.file] = Stated(index.kind, index.fingerprint, known)
        firsts[entry.split] = first + entry.count
    return stated


def check_agreement(
    shard: MappedShard, path: Path, entry: ShardEntry, stated: Stated | None = None
) -> None:
    """Refuse a shard that is not the one its index describes.

    Parameters
    ----------
    path : of the open shard
    entry : its entry in the index
    stated : what else the index says of it, where that is at hand

    Raises
    ------
    ShardError
        It is another file, or was changed since.
    """
    for found in _differences(shard, path, entry, stated):
        raise ShardError(
            f"{path} is not the file that its index describes: {found}; perhaps another was copied "
            "over it: copy the right one here again, or make the set anew; seqsynth verify lists "
            "every fault"
        )


def check_count(shard: MappedShard, entry: ShardEntry, path: Path) -> None:
    """Hold a shard against the number of sequences that the index states.

    Raises
    ------
    ShardError
        It holds another number.
    """
    if any(len(array) != entry.count for array in shard.arrays.values()):
        raise ShardError(
            f"{path} does not hold the {entry.count} sequences that the index states; run "
            "seqsynth verify"
        )


def _differences(
    shard: MappedShard, path: Path, entry: ShardEntry, stated: Stated | None
) -> Iterator[str]:
    told: dict[str, Any] = {"split": entry.split}
    if stated is not None:
        told |= {"kind": stated.kind, "fingerprint": stated.fingerprint, "first": stated.first}
    attributes: Mapping[str, Any] = shard.attributes
    for name, wanted in told.items():
        found = attributes.get(name)
        if wanted is not None and found is not None and found != wanted:
            yield f"its own {name} is {_short(found)}, the index says {_short(wanted)}"
    if (size := path.stat().st_size) != entry.bytes:
        yield f"it has {size} bytes, the index says {entry.bytes}"


def _short(value: Any) -> str:
    """Return a value in few letters: of a fingerprint the first twelve."""
    return str(value)[:12]
