"""What an index may state under the keys that are read from it: types, whoever wrote it.

Everything else in an index is shown as it stands; these values are reckoned with, so that one of
another type would stop a command somewhere in its work.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqsynth.errors import ShardError
from seqsynth.shards.schema import LARGEST_NUMBER, SPLITS, shown

LARGEST_COUNT = 2**63 - 1
LARGEST_SEED = 2**64 - 1


@dataclass(frozen=True)
class Rule:
    """What a value must be: in words, and as a test."""

    wanted: str
    holds: Callable[[Any], bool]


def _is_whole(value: Any, most: int = LARGEST_COUNT) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) <= LARGEST_NUMBER


def _is_text(value: Any) -> bool:
    return type(value) is str


def _list_of(holds: Callable[[Any], bool], length: int | None = None) -> Callable[[Any], bool]:
    return lambda value: (
        type(value) is list and length in (None, len(value)) and all(map(holds, value))
    )


def _mapping_of(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: type(value) is dict and all(map(holds, value.values()))


def _is_range(value: Any) -> bool:
    return _is_number(value) or (_list_of(_is_number)(value) and len(value) > 1)


def _is_size(value: Any) -> bool:
    return _list_of(_is_whole, 2)(value) and min(value) > 0 and max(value) <= LARGEST_NUMBER


def _names_command(value: Any) -> bool:
    return type(value) is dict and _is_text(value.get("command"))


def _are_pools(value: Any) -> bool:
    ids = _list_of(_is_text)
    return type(value) is dict and all(
        (type(pool) is dict and _is_split(pool)) if name in SPLITS else ids(pool)
        for name, pool in value.items()
    )


def _is_split(pool: Mapping[str, Any]) -> bool:
    layers = {"transmission", "reflection"}
    return layers <= pool.keys() and all(map(_list_of(_is_text), pool.values()))


TEXT = Rule("a text", _is_text)
TEXTS = Rule("a list of texts", _list_of(_is_text))
COUNT = Rule("a whole number from 0", _is_whole)
NUMBER = Rule("a number", _is_number)
RANGE = Rule("a list of two numbers", _list_of(_is_number, 2))
RANGES = Rule("a table of numbers and lists of them", _mapping_of(_is_range))
TABLE = Rule("a table", _mapping_of(lambda _: True))
TABLES = Rule("a list of tables", _list_of(TABLE.holds))
COUNTS = Rule("a table of whole numbers", _mapping_of(_is_whole))

CONFIGURATION: Mapping[str, Rule] = {
    **dict.fromkeys(("blend", "direction", "image_set", "compression", "benchmark"), TEXT),
    **dict.fromkeys(("layout", "border", "overflow", "preset", "motion"), TEXT),
    "camera": RANGES,
    **dict.fromkeys(
        ("blend_zhang", "blend_ibcln", "blend_dsrnet", "blend_ghosting", "blend_linear"), RANGES
    ),
    **dict.fromkeys(
        ("transmission_step", "reflection_step", "sigma", "reflection_strength"), RANGE
    ),
    "views": Rule("a whole number from 1 to 32767", lambda v: _is_whole(v, 32767) and v > 0),
    **dict.fromkeys(("sequences", "shard_size", "bits"), COUNT),
    **dict.fromkeys(("scale", "val_fraction"), NUMBER),
    "seed": Rule("a whole number below 2**64", lambda v: _is_whole(v, LARGEST_SEED)),
    "window": Rule("height and width, whole numbers from 1", _is_size),
    "reject": TEXTS,
    "derived": Rule("a table that names its command", _names_command),
}
"""Key of a configuration -> its rule; null stands for what was not set."""

SOURCES: Mapping[str, Rule] = {
    "pools": Rule("a table of photo ids by split and layer", _are_pools),
    "inputs": TABLES,
    "parts": TABLES,
    "left_out": COUNTS,
    "remarks": TEXTS,
}

PART: Mapping[str, Rule] = {
    **dict.fromkeys(("kind", "fingerprint", "digest", "library_version"), TEXT),
    "complete": Rule("true or false", lambda v: type(v) is bool),
    "sequences": COUNT,
    "configuration": TABLE,
    "sources": TABLE,
}
"""Of a set that a derived one comes from; all must be there."""

INPUT: Mapping[str, Rule] = {"fingerprint": TEXT, "sequences": COUNT, "library_version": TEXT}

LOSSES: Mapping[str, Rule] = {
    "redraws": COUNT,
    "rejections": COUNTS,
    "unusable": Rule("a table of reasons", _mapping_of(_is_text)),
}

SHARD: Mapping[str, Rule] = {**LOSSES, "sequences": TABLES}

SEQUENCE: Mapping[str, Rule] = {
    "sigma": NUMBER,
    "strength": NUMBER,
    "attenuation": Rule("a list of whole numbers", _list_of(_is_whole)),
    "source": Rule("a list of two texts", _list_of(_is_text, 2)),
    "parameters": Rule("a table of numbers", _mapping_of(_is_number)),
    "origin": Rule(
        "a table of part and name",
        lambda v: type(v) is dict and _is_whole(v.get("part")) and _is_text(v.get("name")),
    ),
}
"""Of what is recorded of a sequence: what datasets hold of others must be of their types."""


def check_stated(configuration: Mapping[str, Any], sources: Mapping[str, Any]) -> None:
    """Hold what an index says of its set against the rules.

    Raises
    ------
    ShardError
        A value is of another type; its key is named.
    """
    _raise(_set_faults(configuration, sources, ""))


def check_details(details: Mapping[str, Any], file: str) -> None:
    """Hold what an index or a journal records of a shard against the rules.

    Raises
    ------
    ShardError
        A value is of another type; shard and key are named.
    """
    _raise(_detail_faults(details, f"{file}: "))


def _raise(faults: Iterator[str]) -> None:
    if (fault := next(faults, None)) is not None:
        raise ShardError(fault)


def _set_faults(
    configuration: Mapping[str, Any], sources: Mapping[str, Any], place: str
) -> Iterator[str]:
    yield from _faults(configuration, CONFIGURATION, f"{place}configuration.")
    yield from _faults(sources, SOURCES, f"{place}sources.")
    for number, one in enumerate(sources.get("inputs", ())):
        yield from _faults(one, INPUT, f"{place}sources.inputs[{number}].", needed=True)
    for number, part in enumerate(sources.get("parts", ())):
        inside = f"{place}sources.parts[{number}]."
        yield from _faults(part, PART, inside, needed=True)
        yield from _faults(part, {"losses": TABLE}, inside)
        yield from _faults(part.get("losses", {}), LOSSES, f"{inside}losses.")
        yield from _set_faults(part["configuration"], part["sources"], inside)


def _detail_faults(details: Mapping[str, Any], place: str) -> Iterator[str]:
    yield from _faults(details, SHARD, place)
    for row, sequence in enumerate(details.get("sequences", ())):
        yield from _faults(sequence, SEQUENCE, f"{place}sequences[{row}].")


def _faults(
    document: Mapping[str, Any], rules: Mapping[str, Rule], place: str, *, needed: bool = False
) -> Iterator[str]:
    for key, rule in rules.items():
        if key not in document and not needed:
            continue
        found = document.get(key)
        if found is None and rules is CONFIGURATION:
            continue
        if not rule.holds(found):
            yield f"{place}{key} is {shown(found)}; {rule.wanted} is wanted"
