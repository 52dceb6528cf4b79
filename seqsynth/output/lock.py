"""One writer at a time: a folder is locked, itself, so that no lock file is left.

Where the file system has no locks (NFS without its lock service, some clusters) an owner file in
the folder stands for the lock while the work goes on; see `seqsynth.output.owner`.
"""

import fcntl
import logging
import os
from pathlib import Path

from seqsynth.errors import OutputError
from seqsynth.output.disk import as_output_error
from seqsynth.output.owner import OWNER_NAME, Owner, clear_stale

log = logging.getLogger(__name__)


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
        self._owner: Owner | None = None
        self._descriptor = _open(folder)
        try:
            if not os.access(folder, os.W_OK | os.X_OK):
                raise OutputError(f"{folder}: no permission to write there")
            if _lock(self._descriptor, folder):
                # One that works where there are no locks does not see this one's lock.
                with as_output_error(folder / OWNER_NAME):
                    clear_stale(folder)
            else:
                log.info("%s: no locks there; %s stands for one", folder, OWNER_NAME)
                with as_output_error(folder / OWNER_NAME):
                    self._owner = Owner(folder)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Let others write to the folder."""
        if self._owner is not None:
            self._owner.release()
        os.close(self._descriptor)


def is_owner_file(name: str) -> bool:
    """Tell the names that an owner file, and the file by which one is taken over, have."""
    return name == OWNER_NAME or name.startswith(f"{OWNER_NAME}.")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from error


def _open(folder: Path) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be locked ({error.strerror})") from error


def _lock(descriptor: int, folder: Path) -> bool:
    """Lock an open folder; False where its file system has no locks.

    File systems say so by many a number (ENOLCK, ENOSYS, EOPNOTSUPP, EACCES, EIO, 524, ...); one
    alone says that somebody else holds the lock.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{folder} is in use by another run; wait for it or stop it") from None
    except OSError as error:
        log.info("%s: cannot be locked (%s)", folder, error.strerror)
        return False
    return True
