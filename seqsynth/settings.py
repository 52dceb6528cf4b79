"""Settings: frozen pydantic models filled from defaults, a TOML file and overrides, in that order.

Every fault of a configuration is reported at once, in one error, each by the name a user typed.
"""

import difflib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pydantic

from seqsynth.errors import ConfigError


class Settings(pydantic.BaseModel):
    """Base of all configurations: frozen, no unknown keys, defaults checked like the rest.

    A value is of its setting's kind, never turned into it: "5" and true are no numbers.
    """

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", validate_default=True, strict=True, allow_inf_nan=False
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _take_plainly(cls, values: Any) -> Any:
        """Take the arrays of TOML and JSON for tuples, and numpy's numbers for Python's."""
        if not isinstance(values, Mapping):
            return values
        return {key: _plain(value) for key, value in values.items()}


FilePath = Annotated[Path, pydantic.Field(strict=False)]
"""A path, which files give as text."""


def _plain(value: Any) -> Any:
    if type(value).__module__ == "numpy":  # not imported for this: --help answers at once
        return value.item()
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def check_order(bounds: tuple[float, float]) -> tuple[float, float]:
    """Return a pair of bounds whose first is not the larger."""
    if bounds[0] > bounds[1]:
        raise ValueError("the range is empty: put the smaller bound first")
    return bounds


S = TypeVar("S", bound=Settings)

_UNKNOWN = "extra_forbidden"
"""Pydantic's name of the fault that a key is unknown."""


def load_settings(
    model: type[S], toml_file: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> S:
    """Build ``model`` from its defaults, then ``toml_file``, then ``overrides``.

    Raises
    ------
    ConfigError
        The file cannot be read, or any key is unknown or out of range; the message lists all
        faults, one a line.
    """
    values = {} if toml_file is None else read_toml(toml_file)
    values.update(overrides or {})
    return check_settings(model, values)


def merge_tables(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with those of ``over`` in their place, in tables key by key."""
    merged = dict(values)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge_tables(below, value)
        else:
            merged[key] = value
    return merged


def check_settings(model: type[S], values: Mapping[str, Any]) -> S:
    """Validate ``values`` as a ``model``, naming every fault in one `ConfigError`."""
    try:
        return model.model_validate(dict(values))
    except pydantic.ValidationError as error:
        unknown = [fault["loc"] for fault in error.errors() if fault["type"] == _UNKNOWN]
        faults = [fault for fault in error.errors() if fault["type"] != _UNKNOWN]
        others = [sentence for fault in faults for sentence in _sentences(fault, model)]
        raise ConfigError(*_unknown_sentences(unknown, model), *others) from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file into a dictionary; `ConfigError` names the file and the faulty line."""
    try:
        return parse_toml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def toml_text(values: Mapping[str, Any]) -> str:
    """Return settings in JSON types as a TOML file, tables last; what is None is left out.

    A key with dots, such as ``blend.linear``, is a table within a table.
    """
    # A TOML string, number, boolean or array of these is written as in JSON.
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in plain.items()
        if value is not None
    ]
    tables = (key for key in values if key not in plain)
    return "".join([*lines, *(f"\n[{key}]\n{toml_text(values[key])}" for key in tables)])


def parse_toml(text: str) -> dict[str, Any]:
    """Return what TOML from anywhere says.

    Raises
    ------
    ValueError
        It is no TOML, or nests deeper than any settings do.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it nests too deep") from None


def _sentences(fault: Any, model: type[Settings]) -> list[str]:
    """Return one fault of pydantic's list as: key, value found, what is wrong.

    It is several where a table was checked by settings of its own.
    """
    key = _key(fault["loc"], model)
    inner = fault.get("ctx", {}).get("error")
    message = fault["msg"].removeprefix("Value error, ")
    messages = inner.faults if isinstance(inner, ConfigError) else (message,)
    return [f"{key} = {fault['input']!r}: {one}" if key else one for one in messages]


def _unknown_sentences(places: list[tuple[int | str, ...]], model: type[Settings]) -> list[str]:
    """Return one sentence for each table with unknown keys, which names all of them."""
    sentences = []
    for table in dict.fromkeys(place[:-1] for place in places):
        known = sorted(_fields(model, table))
        wrong = [str(place[-1]) for place in places if place[:-1] == table]
        named = ", ".join(_with_suggestion(_key((*table, key), model), key, known) for key in wrong)
        plural = "s" if len(wrong) > 1 else ""
        sentences.append(f"unknown setting{plural} {named}; known settings: {', '.join(known)}")
    return sentences


def _key(place: tuple[int | str, ...], model: type[Settings]) -> str:
    """Return a place as a file names it: a setting may state the ``table`` that it is there."""
    field = model.model_fields.get(str(place[0])) if place else None
    extra = field.json_schema_extra if field else None
    first = extra.get("table") if isinstance(extra, dict) else None
    return ".".join(map(str, (first or place[0], *place[1:]))) if place else ""


def _with_suggestion(name: str, key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1, cutoff=0.7)
    return f"{name!r} (meant {close[0]}?)" if close else repr(name)


def _fields(model: Any, table: tuple[int | str, ...]) -> Mapping[str, Any]:
    """Return the settings of a nested table."""
    fields: Mapping[str, Any] = model.model_fields
    for part in table:
        nested = fields[str(part)].annotation if str(part) in fields else None
        fields = getattr(nested, "model_fields", {})
    return fields
