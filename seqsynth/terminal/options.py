"""Options of a command from the fields of its settings."""

import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal

import click

from seqsynth.settings import Settings


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
                function = _option(name, field)(function)
        return function

    return decorate


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given on the command line."""
    return {name: value for name, value in options.items() if value is not None and value != ()}


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
    flag = f"--{name.replace('_', '-')}"
    if kind.pop("is_switch", False):
        flag = f"{flag}/--no-{name.replace('_', '-')}"
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
    elif annotation is bool:
        kind = {"is_switch": True}
    return kind


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return " ".join(_shown(value) for value in default)
    if isinstance(default, float):
        return f"{default:g}"
    return str(default)
