"""Types of the paths that commands take."""

from pathlib import Path
from typing import Any

import click

from seqsynth.remote import is_url


class OutPath(click.Path):
    """A local folder to write to, as a `Path`."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | Any:
        """Refuse a URL, which as a path would become folders of odd names."""
        if isinstance(value, str) and is_url(value):
            self.fail(f"{value} is a URL; name a local folder to write to", param, ctx)
        return super().convert(value, param, ctx)


OUT_FOLDER = OutPath(path_type=Path, file_okay=False)
"""Of --out in every command that makes a folder."""

SETTINGS_FILE = click.Path(path_type=Path, dir_okay=False)
"""Of --config."""
