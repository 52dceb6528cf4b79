"""Libraries of the extra ``export``, loaded where a layout asks for them."""

import importlib
from typing import Any

from seqsynth.errors import ConfigError


def load(module: str, layout: str) -> Any:
    """Import an optional library.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"layout {layout} needs the package {module.partition('.')[0]}; "
            "pip install seqsynth[export]"
        ) from error
