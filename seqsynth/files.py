"""Files written whole or not at all, hashes of files, and JSON that is the same every time.

A file is written beside its place, under its own name, a random token and ``.partial``, and moved
into place once it is on the disk. Nobody can foresee the token, so nobody can plant a link there.
"""

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

PARTIAL_SUFFIX = ".partial"

_TOKEN_BYTES = 8
_LONGEST_NAME_BYTES = 255
"""Of a file's name on every file system in common use."""

_PARTIAL = re.compile(r"(?P<name>.+)\.[0-9a-f]{16}\.partial", re.DOTALL)
"""A name that `partial_name` returns."""

DEEPEST = 64
"""Levels of nesting that are read from a file."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_MOST_DIGITS = 21

_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all, text as UTF-8; see `storable`.

    Raises
    ------
    OSError
        The disk is full or the folder cannot be written; what stood there still stands.
    """
    with whole_stream(path) as stream:
        stream.write(storable(content).encode() if isinstance(content, str) else content)


@contextmanager
def whole_stream(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose content becomes the file once the block ends without an error.

    Raises
    ------
    OSError
        See `write_whole`.
    """
    with _placed(path) as (_, descriptor), os.fdopen(descriptor, "r+b") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Yield the path of an empty file whose content becomes the file once the block ends.

    For libraries that open a path themselves; where there is a choice, take `whole_stream`.

    Raises
    ------
    OSError
        See `write_whole`.
    """
    with _placed(path) as (partial, descriptor):
        os.close(descriptor)
        yield partial
        sync_file(partial)


@contextmanager
def _placed(path: Path) -> Iterator[tuple[Path, int]]:
    """Make a partial file and move it into place; on any error remove it and keep the old file."""
    partial = path.with_name(partial_name(path.name))
    # Exclusively: never what stands there already, nor what a link there points to.
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        yield partial, descriptor
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # what went wrong before is what matters
            partial.unlink()
        raise
    sync_folder(path.parent)


def storable(text: str) -> str:
    r"""Return a text as UTF-8 can hold it: of names what is no text is written out, `\udce9`."""
    return text.encode(errors="backslashreplace").decode()


def real_path(path: Path) -> Path:
    """Return where a path leads, all links followed; `Path.resolve` has no answer to a circle."""
    return Path(os.path.realpath(path))


def partial_name(name: str) -> str:
    """Return a name nobody can foresee under which a file is written before it gets its own."""
    tail = f".{secrets.token_hex(_TOKEN_BYTES)}{PARTIAL_SUFFIX}"
    return os.fsdecode(os.fsencode(name)[: _LONGEST_NAME_BYTES - len(tail)]) + tail


def partial_target(name: str) -> str | None:
    """Return the name of the file a partial file was to become; None of any other file's name."""
    found = _PARTIAL.fullmatch(name)
    return None if found is None else found["name"]


def sync_file(path: Path) -> None:
    """Make the content of a file survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where its file system can do so."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def hash_file(path: Path) -> tuple[int, str]:
    """Return a file's size in bytes and its sha256 in hexadecimal."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return stream.tell(), digest


class HashedWriter:
    """Write to a stream and hash what is written on the way.

    Parameters
    ----------
    stream : where the content goes

    Attributes
    ----------
    nbytes : number of bytes written
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.nbytes = 0
        self._stream = stream
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Hash of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, content: bytes) -> int:
        """Write all of the content and return its size."""
        self._stream.write(content)
        self._digest.update(content)
        self.nbytes += len(content)
        return len(content)


def canonical_json(document: Mapping[str, Any]) -> str:
    """Return the JSON that fingerprints and digests are taken of: keys sorted, no spaces."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_sha256(document: Mapping[str, Any]) -> str:
    """Return the sha256 of a document's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def parse_json(content: bytes | str) -> Any:
    """Return what a file of JSON from anywhere says.

    Raises
    ------
    ValueError
        It is no JSON, nests deeper than `DEEPEST` (which no file of ours does, and no work on it
        would survive), or holds a number that is none, or beyond all that is stored.
    """
    text = content.decode() if isinstance(content, bytes) else content
    if nesting(text) > DEEPEST:
        raise ValueError(f"it nests deeper than {DEEPEST} levels")
    return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_refuse)


def nesting(text: str) -> int:
    """Return how deep brackets nest in JSON or TOML, those within quotes left out."""
    outside = _QUOTED.sub("", text)
    steps = (1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(outside))
    return max(accumulate(steps), default=0)


def _whole(text: str) -> int:
    number = int(text) if len(text) <= _MOST_DIGITS else _refuse(text)
    return number if abs(number) < 2**64 else _refuse(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text[:_MOST_DIGITS]} is no number that can be stored")


def json_line(document: Any) -> str:
    """Return a document as one line of JSON, keys sorted, without the line's end."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def json_text(document: Mapping[str, Any]) -> str:
    """Return a document as a file of JSON to be read by people: keys sorted, a line each."""
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
