"""Write tables of settings from their classes, where a page says ``<!-- settings: CLASS -->``.

One row a key: its TOML name, default, what it may be, and what it means. Tables within a setting
get a heading of their own, named as in the TOML file.
"""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

_MARK = re.compile(r"^<!-- settings: (?P<module>[\w.]+)\.(?P<name>\w+) -->$", re.MULTILINE)

HEADER = "| key | default | may be | meaning |\n|---|---|---|---|"

JsonSchema = Mapping[str, Any]


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put a table where each mark stands."""

    def table(mark: re.Match[str]) -> str:
        model = getattr(importlib.import_module(mark["module"]), mark["name"])
        schema = model.model_json_schema()
        return "\n".join(settings_table(schema, schema.get("$defs", {})))

    return _MARK.sub(table, markdown)


def settings_table(schema: JsonSchema, tables: JsonSchema, name: str = "") -> Iterator[str]:
    """Yield the lines of a settings class's table, then those of the tables within it.

    Parameters
    ----------
    schema : JSON Schema of the class, as pydantic gives it
    tables : the schemas it refers to, by name
    name : name of this table in a TOML file, empty at the top
    """
    nested = {}
    yield HEADER
    for key, field in schema["properties"].items():
        inner = _referred(field, tables)
        if inner is None:
            yield setting_row(key, field)
        elif inner["properties"]:  # a table of no keys waits for those of a class below
            meaning = field.get("description") or inner.get("description", "")
            table = field.get("table", key)
            nested[f"{name}.{table}" if name else table] = (inner, meaning)
    yield ""
    for inner_name, (inner, meaning) in nested.items():
        yield f"### `[{inner_name}]`"
        yield ""
        yield meaning.partition("\n\n")[0].replace("\n", " ")
        yield ""
        yield from settings_table(inner, tables, inner_name)


def setting_row(key: str, field: JsonSchema) -> str:
    """Return a setting as a row."""
    shown = field.get("shown_default")
    default = "" if field.get("default") in (None, "") else _toml(field["default"])
    if shown is not None:
        default = f'"{shown}"'
    meaning = " ".join(field.get("description", "").split()).replace("|", "\\|")
    return f"| `{key}` | {_code(default)} | {_kind(field)} | {meaning} |"


def _referred(field: JsonSchema, tables: JsonSchema) -> JsonSchema | None:
    reference = field.get("$ref", "")
    return tables[reference.rpartition("/")[2]] if reference else None


def _kind(field: JsonSchema) -> str:
    """Say what a value may be: choices, or a type with its bounds."""
    if "metavar" in field and field.get("as_text"):
        return _code(field["metavar"].replace("|", " or "))
    if "anyOf" in field:
        return _kind(next(each for each in field["anyOf"] if each.get("type") != "null"))
    if "enum" in field:
        return ", ".join(f"`{choice}`" for choice in field["enum"])
    if "prefixItems" in field:
        kinds = list(dict.fromkeys(_kind(item) for item in field["prefixItems"]))
        return f"{len(field['prefixItems'])} of: {', '.join(kinds)}"
    if field.get("type") == "array":
        return f"list of: {_kind(field['items'])}"
    names = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "`true`, `false`",
        "object": "table of numbers",
    }
    return " ".join(filter(None, (names.get(field.get("type", ""), ""), _bounds(field))))


def _bounds(field: JsonSchema) -> str:
    """Say the range of a number."""
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "exclusiveMaximum": "below",
    }
    bounds = ((words[name], field[name]) for name in words if name in field)
    return " ".join(f"{word} {_number(value)}" for word, value in bounds)


def _number(value: float) -> str:
    power = int(value).bit_length() - 1
    return f"2^{power}" if value > 10**9 and value == 2**power else f"{value:g}"


def _toml(value: Any) -> str:
    """Return a JSON value as TOML has it; for what settings hold the two agree."""
    return json.dumps(value)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
