"""Divide a shard set anew into training, validation and test, disjoint by photo and scene."""

import logging
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal, Self

import pydantic
from pydantic import Field

from seqsynth.config import DEFAULT_SHARD_SIZE, ShardSize
from seqsynth.errors import ConfigError
from seqsynth.reshape.division import Tied, divide_groups, divide_photos
from seqsynth.reshape.plan import Placed, ReshapePlan, plan_derived
from seqsynth.settings import Settings
from seqsynth.shards.inventory import Inventory, read_inventory
from seqsynth.shards.reader import open_shards
from seqsynth.shards.selection import check_key, facts_of, values_of

log = logging.getLogger(__name__)


class SplitConfig(Settings):
    """How the sequences are divided."""

    val_fraction: float | None = Field(None, ge=0, le=1, description="Share for validation.")
    test_fraction: float | None = Field(None, ge=0, le=1, description="Share for testing.")
    val_count: int | None = Field(None, ge=0, description="Number of sequences for validation.")
    test_count: int | None = Field(None, ge=0, description="Number of sequences for testing.")
    by: tuple[str, ...] = Field(
        (),
        json_schema_extra={"metavar": "KEY"},
        description="Keep sequences together that agree in this, too, like notes.place; may be "
        "repeated. Those that share a photo or scene always stay together.",
    )
    keep: tuple[Literal["train", "val", "test"], ...] = Field(
        (), description="Leave the sequences of this split where they are; may be repeated."
    )
    drop_straddling: bool = Field(
        False,
        description="Divide the photos and leave out sequences that show photos of two "
        "sides, where too many hang together.",
    )
    seed: int = Field(0, ge=0, lt=2**64, description="Seed of the division.")
    shard_size: ShardSize = Field(DEFAULT_SHARD_SIZE, description="Largest shard, like 512MB.")

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        shares = (self.val_fraction, self.val_count), (self.test_fraction, self.test_count)
        if all(share == (None, None) for share in shares):
            raise ValueError(
                "nothing says how to divide; give --val-fraction, --test-fraction, "
                "--val-count or --test-count"
            )
        for name, (fraction, count) in zip(("val", "test"), shares, strict=True):
            if fraction is not None and count is not None:
                raise ValueError(
                    f"{name}_fraction {fraction} and {name}_count {count} exclude "
                    "each other; give one"
                )
        if (self.val_fraction or 0) + (self.test_fraction or 0) > 1:
            raise ValueError(
                f"val_fraction {self.val_fraction} and test_fraction "
                f"{self.test_fraction} are more than all; lower one"
            )
        return self


def plan_split(path: str | Path, config: SplitConfig, *, incomplete: bool = False) -> ReshapePlan:
    """Plan the set of the same sequences in other splits.

    Parameters
    ----------
    path : the set to divide
    config : how
    incomplete : take the finished sequences of a set whose making was interrupted

    Raises
    ------
    ConfigError
        More is held out than there is, or no sequence has a key to keep together by.
    SourceError
        The sequences hang together so that they cannot be divided as wanted.
    ShardError
        The set cannot be read.
    """
    inventory = read_inventory([path], incomplete=incomplete)
    sequences = tie_sequences(path, inventory, by=config.by, keep=config.keep, seed=config.seed)
    free = sum(one.kept is None for one in sequences)
    wanted = _wanted(config, free)
    if config.drop_straddling:
        sides = divide_photos(sequences, wanted)
    else:
        sides = list(divide_groups(sequences, wanted))
    placed = [
        Placed(stored, side, stored.name)
        for stored, side in zip(inventory.sequences, sides, strict=True)
        if side is not None
    ]
    settings = {"command": "split", **config.model_dump(mode="json")}
    return plan_derived(inventory, placed, settings, left_out={"straddling": sides.count(None)})


def _wanted(config: SplitConfig, free: int) -> dict[str, int]:
    wanted = {
        "val": _number(config.val_fraction, config.val_count, free),
        "test": _number(config.test_fraction, config.test_count, free),
    }
    if sum(wanted.values()) > free:
        raise ConfigError(
            f"{wanted['val']} for validation and {wanted['test']} for testing are "
            f"more than the {free} sequences there are; ask for fewer"
        )
    return wanted


def _number(fraction: float | None, count: int | None, free: int) -> int:
    if count is not None:
        return count
    return int(Fraction(str(fraction or 0)) * free + Fraction(1, 2))


def tie_sequences(
    path: str | Path,
    inventory: Inventory,
    *,
    by: Sequence[str] = (),
    keep: Sequence[str] = (),
    seed: int = 0,
) -> list[Tied]:
    """Return the sequences of a set with what each must not share with another side.

    Parameters
    ----------
    inventory : of that set alone
    by : keys of what must not be shared beside photos and scenes
    keep : splits whose sequences stay there
    seed : of the order of the sequences

    Raises
    ------
    ConfigError
        No sequence has a key of ``by``.
    """
    agreeing = _agreeing(path, by)
    unknown = sum(not one.photos for one in inventory.sequences)
    if unknown:
        log.warning(
            "%d sequences do not say which photos they show: each is taken to be alone", unknown
        )
    return [
        Tied(
            ties=[*(photo.key for photo in one.photos), *agreeing[number]],
            lot=inventory.lot(one, seed),
            kept=one.split if one.split in keep else None,
        )
        for number, one in enumerate(inventory.sequences)
    ]


def _agreeing(path: str | Path, keys: Sequence[str]) -> Mapping[int, list[str]]:
    """Return, of every sequence, what it must share with no other side beside its photos."""
    with open_shards(path) as shards:
        facts = [facts_of(shards, number) if keys else {} for number in range(len(shards))]
    known = {name for one in facts for name in one}
    for key in keys:
        check_key(key, known)
    return {
        number: [f"{key}={value}" for key in keys for value in values_of(one, key)]
        for number, one in enumerate(facts)
    }
