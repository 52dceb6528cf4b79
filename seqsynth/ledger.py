"""Results beside a person's own files: what was not written here is never written over untold.

``SHA256SUMS`` in a folder of results records each file written there, in the form that
``sha256sum -c`` reads. A file that stands there and is not as recorded is somebody else's, or was
edited since: either way it is no result to be replaced in silence.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from seqsynth.errors import OutputError
from seqsynth.files import hash_file, storable, whole_stream

SUMS_NAME = "SHA256SUMS"

MARK = "# written by seqsynth: what is recorded here may be replaced by the same command"

_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<name>[^/\n]+)")


def check_results(folder: Path, names: Iterable[str], *, overwrite: bool = False) -> None:
    """Refuse a folder that takes no files, and to write over those that were not written here.

    Parameters
    ----------
    names : of the files to be written, at the folder's top
    overwrite : replace whatever stands there

    Raises
    ------
    OutputError
        The folder cannot be made or written, or a file of such a name stands there and is not as
        it was recorded; it is named.
    """
    _check_folder(folder)
    if overwrite:
        return
    recorded = _recorded(folder)
    for name in (SUMS_NAME, *names):
        path = folder / name
        if not (path.is_symlink() or path.exists()):
            continue
        if name == SUMS_NAME:
            is_own = bool(recorded) or _is_marked(path)
        else:
            is_own = name in recorded and _hash(path) in recorded[name]
        if not is_own:
            raise OutputError(
                f"{path} was not written by this command, or was changed since; move it away, "
                "choose another --out, or --overwrite to replace it"
            )


def _check_folder(folder: Path) -> None:
    """Refuse now what would otherwise be refused when the work is done."""
    above = folder.absolute()
    while not os.path.lexists(above):
        above = above.parent
    if not above.is_dir():
        raise OutputError(f"{folder} cannot be made: {above} is no folder; choose another --out")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(
            f"{folder} cannot be written: {above} may only be read; choose another --out"
        )


def write_results(
    folder: Path, files: Mapping[str, bytes | str], *, overwrite: bool = False
) -> None:
    """Write results into a folder, each whole or not at all, and record them.

    Raises
    ------
    OutputError
        See `check_results`; or a file cannot be written: what stood there before still does.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_results(folder, files, overwrite=overwrite)
        contents = {n: storable(c).encode() if isinstance(c, str) else c for n, c in files.items()}
        old = _recorded(folder)
        new = {name: {_digest(content)} for name, content in contents.items()}
        # First both, the old and the new: a stop in between leaves nothing that looks foreign.
        _record(folder, {name: old.get(name, set()) | new.get(name, set()) for name in old | new})
        for name, content in contents.items():
            with whole_stream(folder / name) as stream:
                stream.write(content)
        _record(folder, old | new)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{error.filename or folder} cannot be written ({error.strerror or error})"
        ) from error


def _record(folder: Path, digests: Mapping[str, Iterable[str]]) -> None:
    lines = [f"{digest}  {name}" for name in sorted(digests) for digest in sorted(digests[name])]
    with whole_stream(folder / SUMS_NAME) as stream:
        stream.write(os.fsencode("".join(f"{line}\n" for line in (MARK, *lines))))


def _recorded(folder: Path) -> dict[str, set[str]]:
    """Return what is on record: name -> sha256; nothing where the record is not ours."""
    path = folder / SUMS_NAME
    if not _is_marked(path):
        return {}
    digests: dict[str, set[str]] = {}
    for line in os.fsdecode(path.read_bytes()).splitlines():
        if found := _LINE.fullmatch(line):
            digests.setdefault(found["name"], set()).add(found["sha256"])
    return digests


def _is_marked(path: Path) -> bool:
    try:
        return path.is_file() and path.read_bytes().startswith(MARK.encode())
    except OSError:
        return False


def _hash(path: Path) -> str:
    try:
        return hash_file(path)[1] if path.is_file() and not path.is_symlink() else ""
    except OSError:
        return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
