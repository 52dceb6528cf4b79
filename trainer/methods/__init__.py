"""The learned methods of the paper's Table 1: network, losses and recipe, one module each.

`find_method` knows them by name. ``module:NAME`` names a method that somebody else wrote.
"""

import importlib
from typing import TYPE_CHECKING, Any

from seqsynth.errors import ConfigError

if TYPE_CHECKING:
    from trainer.methods.method import Method

NAMES = ("ceilnet", "zhang", "bdn", "rmnet", "errnet", "corrn", "ibcln")
"""In the order of Table 1."""

OURS = ("veil",)
"""What is in no table of the field."""


def find_method(name: str) -> "Method[Any]":
    """Return a method by its name, or the value NAME of a module by ``module:NAME``.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    module, colon, value = name.partition(":")
    if not colon:
        if name not in (*NAMES, *OURS):
            raise ConfigError(
                f"unknown method {name!r}; known are student, {', '.join((*NAMES, *OURS))}, and "
                "one of your own as MODULE:NAME"
            )
        module, value = f"trainer.methods.{name}", "METHOD"
    try:
        method = getattr(importlib.import_module(module), value)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"method {name!r} cannot be imported: {error}") from error
    # Settings are read without torch: it comes with the first method.
    wanted = importlib.import_module("trainer.methods.method").Method
    if not isinstance(method, wanted):
        raise ConfigError(f"method {name!r} is a {type(method).__name__}, a Method is wanted")
    found: Method[Any] = method
    return found
