"""Join shard sets into one, unless that would train on what another of them holds out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import Field

from seqsynth.config import DEFAULT_SHARD_SIZE, ShardSize
from seqsynth.errors import ConfigError, LeakError
from seqsynth.reshape.plan import Placed, ReshapePlan, plan_derived
from seqsynth.settings import Settings
from seqsynth.shards.inventory import Inventory, StoredSequence, read_inventory
from seqsynth.shards.leaks import describe_leaks, describe_twins, find_leaks, find_twins

log = logging.getLogger(__name__)


class MergeConfig(Settings):
    """What becomes of the sequences that cannot be joined as they are."""

    drop_leaks: bool = Field(
        False, description="Leave out the sequences whose photos another set holds out."
    )
    drop_duplicates: bool = Field(
        False, description="Of sequences that several sets hold, take the first set's."
    )
    rename: bool = Field(
        False,
        description="Every set names its scenes for itself: equal names are other scenes, "
        "and the later gets the number of its set (attic-2).",
    )
    shard_size: ShardSize = Field(DEFAULT_SHARD_SIZE, description="Largest shard, like 512MB.")


def plan_merge(
    paths: Sequence[str | Path], config: MergeConfig | None = None, *, incomplete: bool = False
) -> ReshapePlan:
    """Plan the set that holds the sequences of all given sets, each in its split.

    Parameters
    ----------
    paths : two sets or more, of one kind and layout
    config : what to do about leaks and duplicates; refuse them by default
    incomplete : take the finished sequences of sets whose making was interrupted

    Raises
    ------
    ConfigError
        There are fewer than two sets.
    LeakError
        A photo would be trained on and held out, or a sequence be there twice.
    ShardError
        A set cannot be read, or does not fit the others.
    """
    if len(paths) < 2:
        raise ConfigError("merge joins two sets or more; to choose from one, use subset")
    config = config or MergeConfig()
    inventory = read_inventory(paths, incomplete=incomplete, own_names=config.rename)
    unknown = sum(not sequence.photos for sequence in inventory.sequences)
    if unknown:
        log.warning(
            "%d sequences do not say which photos they show: a leak among them cannot be seen",
            unknown,
        )
    whole = _without_leaks(inventory, config)
    kept = _without_twins(whole, inventory, config)
    left_out = {
        "leaks": len(inventory.sequences) - len(whole),
        "duplicates": len(whole) - len(kept),
    }
    settings = {"command": "merge", **config.model_dump(mode="json")}
    placed = _placed(kept, rename=config.rename)
    return plan_derived(inventory, placed, settings, left_out=left_out)


def _without_leaks(inventory: Inventory, config: MergeConfig) -> list[StoredSequence]:
    leaks = find_leaks(inventory.sequences)
    leaking = {id(leak.sequence) for leak in leaks}
    if leaks and not config.drop_leaks:
        raise LeakError(
            f"{describe_leaks(leaks, inventory)}; --drop-leaks leaves out what would leak, "
            f"{len(leaking)} of {len(inventory.sequences)} sequences"
        )
    return [sequence for sequence in inventory.sequences if id(sequence) not in leaking]


def _without_twins(
    sequences: Sequence[StoredSequence], inventory: Inventory, config: MergeConfig
) -> list[StoredSequence]:
    twins = find_twins(sequences, inventory)
    if twins and not config.drop_duplicates:
        raise LeakError(
            f"{describe_twins(twins, inventory)}; leave one of the sets out, or "
            "--drop-duplicates takes each once"
        )
    later = {id(sequence) for _, sequence in twins}
    return [sequence for sequence in sequences if id(sequence) not in later]


def _placed(sequences: Iterable[StoredSequence], *, rename: bool) -> Iterator[Placed]:
    taken: set[str] = set()
    for sequence in sequences:
        name = sequence.name
        if rename and name in taken:
            name = f"{name}-{sequence.place + 1}"
        taken.add(name)
        yield Placed(sequence, sequence.split, name)
