"""Settings: frozen pydantic models filled from defaults, a TOML file and overrides, in that order.

Every fault of a configuration is reported at once, in one error, each by the name a user typed.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from seqsynth.errors import ConfigError


class Settings(pydantic.BaseModel):
    """Base of all configurations: frozen, no unknown keys, no silent conversion of text."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", validate_default=True)


S = TypeVar("S", bound=Settings)


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


def check_settings(model: type[S], values: Mapping[str, Any]) -> S:
    """Validate ``values`` as a ``model``, naming every fault in one `ConfigError`."""
    try:
        return model.model_validate(dict(values))
    except pydantic.ValidationError as error:
        faults = [_sentence(fault, model) for fault in error.errors()]
        raise ConfigError("\n".join(faults)) from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file into a dictionary; `ConfigError` names the file and the faulty line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _sentence(fault: Any, model: type[Settings]) -> str:
    """Return one fault of pydantic's list as: key, value found, what is wrong."""
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = ", ".join(sorted(model.model_fields))
        return f"unknown setting {key!r}; known settings: {known}"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{key} = {fault['input']!r}: {message}" if key else message
