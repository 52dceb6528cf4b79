"""The shards an export reads: held to their hashes first, since a copy would pass damage on."""

from functools import lru_cache
from pathlib import Path

from seqsynth.errors import ShardError
from seqsynth.shards import ShardEntry, ShardSet
from seqsynth.shards.index import Location, shard_file
from seqsynth.shards.writer import hash_file


def check_sources(shards: ShardSet) -> None:
    """Hold every shard that some sequences lie in against its index.

    Raises
    ------
    ShardError
        One was changed or damaged.
    """
    places = (shards.place(number) for number in range(len(shards)))
    for location, entry in {entry.sha256: (place, entry) for place, entry, _ in places}.values():
        check_source(location, entry)


def check_source(location: Location, entry: ShardEntry) -> None:
    """Hold one shard against its index, once per process.

    Raises
    ------
    ShardError
        It was changed or damaged.
    """
    _check(shard_file(location, entry), entry.bytes, entry.sha256)


@lru_cache(maxsize=4096)
def _check(path: Path, nbytes: int, sha256: str) -> None:
    try:
        found = hash_file(path)
    except OSError as error:
        raise ShardError(f"{path}: cannot be read ({error.strerror})") from error
    if found != (nbytes, sha256):
        raise ShardError(f"{path} was changed or damaged; run seqsynth verify")
