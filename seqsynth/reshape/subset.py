"""Choose sequences of a shard set: by split, by what is recorded of them, by photos, by number."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Literal, Self

import pydantic
from pydantic import Field

from seqsynth.config import DEFAULT_SHARD_SIZE, ShardSize, fingerprint
from seqsynth.errors import ConfigError, ShardError, SourceError
from seqsynth.photo_lists import as_class_list, describe_unmatched, match_names, read_lines
from seqsynth.pictures import same_name
from seqsynth.reshape.plan import Placed, ReshapePlan, plan_derived
from seqsynth.settings import Settings
from seqsynth.shards.inventory import Inventory, StoredSequence, read_inventory
from seqsynth.shards.reader import open_shards
from seqsynth.shards.selection import parse_condition, select

MOST_NAMED = 6
"""Names that are missing, of those listed in an error."""


class SubsetConfig(Settings):
    """Which sequences are taken."""

    split: tuple[Literal["train", "val", "test"], ...] = Field(
        (), description="Take this split alone; may be repeated."
    )
    where: tuple[str, ...] = Field(
        (),
        json_schema_extra={"metavar": "CONDITION"},
        description="Take what meets a condition, like 'sigma>=3' or 'source~2008_'; may be "
        "repeated, and all must hold.",
    )
    sources: tuple[str, ...] = Field(
        (),
        json_schema_extra={"metavar": "PATTERN"},
        description="Take what shows photos (or scenes) of this pattern alone, like 'garden/*'; "
        "may be repeated, and one must fit.",
    )
    count: int | None = Field(
        None, ge=1, description="Number of sequences, shared out over the splits as they are."
    )
    fraction: float | None = Field(None, gt=0, le=1, description="Share of each split's sequences.")
    seed: int | None = Field(
        None,
        ge=0,
        lt=2**64,
        description="Choose at random by this seed; without it the first are taken.",
    )
    shard_size: ShardSize = Field(DEFAULT_SHARD_SIZE, description="Largest shard, like 512MB.")

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.count is not None and self.fraction is not None:
            raise ValueError(
                f"count {self.count} and fraction {self.fraction} exclude each other; give one"
            )
        if self.seed is not None and self.count is None and self.fraction is None:
            raise ValueError("seed chooses among sequences; give a count or a fraction with it")
        return self


def plan_subset(
    path: str | Path,
    config: SubsetConfig | None = None,
    *,
    listed: Collection[str] | None = None,
    named: frozenset[str] | None = None,
    incomplete: bool = False,
) -> ReshapePlan:
    """Plan the set of those sequences of another that are wanted.

    Parameters
    ----------
    path : the set chosen from
    config : which sequences
    listed : photos (or names of scenes), with or without suffix, or paths that end in them; what
        shows any other is not taken, and those that nothing shows are named by the plan
    named : names of sequences, all of which the set must have; no other is taken
    incomplete : take the finished sequences of a set whose making was interrupted

    Raises
    ------
    ConfigError
        A condition cannot be read, or more sequences are wanted than there are.
    ShardError
        The set cannot be read, has not all that is named, or no sequence is wanted.
    """
    config = config or SubsetConfig()
    conditions = [parse_condition(text) for text in config.where]
    inventory = read_inventory([path], incomplete=incomplete)
    _check_named(path, inventory, named)
    alike = None if named is None else frozenset(map(same_name, named))
    with open_shards(path) as shards:
        selected = select(shards, split=config.split, where=conditions)
        places = [selected.place(number) for number in range(len(selected))]
    stored = {(s.shard.entry.file, s.row): s for s in inventory.sequences}
    sequences = [stored[entry.file, row] for _, entry, row in places]
    unknown: list[str] = []
    wanted = None
    if listed is not None:
        known = {name for one in inventory.sequences for name in _shown(one)}
        wanted, unknown = match_names(sorted(listed), known)
        if not wanted:
            raise ShardError(
                f"{path}: no sequence shows any of the {len(unknown)} listed, "
                f"{describe_unmatched(unknown)}; it has names like {min(known, default='')!r}"
            )
    sequences = [
        s
        for s in sequences
        if _shows_only(s, config.sources, wanted) and (alike is None or same_name(s.name) in alike)
    ]
    if not sequences:
        raise ShardError(
            f"{path}: none of its {len(inventory.sequences)} sequences meets all that "
            "is asked; ask for less"
        )
    settings = {"command": "subset", **config.model_dump(mode="json")}
    if listed is not None:
        settings["listed"] = fingerprint({"sources": sorted(listed)})
    if named is not None:
        settings["named"] = fingerprint({"names": sorted(named)})
    chosen = _some(sequences, inventory, config)
    if not chosen:
        raise ConfigError(
            f"fraction {config.fraction:g} of {len(sequences)} sequences is less "
            "than half a sequence in every split; ask for more"
        )
    plan = plan_derived(inventory, [Placed(s, s.split, s.name) for s in chosen], settings)
    return replace(plan, unknown=tuple(unknown))


@dataclass(frozen=True)
class PhotoLines:
    """What a file lists.

    Attributes
    ----------
    lines : one a photo or scene, as written; of a class list of VOC, those that show the class
    remark : what to say of a class list, or ""
    """

    lines: tuple[str, ...]
    remark: str = ""


def read_list(path: Path) -> PhotoLines:
    """Read a list of photos or scenes.

    Raises
    ------
    SourceError
        The file cannot be read, or names nothing.
    """
    lines = read_lines(path)
    classes = as_class_list(lines, lambda line: False)
    if classes is None and not lines:
        raise SourceError(f"{path} names nothing; write the id of a photo on each line")
    if classes is None:
        return PhotoLines(tuple(lines))
    return PhotoLines(classes.shown, f"{path}: {classes.describe()}")


def read_names(path: Path) -> frozenset[str]:
    """Read names of sequences, one a line, as ``seqsynth view`` writes them.

    Raises
    ------
    SourceError
        The file cannot be read, or names nothing.
    """
    # Names are lines to the letter: a name may hold spaces.
    lines = (line.removesuffix("\r") for line in _read_lines(path).split("\n"))
    names = frozenset(line for line in lines if line.strip())
    if not names:
        raise SourceError(f"{path} names nothing; write the name of a sequence on each line")
    return names


def _read_lines(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is no list of names: it is not UTF-8 text") from error


def _check_named(path: str | Path, inventory: Inventory, named: frozenset[str] | None) -> None:
    """Refuse names that no sequence has."""
    known = {same_name(s.name) for s in inventory.sequences}
    missing = sorted(name for name in named or () if same_name(name) not in known)
    if missing:
        shown = ", ".join(map(repr, missing[:MOST_NAMED]))
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise ShardError(
            f"{path} has no sequence {shown}{more}; take the names that seqsynth view writes"
        )


def _shows_only(sequence: StoredSequence, patterns: Sequence[str], listed: Set[str] | None) -> bool:
    shown = _shown(sequence)
    alike = [same_name(pattern) for pattern in patterns]
    fits = not patterns or all(any(fnmatchcase(same_name(s), p) for p in alike) for s in shown)
    return fits and (listed is None or listed >= set(shown))


def _shown(sequence: StoredSequence) -> tuple[str, ...]:
    """Return the photos that a sequence shows, or its own name."""
    return sequence.layer_photos or (sequence.name,)


def _some(
    sequences: Sequence[StoredSequence], inventory: Inventory, config: SubsetConfig
) -> list[StoredSequence]:
    """Take the number asked for of each split, the first or by lot, in their order."""
    by_split: dict[str, list[StoredSequence]] = {}
    for sequence in sequences:
        by_split.setdefault(sequence.split, []).append(sequence)
    wanted = _shares({split: len(members) for split, members in by_split.items()}, config)
    chosen: set[int] = set()
    for split, members in by_split.items():
        seed = config.seed
        ordered = members if seed is None else sorted(members, key=lambda s: inventory.lot(s, seed))
        chosen |= {id(member) for member in ordered[: wanted[split]]}
    return [sequence for sequence in sequences if id(sequence) in chosen]


def _shares(counts: Mapping[str, int], config: SubsetConfig) -> dict[str, int]:
    """Return how many sequences of each split are wanted."""
    total = sum(counts.values())
    if config.fraction is not None:
        part = Fraction(str(config.fraction))
        return {split: int(part * count + Fraction(1, 2)) for split, count in counts.items()}
    if config.count is None:
        return dict(counts)
    if config.count > total:
        raise ConfigError(
            f"count {config.count} is more than the {total} sequences there are to "
            "choose from; ask for fewer"
        )
    return _apportion(config.count, counts)


def _apportion(number: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Share a number out in proportion: whole parts, then the largest remainders, first first."""
    total = sum(counts.values())
    exact = {split: Fraction(number * count, total) for split, count in counts.items()}
    shares = {split: int(share) for split, share in exact.items()}
    by_remainder = sorted(counts, key=lambda split: shares[split] - exact[split])
    for split in by_remainder[: number - sum(shares.values())]:
        shares[split] += 1
    return shares
