"""One writer at a time: a folder is locked, itself, so that no lock file is left."""

import fcntl
import os
from pathlib import Path

from seqsynth.errors import OutputError


class FolderLock:
    """The right to write to a folder, until it is released or the process ends.

    Parameters
    ----------
    folder : made if absent

    Raises
    ------
    OutputError
        The folder cannot be made or written, or is in use by another run.
    """

    def __init__(self, folder: Path) -> None:
        _make(folder)
        self._descriptor = _lock(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            self.release()
            raise OutputError(f"{folder}: no permission to write there")

    def release(self) -> None:
        """Let others write to the folder."""
        os.close(self._descriptor)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from error


def _lock(folder: Path) -> int:
    """Return the descriptor that holds the lock."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be locked ({error.strerror})") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OutputError(f"{folder} is in use by another run; wait for it or stop it") from None
    except OSError as error:
        os.close(descriptor)
        raise OutputError(f"{folder}: cannot be locked ({error.strerror})") from error
    return descriptor
