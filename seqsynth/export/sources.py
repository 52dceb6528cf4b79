"""The shards an export reads: held to their hashes first, since a copy would pass damage on."""

from seqsynth.reshape.copying import check_whole
from seqsynth.shards import ShardSet


def check_sources(shards: ShardSet) -> None:
    """Hold every shard that some sequences lie in against its index.

    Raises
    ------
    ShardError
        One was changed or damaged.
    """
    places = (shards.place(number) for number in range(len(shards)))
    for location, entry in {entry.sha256: (place, entry) for place, entry, _ in places}.values():
        check_whole(location, entry)
