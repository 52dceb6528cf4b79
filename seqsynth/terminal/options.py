"""Options of a command from the fields of its settings."""

import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import click

from seqsynth.settings import Settings

_IN_TABLE = "__"
"""Between the name of a table of settings and that of one of them, in an option's variable."""


def settings_options(
    *models: type[Settings], leave_out: frozenset[str] = frozenset()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an option of every field of the models: name, type, help and default in one place.

    Options that are not given are left out of the keyword arguments' meaning: their value is None
    (``()`` for repeatable ones), see `given`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        fields = [(n, f) for model in models for n, f in model.model_fields.items()]
        for name, field in reversed(fields):
            if name not in leave_out:
                for one, inner in reversed(_with_tables(name, field)):
                    function = _option(one, inner)(function)
        return function

    return decorate


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given on the command line, those of a table as a table."""
    chosen: dict[str, Any] = {}
    for name, value in options.items():
        if value is None or value == ():
            continue
        table, _, key = name.rpartition(_IN_TABLE)
        place = chosen.setdefault(table, {}) if table else chosen
        place[key] = value
    return chosen


def _with_tables(name: str, field: Any) -> list[tuple[str, Any]]:
    """Return a field, or in place of a table its fields, whose names begin with the table's."""
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, Settings):
        return [(f"{name}{_IN_TABLE}{key}", inner) for key, inner in kind.model_fields.items()]
    return [(name, field)]


def _option(name: str, field: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    extra = field.json_schema_extra or {}
    kind = _click_type(field.annotation)
    if "as_text" in extra:
        kind = {"type": str}
    if "metavar" in extra:
        kind["metavar"] = extra["metavar"]
    help_text = field.description or ""
    default = field.get_default()
    if default not in (None, "", ()):
        help_text = f"{help_text}  [default: {extra.get('shown_default', _shown(default))}]"
    word = name.replace(_IN_TABLE, "-").replace("_", "-")
    flag = f"--{word}"
    if kind.pop("is_switch", False):
        flag = f"{flag}/--no-{word}"
    return click.option(flag, name, default=None, help=help_text, **kind)


def _click_type(annotation: Any) -> dict[str, Any]:
    """Return click's arguments for a field's annotation."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    kind: dict[str, Any] = {"type": annotation}
    if origin in (typing.Union, types.UnionType):
        kind = _click_type(next(choice for choice in arguments if choice is not type(None)))
    elif origin is typing.Annotated:
        kind = _click_type(arguments[0])
    elif origin is Literal:
        kind = {"type": click.Choice([str(choice) for choice in arguments])}
    elif origin is tuple:
        repeat = {"multiple": True} if Ellipsis in arguments else {"nargs": len(arguments)}
        kind = {**_click_type(arguments[0]), **repeat}
    elif annotation is Path:
        kind = {"type": click.Path(path_type=Path, dir_okay=False)}
    elif annotation is bool:
        kind = {"is_switch": True}
    return kind


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return " ".join(_shown(value) for value in default)
    if isinstance(default, float):
        return f"{default:g}"
    return str(default)
