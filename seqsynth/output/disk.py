"""What a disk refuses, in one sentence that names the file or folder."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqsynth.errors import OutputError, SeqsynthError


def check_room(needed: int, out: Path, advice: str) -> None:
    """Refuse a work whose ``needed`` bytes do not fit the disk of ``out``.

    Raises
    ------
    OutputError
        There is less room; ``advice`` says what would help.
    """
    free = shutil.disk_usage(out).free
    if needed > free:
        raise OutputError(
            f"{out}: {needed / 2**30:.2f} GiB are needed and {free / 2**30:.2f} GiB "
            f"are free; {advice}"
        )


@contextmanager
def as_output_error(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into one sentence that names the file or folder."""
    try:
        yield
    except SeqsynthError:
        raise
    except OSError as error:
        reason = reason_of(error)
        full = reason == os.strerror(errno.ENOSPC)
        advice = "; make room and run the same command again" if full else ""
        raise OutputError(f"{path}: cannot be written ({reason}){advice}") from error


def reason_of(error: OSError) -> str:
    """Return the system's words for an error, also where h5py wraps them in its own."""
    if error.strerror and "errno" not in error.strerror:
        return error.strerror
    number = wrapped_errno(error)
    return os.strerror(number) if number else str(error)


def wrapped_errno(error: Exception) -> int | None:
    """Return the system's number of an error that h5py wraps in words of its own."""
    number = re.search(r"errno = (\d+)", str(error))
    return int(number[1]) if number else None
