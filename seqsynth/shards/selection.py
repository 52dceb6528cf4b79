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

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ConfigError, ShardError
from seqsynth.pictures import same_name
from seqsynth.shards.reader import ShardSet
from seqsynth.shards.schema import SPLITS

_ORDERS: Mapping[str, Callable[[Any, float], Any]] = {
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
            return any(_text(self.value) in _text(value) for value in values)
        order, bound = _ORDERS[self.operator], float(self.value)
        return all(bool(order(self._number(value), bound)) for value in values)

    def suits(self, column: NDArray[Any]) -> bool:
        """Say whether `holds_of_rows` can judge this: numbers, or texts that no order is asked of.

        Parameters
        ----------
        column : (n, k), k values of every sequence: numbers, or text as bytes
        """
        if column.dtype.kind == "S":
            return self.operator not in _ORDERS
        return self.operator != "~" and column.dtype.kind in "iuf"

    def holds_of_rows(self, column: NDArray[Any]) -> NDArray[np.bool_]:
        """Judge many sequences as `holds` does, by a column that suits; return bool (n,)."""
        if column.dtype.kind == "S":
            # Few texts stand for many sequences: photos are drawn again and again.
            texts, places = np.unique(column, return_inverse=True)
            any_of = Condition(self.key, self.operator.replace("!", ""), self.value)
            fits = np.array([any_of.holds([text.decode()]) for text in texts.tolist()], bool)
            found = fits[places.reshape(column.shape)].any(axis=1)
        elif self.operator in _ORDERS:
            numbers = np.asarray(column, np.float64)
            return np.asarray(_ORDERS[self.operator](numbers, float(self.value)).all(axis=1))
        else:
            equal = float(self.value) if _is_float(self.value) else math.nan
            found = (np.asarray(column, np.float64) == equal).any(axis=1)
        return np.asarray(~found if self.operator == "!=" else found)

    def _equals(self, value: Scalar) -> bool:
        if isinstance(value, str | bool):
            return _text(value) == _text(self.value)
        return _is_float(self.value) and value == float(self.value)

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
    matching: list[int] = []
    for _, found in scan(shards, where):
        matching += found.tolist()
        if limit is not None and len(matching) >= limit:
            return matching[:limit]
    return matching


def scan(
    shards: ShardSet,
    where: Sequence[Condition],
    skip: Callable[[ShardError], None] | None = None,
) -> Iterator[tuple[range, NDArray[np.int64]]]:
    """Look through a set shard by shard; yield what was looked at, and what of it meets all.

    What datasets hold is compared for a whole shard at once; the rest sequence by sequence.

    Parameters
    ----------
    skip : is told of a shard that cannot be read, of which nothing is taken then

    Raises
    ------
    ConfigError
        No sequence has the key of a condition, or an order is asked of a text.
    ShardError
        A shard cannot be read.
    """
    known: set[str] = set()
    for numbers in shards.stretches():
        try:
            kept = _judge(shards, numbers, where, known)
        except ShardError as error:
            if skip is None:
                raise
            skip(error)
            kept = np.zeros(len(numbers), bool)
        yield numbers, np.flatnonzero(kept) + numbers.start
    for condition in where if known else ():
        check_key(condition.key, known)


def _judge(
    shards: ShardSet, numbers: range, where: Sequence[Condition], known: set[str]
) -> NDArray[np.bool_]:
    """Return which sequences of a stretch meet all conditions; add the keys seen to ``known``."""
    first = facts_of(shards, numbers[0])
    known.update(first)
    kept = np.ones(len(numbers), bool)
    for condition in where:
        column = shards.column(condition.key, numbers)
        if column is not None and condition.suits(column):
            kept &= condition.holds_of_rows(column)
        elif _is_of_shard(shards, numbers[0], condition.key, first):
            kept &= condition.holds(values_of(first, condition.key))
        else:
            for place in np.flatnonzero(kept).tolist():
                facts = facts_of(shards, numbers[place])
                known.update(facts)
                kept[place] = condition.holds(values_of(facts, condition.key))
    return kept


def _is_of_shard(shards: ShardSet, number: int, key: str, facts: Facts) -> bool:
    """Say whether all sequences of a shard have the same values of a key, or none has any."""
    described = shards.place(number)[1].details.get("sequences")
    same = {name for name in facts if name == key or name.startswith(f"{key}.")}
    return not described and same <= {"split", "views", "height", "width"}


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
    return _is_float(text) and math.isfinite(float(text))


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(value: Scalar) -> str:
    """Return a value as texts are compared: accents may be stored in two ways."""
    return same_name(str(value).lower() if isinstance(value, bool) else str(value))
