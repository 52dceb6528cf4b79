"""The owner file of a folder on a disk without locks: who writes there, in words people can act on.

It is created exclusively, so that one process has it, and states host, process and start time, so
that one left behind by a killed process can be told from one in use. Only a process of this very
machine can be known to have ended: of another machine's it is said who it was and what to remove.
"""

import contextlib
import datetime
import logging
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsynth.errors import OutputError
from seqsynth.files import json_line, parse_json

log = logging.getLogger(__name__)

OWNER_NAME = ".seqsynth-owner"
"""Name of the owner file, at the top of the folder that is written to."""

_MOST_BYTES = 4096
_TRIES = 3


class Owner:
    """The ownership of a folder, until it is released.

    Parameters
    ----------
    folder : where the owner file goes

    Raises
    ------
    OutputError
        Another process owns the folder, or may.
    OSError
        The file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / OWNER_NAME
        self._content = json_line({**_this_process(), "token": secrets.token_hex(8)}).encode()
        for _ in range(_TRIES):
            if _create(self._file, self._content):
                return
            clear_stale(folder)
        raise OutputError(f"{folder} is in use by another run; wait for it or stop it")

    def release(self) -> None:
        """Give the folder up; a file that is another's by now stays."""
        with contextlib.suppress(OSError):
            if _read(self._file) == self._content:
                self._file.unlink()


def clear_stale(folder: Path) -> None:
    """Remove the owner file of a process of this machine that has ended; none is no fault.

    Raises
    ------
    OutputError
        The owner may still be at work.
    """
    file = folder / OWNER_NAME
    content = _read(file)
    if content is None:
        return
    owner = _parsed(content)
    if _has_ended(owner):
        log.warning(
            "%s: process %s, which wrote there, has ended without saying so; going on after it",
            folder,
            owner["process"],
        )
        _remove(file, content, str(owner["token"]))
        return
    if not owner:
        raise OutputError(
            f"{folder} is in use by another run, or was: {OWNER_NAME} in it names nobody; if "
            "nothing writes there, remove that file"
        )
    raise OutputError(
        f"{folder} is in use by process {owner.get('process')} on {owner.get('host')}, begun "
        f"{owner.get('begun')}; wait for it or stop it; if it has ended, remove {file}"
    )


def _create(file: Path, content: bytes) -> bool:
    """Write the owner file unless there is one; say whether it was written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        descriptor = os.open(file, flags, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return True


def _read(file: Path) -> bytes | None:
    """Return what an owner file holds, None where there is none.

    No link is followed, and no pipe waited for.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(_MOST_BYTES)


def _parsed(content: bytes) -> Mapping[str, Any]:
    """Return what an owner file states; nothing where it is torn or somebody else's."""
    try:
        owner = parse_json(content)
        complete = {"host", "machine", "process", "started", "begun", "token"} <= owner.keys()
    except (ValueError, AttributeError, RecursionError):
        return {}
    is_ours = complete and type(owner["process"]) is int and str(owner["token"]).isalnum()
    return owner if is_ours else {}


def _remove(file: Path, content: bytes, token: str) -> None:
    """Remove a stale owner file, as the only process to do so.

    Whoever creates a file of the owner's token may; until it is gone again nobody else touches
    that owner's file, and nobody mistakes a new owner's for it.
    """
    claim = file.with_name(f"{OWNER_NAME}.{token}")
    if not _create(claim, b""):
        raise OutputError(
            f"{file.parent} is being taken over by another run; wait for it, or, if there is none, "
            f"remove {claim}"
        )
    try:
        if _read(file) == content:
            file.unlink()
    finally:
        claim.unlink()


def _this_process() -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {
        "host": socket.gethostname(),
        "machine": _machine(),
        "process": os.getpid(),
        "started": _started(os.getpid()),
        "begun": now,
    }


def _has_ended(owner: Mapping[str, Any]) -> bool:
    """Tell that an owner has ended; False where it runs, or where nobody here can know."""
    this = _this_process()
    if not owner or (owner["host"], owner["machine"]) != (this["host"], this["machine"]):
        return False
    try:
        os.kill(owner["process"], 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    # A number is given out again: another process of that number began at another time.
    return bool(owner["started"] and owner["started"] != _started(owner["process"]))


def _machine() -> str:
    """Return what tells one start of one machine, and one container in it, from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(process: int) -> str:
    """Return when a process began, in the kernel's own count; "" where that is unknown."""
    try:
        stated = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The second field is the program's name, in brackets, which may hold blanks and brackets.
    return stated.rpartition(")")[2].split()[19]
