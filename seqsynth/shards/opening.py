"""Open a shard's HDF5 file to read it, locks or no locks, and tell why it cannot be.

A reader changes nothing, so it needs no lock. HDF5 takes one all the same, and where the file
system has none (NFS without its lock service, some clusters) a sound file would seem damaged or
forbidden: file systems refuse locks by many numbers, those of a failing disk among them. So what
fails is tried without a lock, then judged by the system's own number, and a file is called torn
only after its bytes have been looked at.
"""

import errno
import os
from pathlib import Path

import h5py

from seqsynth.errors import ShardError
from seqsynth.output.disk import wrapped_errno
from seqsynth.shards.container import named_failures

SIGNATURE = b"\x89HDF\r\n\x1a\n"

_HELD = (errno.EAGAIN, errno.EWOULDBLOCK)
"""What says that somebody else holds a lock that clashes with a reader's."""

_OTHER_LOCKING = "file locking flag values"
"""HDF5's words where this process has the file open already, with the other way of locking."""


def open_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file to read it.

    Locking is as h5py has it by default, since HDF5 refuses to open a file twice in one process
    with different settings, and users open shards themselves beside us; where that fails it is
    done without.

    Raises
    ------
    ShardError
        It is missing, no regular file, forbidden, open for writing elsewhere, cannot be read, or is
        no HDF5 file or a torn one; whichever it is.
    """
    if path.exists() and not path.is_file():
        # A pipe would be waited for.
        raise ShardError(f"{path} is no regular file; copy the shard here")
    with named_failures(path):
        try:
            return _open(path)
        except OSError as error:
            raise ShardError(_sentence(path, error)) from error


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        number = _number(error)
        if number in _HELD or (number is None and _OTHER_LOCKING not in str(error)):
            raise
    return h5py.File(path, "r", locking=False)


def _sentence(path: Path, error: OSError) -> str:
    """Say what is the matter with a file that could not be opened."""
    number = _number(error)
    if number == errno.ENOENT:
        return f"{path}: the file is missing; copy it here again, or make the set anew"
    if number in _HELD:
        return (
            f"{path}: another program has it open for writing; close it there, then try again, or "
            "set HDF5_USE_FILE_LOCKING=FALSE if none has (the file itself need not be damaged)"
        )
    if number in (errno.EACCES, errno.EPERM):
        return f"{path}: no permission to read it; ask its owner"
    if number is not None:
        return (
            f"{path}: cannot be read ({os.strerror(number)}): the disk or the network says so, "
            "not the file's content; try again, or copy it from elsewhere"
        )
    return _judged(path, error)


def _judged(path: Path, error: OSError) -> str:
    """Say what is the matter with a file that the system reads and HDF5 does not."""
    try:
        with path.open("rb") as stream:
            head, size = stream.read(64), os.fstat(stream.fileno()).st_size
    except OSError as failure:
        return f"{path}: cannot be read ({failure.strerror})"
    if not head.startswith(SIGNATURE):
        found = f"it holds {size} bytes that begin otherwise" if size else "it is empty"
        return f"{path} is torn or no HDF5 file ({found}); run seqsynth verify"
    if (stated := _stated_size(head)) > size:
        return f"{path} is torn: {size} of its {stated} bytes are there; copy it here again"
    return f"{path} is damaged ({' '.join(str(error).split())}); run seqsynth verify"


def _stated_size(head: bytes) -> int:
    """Return where the content of an HDF5 file ends by its own account; 0 where none is known.

    Superblocks of version 2 and 3, which shards have, state it 28 bytes in.
    """
    return int.from_bytes(head[28:36], "little") if head[8:9] in (b"\2", b"\3") else 0


def _number(error: OSError) -> int | None:
    """Return the system's number of an error, also where h5py states it in words only."""
    return error.errno or wrapped_errno(error)
