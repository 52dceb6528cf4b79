"""Choose sequences of a shard set by what is recorded of them, without reading a picture.

A condition is a text like ``sigma>=3``: a key, an operator, a value. Keys are ``name``, ``split``,
``views``, ``height``, ``width`` and whatever the set records of a sequence (``attenuation``,
``source``, ``parameters.gain``, ``notes.place``), nested names joined by dots.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from seqsynth.errors import ConfigError
from seqsynth.shards.reader import ShardSet
from seqsynth.shards.schema import SPLITS

_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"\s*([^\s=!<>~]+)\s*(==|!=|<=|>=|=|<|>|~)\s*(.*?)\s*")

Scalar = str | float | bool
Facts = Mapping[str, Sequence[Scalar]]
"""Key -> its values: one, or several where the set records a list (one a view, T and R)."""


@dataclass(frozen=True)
class Condition:
    """What is wanted of a sequence; see `parse_condition`.

    Attributes
    ----------
    key : what is asked about, nested names joined by dots
    operator : "=", "!=", "<", "<=", ">", ">=" or "~" (contains)
    value : as it was typed
    """

    key: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}{self.operator}{self.value}"

    def holds(self, values: Sequence[Scalar]) -> bool:
        """Judge a sequence by the values of the key; without any nothing holds.

        Of several values ``=`` and ``~`` want one, ``!=`` none that is equal, and an order all.

        Raises
        ------
        ConfigError
            An order is asked of a text.
        """
        if not values:
            return False
        if self.operator == "=":
            return any(self._equals(value) for value in values)
        if self.operator == "!=":
            return not any(self._equals(value) for value in values)
        if self.operator == "~":
            return any(self.value in _text(value) for value in values)
        order, bound = _ORDERS[self.operator], float(self.value)
        return all(order(self._number(value), bound) for value in values)

    def _equals(self, value: Scalar) -> bool:
        if isinstance(value, str | bool):
            return _text(value) == self.value
        try:
            return value == float(self.value)
        except ValueError:
            return False

    def _number(self, value: Scalar) -> float:
        if isinstance(value, str | bool):
            raise ConfigError(
                f"condition {str(self)!r}: {self.key} may be {_text(value)!r}, which has no order; "
                "use = != or ~"
            )
        return value


def parse_condition(text: str) -> Condition:
    """Turn ``sigma>=3``, ``attenuation<10``, ``source~2008_`` or ``split=val`` into a condition.

    Raises
    ------
    ConfigError
        It is no condition, or an order against something other than a number.
    """
    match = _CONDITION.fullmatch(text)
    if match is None or not match[3]:
        raise ConfigError(
            f"condition {text!r} is not KEY OPERATOR VALUE with one of = != < <= > >= ~; write "
            "'sigma>=3' or 'source~2008_', in quotes: a shell takes < and > for itself"
        )
    key, sign, value = match.groups()
    sign = "=" if sign == "==" else sign
    if sign in _ORDERS and not _is_number(value):
        raise ConfigError(
            f"condition {text!r}: {sign} wants a number, not {value!r}; use = != or ~"
        )
    return Condition(key, sign, value)


def select(
    shards: ShardSet,
    *,
    split: Sequence[str] = (),
    where: Sequence[Condition] = (),
    limit: int | None = None,
) -> ShardSet:
    """Return the sequences of the given splits for which all conditions hold, in the set's order.

    Parameters
    ----------
    shards : what to choose from
    split : "train", "val", "test"; all where none is given
    where : conditions; only what is recorded is read, and only until ``limit`` is reached
    limit : the number of sequences wanted at most

    Raises
    ------
    ConfigError
        A split is unknown, the limit is negative, or no sequence has the key of a condition.
    ShardError
        A shard cannot be read.
    """
    for name in split:
        if name not in SPLITS:
            raise ConfigError(f"split {name!r} is unknown; there are {', '.join(SPLITS)}")
    if limit is not None and limit < 0:
        raise ConfigError(f"limit {limit} is negative; give a number of sequences")
    chosen = shards.split(*split) if split else shards
    if where:
        chosen = chosen.take(_matching(chosen, where, limit))
    return chosen if limit is None else chosen[:limit]


def _matching(shards: ShardSet, where: Sequence[Condition], limit: int | None) -> list[int]:
    known: set[str] = set()
    matching: list[int] = []
    for number in range(len(shards)):
        if len(matching) == limit:
            return matching
        facts = facts_of(shards, number)
        known |= facts.keys()
        if all(condition.holds(values_of(facts, condition.key)) for condition in where):
            matching.append(number)
    for condition in where if known else ():
        check_key(condition.key, known)
    return matching


def facts_of(shards: ShardSet, number: int) -> Facts:
    """Return what can be asked of a sequence: nested names joined by dots -> values."""
    views, height, width, _ = shards.shapes(number)["blended"]
    recorded = {
        **shards.metadata(number),
        "name": shards.name(number),
        "split": shards.place(number)[1].split,
        "views": views,
        "height": height,
        "width": width,
    }
    facts: dict[str, list[Scalar]] = {}
    for key, value in _leaves(recorded, ""):
        # What is unknown (null) has no value, yet its key is there to be asked about.
        facts.setdefault(key, []).extend(() if value is None else (value,))
    return facts


def _leaves(value: Any, key: str) -> Iterator[tuple[str, Scalar | None]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value


def values_of(facts: Facts, key: str) -> list[Scalar]:
    """Return the values of a key, or of everything below it."""
    below = f"{key}."
    return [
        value
        for name, values in facts.items()
        if name == key or name.startswith(below)
        for value in values
    ]


def check_key(key: str, known: Set[str]) -> None:
    """Refuse a key that stands for none of those that sequences have.

    Raises
    ------
    ConfigError
        It is none of them, nor are any below it.
    """
    if not any(name == key or name.startswith(f"{key}.") for name in known):
        raise ConfigError(f"no sequence has {key!r}; there are {', '.join(sorted(known))}")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
