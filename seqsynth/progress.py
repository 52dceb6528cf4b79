"""How long work tells whoever waits for it how far it is; the library itself stays silent."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Advance(Protocol):
    """Move a progress bar on."""

    def __call__(self, steps: int = 1) -> None:
        """Count ``steps`` more units as done."""


class Progress(Protocol):
    """Show the progress of a piece of work for as long as it lasts."""

    def __call__(
        self, label: str, total: int, unit: str, *, done: int = 0
    ) -> AbstractContextManager[Advance]:
        """Begin to show ``total`` units, ``done`` of which were finished before."""


@contextmanager
def untold(label: str, total: int, unit: str, *, done: int = 0) -> Iterator[Advance]:
    """Show nothing: the progress of work that nobody watches."""
    yield lambda steps=1: None
