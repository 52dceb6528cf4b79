"""Settings on the command line that have no option of their own: ``teacher.batch=4``."""

from collections.abc import Iterable
from typing import Any

from seqsynth.errors import ConfigError
from seqsynth.settings import parse_toml
from trainer.recipe import merge


def parse_settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Turn ``KEY=VALUE`` pairs, dotted keys, TOML values or bare words, into nested tables.

    Raises
    ------
    ConfigError
        A pair has no ``=`` or no key.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not (key.strip() and equals):
            raise ConfigError(f"{pair!r} is no setting; write it like teacher.batch=4")
        nested: Any = _value(text.strip())
        for part in reversed(key.strip().split(".")):
            nested = {part: nested}
        settings = merge(settings, nested)
    return settings


def _value(text: str) -> Any:
    """Return a TOML value, or the text itself where it is none (a word, a path)."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text
