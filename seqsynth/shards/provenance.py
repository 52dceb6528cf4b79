"""Where the sequences of a set were first made, also after merging, splitting and subsetting.

A derived set names in its index every *part*: a set made from photos that some of its sequences
come from, with the configuration and sources that made it (docs/shard-format.md). Any other set is
its own only part.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seqsynth.errors import ShardError
from seqsynth.shards.index import ShardEntry, ShardIndex, render

DERIVATION = ("inputs", "parts", "left_out")
"""Keys of a derived set's sources that say how it was derived; the others name photos."""


@dataclass(frozen=True)
class Part:
    """A set that sequences of a derived set come from.

    Attributes
    ----------
    kind, fingerprint, library_version, complete, configuration, sources : as in its index
    digest : of its index
    sequences : how many it held
    losses : of a synthetic set, summed over its shards: "redraws", "rejections", "unusable"
    """

    kind: str
    fingerprint: str
    digest: str
    library_version: str
    complete: bool
    sequences: int
    configuration: Mapping[str, Any]
    sources: Mapping[str, Any]
    losses: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the part as the index of a derived set states it."""
        return asdict(self)


def is_derived(index: ShardIndex) -> bool:
    """Tell a merged, divided or chosen set from one made at first hand."""
    return "derived" in index.configuration


def parts_of(index: ShardIndex) -> tuple[Part, ...]:
    """Return the sets that a set's sequences were first made in; of most sets, itself.

    Raises
    ------
    ShardError
        The index says that it is derived, and not from what.
    """
    if not is_derived(index):
        return (_itself(index),)
    try:
        return tuple(Part(**part) for part in index.sources["parts"])
    except (KeyError, TypeError) as error:
        raise ShardError(f"the index of a derived set states no parts ({error})") from error


def part_number(index: ShardIndex, entry: ShardEntry) -> int:
    """Return the place, among `parts_of` its set, of the part that a shard's sequences come from.

    Raises
    ------
    ShardError
        A sequence of a derived set does not say where it comes from.
    """
    if not is_derived(index):
        return 0
    origins = [origin_of(index, entry, row) for row in range(entry.count)]
    numbers = {number for number, _ in origins}
    if len(numbers) != 1:
        raise ShardError(f"the sequences of {entry.file} come from {len(numbers)} parts, not one")
    return numbers.pop()


def configuration_of(index: ShardIndex, entry: ShardEntry) -> Mapping[str, Any]:
    """Return the configuration that made a shard's pictures: of a derived set, its part's.

    Raises
    ------
    ShardError
        A sequence of a derived set does not say where it comes from.
    """
    if not is_derived(index):
        return index.configuration
    return parts_of(index)[part_number(index, entry)].configuration


def origin_of(index: ShardIndex, entry: ShardEntry, row: int) -> tuple[int, str]:
    """Return the part and the name there of a derived set's sequence.

    Raises
    ------
    ShardError
        The index does not say it, or names a part that it does not state.
    """
    try:
        origin = entry.details["sequences"][row]["origin"]
        number, name = int(origin["part"]), str(origin["name"])
    except (KeyError, IndexError, TypeError, ValueError):
        raise ShardError(f"sequence {row} of {entry.file} has no origin in the index") from None
    if not 0 <= number < len(index.sources.get("parts", ())):
        raise ShardError(
            f"sequence {row} of {entry.file} comes from part {number}, which the "
            "index does not state"
        )
    return number, name


def index_digest(index: ShardIndex) -> str:
    """Return the digest that the index.json of a set states."""
    return str(json.loads(render(index))["digest"])


def losses_of(index: ShardIndex) -> dict[str, Any]:
    """Return what was drawn and thrown away over all shards of a synthetic set; see `Part`."""
    rejections: Counter[str] = Counter()
    unusable: dict[str, str] = {}
    redraws = 0
    for entry in index.shards:
        redraws += entry.details.get("redraws", 0)
        rejections.update(entry.details.get("rejections", {}))
        unusable.update(entry.details.get("unusable", {}))
    return {
        "redraws": redraws,
        "rejections": dict(sorted(rejections.items())),
        "unusable": dict(sorted(unusable.items())),
    }


def _itself(index: ShardIndex) -> Part:
    return Part(
        kind=index.kind,
        fingerprint=index.fingerprint,
        digest=index_digest(index),
        library_version=index.library_version,
        complete=index.complete,
        sequences=index.sequences,
        configuration=index.configuration,
        sources=index.sources,
        losses=losses_of(index) if index.kind == "synthetic" else {},
    )
