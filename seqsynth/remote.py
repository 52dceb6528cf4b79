"""Folders at URLs: files are fetched whole, once, into a local cache, and held to their sha256.

Any URL that fsspec knows will do (``https://``, ``s3://``, ``memory://``, ...); fsspec, the extra
``remote``, is loaded where one is used. What the files mean is their readers' business.
"""

import fcntl
import hashlib
import logging
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from seqsynth.errors import OutputError, SeqsynthError, ShardError
from seqsynth.files import (
    PARTIAL_SUFFIX,
    HashedWriter,
    hash_file,
    real_path,
    whole_stream,
    write_whole,
)

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""Times a file is asked for where the connection fails."""

PAUSE_S = 1.0
"""Wait before the second attempt; doubled before each further one."""

SILENCE_S = 60.0
"""Seconds without a byte after which an HTTP connection is given up."""

CHUNK_BYTES = 2**20

BLOCK_BYTES = 32 * 2**20
"""Bytes a request of the stores that are read in blocks (s3, gs, ...)."""

MOST_SAID = 120
"""Characters of a host's own words that are repeated."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:://|::)")
_HTTP = ("http", "https")
_SECRETS = re.compile(r"(?<=://)[^/]*@|\?.*?(?=::|$)")
"""User and password, and the query of a link of a chain: both may be keys."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PASSING = frozenset({408, 425, 429})
"""HTTP answers of the 400s that another attempt may mend."""

T = TypeVar("T")


class UnreachableError(ShardError):
    """A host gave no whole answer, which may pass."""


def is_url(path: str | Path) -> bool:
    """Tell a URL from a path: a URL is text that starts with its protocol."""
    return isinstance(path, str) and _URL.match(path) is not None


def cache_folder() -> Path:
    """Return where fetched files are kept: $SEQSYNTH_CACHE, or seqsynth in the user's cache."""
    if chosen := os.environ.get("SEQSYNTH_CACHE"):
        return Path(chosen).expanduser().absolute()
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "seqsynth"


@dataclass(frozen=True)
class RemoteFolder:
    """A folder at a URL; nothing is opened before it is used, so it may be pickled and forked.

    Attributes
    ----------
    root : URL without final slash and query
    query : query of an http URL, which every file's URL repeats; it may hold a key, so no message
        shows it
    cache : local folder of what was fetched
    """

    root: str
    query: str
    cache: Path

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the folder at a URL, cached in `cache_folder`."""
        query = ""
        if url.startswith(tuple(f"{protocol}://" for protocol in _HTTP)):
            url, mark, query = url.partition("?")
            query = mark + query
        return cls(url if url.endswith("://") else url.rstrip("/"), query, cache_folder())

    def __str__(self) -> str:
        """Return the URL without what nobody else should read."""
        return _SECRETS.sub("", self.root)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.root.partition("::")[0].rpartition("/")[2]

    def without_suffix(self, suffix: str) -> "RemoteFolder":
        """Return the folder without the end of its URL, where it ends so."""
        return replace(self, root=self.root.removesuffix(suffix))

    def read(self, name: str, parse: Callable[[bytes], T]) -> T:
        """Read a small file anew and return what ``parse`` makes of it.

        Its last content that could be parsed is kept, and used with a warning while the host
        cannot be reached.

        Raises
        ------
        ShardError
            There is no such file, no access, or neither an answer nor a kept copy.
        """
        key = hashlib.sha256(_join(self.root, name).encode()).hexdigest()
        kept = self.cache / "indexes" / f"{key}.json"
        try:
            content = _patiently(lambda: self._read(name))
        except UnreachableError as error:
            try:
                _check_inside(kept, self.cache)
                content = kept.read_bytes()
            except OSError:
                raise error from None
            log.warning("%s; going on with the copy read before", error)
            return parse(content)
        result = parse(content)
        _keep(kept, content)
        return result

    def holds(self, name: str, *, nbytes: int, sha256: str) -> bool:
        """Tell whether a file is cached."""
        return _has_size(self._target(name, sha256), nbytes)

    def fetch(self, name: str, *, nbytes: int, sha256: str, recheck: bool = False) -> Path:
        """Return a local copy of a file, fetching it unless it is cached.

        Copies go by their sha256, so sets with equal files share them. A copy was hashed when it
        came in and is trusted afterwards, if its size holds. Threads and processes that want the
        same file wait for the first, which fetches it.

        Parameters
        ----------
        nbytes, sha256 : what the file must be
        recheck : hash a cached copy again, and fetch it anew if it was damaged

        Raises
        ------
        ShardError
            The file cannot be fetched, or is not what it must be.
        OutputError
            The cache cannot be written.
        """
        target = self._target(name, sha256)
        if _is_sound(target, nbytes, sha256 if recheck else None):
            return target
        lock = self.cache / "locks" / target.parent.name
        _check_inside(lock, self.cache)
        with _cache_errors(self.cache), _alone(lock) as is_alone:
            _check_inside(target, self.cache)
            # Whoever held the lock before may have fetched it.
            if not _is_sound(target, nbytes, sha256 if recheck else None):
                log.info("fetching %s/%s, %.1f MB", self, name, nbytes / 1e6)
                _make_way(target, tidy=is_alone)
                with whole_stream(target) as stream:
                    _patiently(lambda: self._fill(stream, name, nbytes, sha256))
        return target

    def _target(self, name: str, sha256: str) -> Path:
        # An index is input like any other: its hashes must not lead out of the cache.
        if not _SHA256.fullmatch(sha256):
            raise ShardError(f"{self}/{name}: {sha256!r} is no sha256, so it cannot be checked")
        return self.cache / "files" / sha256[:2] / f"{sha256}{Path(name).suffix}"

    def _read(self, name: str) -> bytes:
        with _failures(f"{self}/{name}"):
            system, path = _open_system(_join(self.root, name) + self.query)
            return bytes(system.cat_file(path))

    def _fill(self, stream: BinaryIO, name: str, nbytes: int, sha256: str) -> None:
        """Write the file to a stream, from its start, hashing it on the way."""
        stream.seek(0)
        stream.truncate()
        written = HashedWriter(stream)
        for chunk in self._chunks(name, nbytes):
            if written.nbytes + len(chunk) > nbytes:
                raise ShardError(
                    f"{self}/{name} is longer than the {nbytes} bytes the index "
                    "says: it was changed; open the set again"
                )
            written.write(chunk)
        if written.nbytes < nbytes:
            raise UnreachableError(
                f"{self}/{name} ended after {written.nbytes} of {nbytes} bytes; try "
                "again, or ask whoever keeps it"
            )
        if (found := written.sha256) != sha256:
            raise ShardError(
                f"{self}/{name} has sha256 {found[:12]}..., the index says "
                f"{sha256[:12]}...: it was changed or damaged; open the set again, "
                "or ask whoever keeps it"
            )

    def _chunks(self, name: str, nbytes: int) -> Iterator[bytes]:
        with _failures(f"{self}/{name}"):
            system, path = _open_system(_join(self.root, name) + self.query)
            # One answer a file: fsspec would otherwise ask for its length and then for blocks.
            is_http = "https" in system.protocol
            how = {"block_size": 0, "size": nbytes} if is_http else {"block_size": BLOCK_BYTES}
            with system.open(path, "rb", **how) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk


def _join(root: str, name: str) -> str:
    """Return the URL of a file; of a chain (zip://sets::https://...) the first path is meant."""
    links = root.split("::")
    place = next((n for n, link in enumerate(links) if "://" in link), 0)
    links[place] = f"{links[place]}{'' if links[place].endswith('/') else '/'}{name}"
    return "::".join(links)


def _open_system(url: str) -> tuple[Any, str]:
    """Return fsspec's file system of a URL and the path in it."""
    import fsspec  # noqa: PLC0415  # an optional extra, loaded where it is asked for

    protocols = [protocol for protocol in _HTTP if f"{protocol}://" in url]
    system, path = fsspec.core.url_to_fs(url, **{name: _patience(name) for name in protocols})
    return system, path


def _patience(protocol: str) -> dict[str, Any]:
    """Return the options of an HTTP connection: its user's own, and time for large files."""
    import aiohttp  # noqa: PLC0415  # of the optional extra, as above
    import fsspec  # noqa: PLC0415  # likewise

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_follow_to_same_host)
    # By default aiohttp gives up after five minutes, however well the bytes flow.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE_S, sock_read=SILENCE_S)
    own = fsspec.config.conf.get(protocol, {}).get("client_kwargs", {})
    traces = [*own.get("trace_configs", ()), trace]
    return {"client_kwargs": {"timeout": timeout, **own, "trace_configs": traces}}


async def _follow_to_same_host(session: Any, context: Any, redirect: Any) -> None:
    """Refuse to be sent on to another host: nobody has said that it may be asked, or answer.

    Raises
    ------
    ShardError
        The answer names another host or port, or is less private.
    """
    here = redirect.response.url
    there = here.join(type(here)(redirect.response.headers.get("Location", "")))
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    upgrade = (here.scheme, there.scheme) == ("http", "https") and here.host == there.host
    if not (same or (upgrade and there.is_default_port())):
        shown = there.with_query(None).with_user(None) if there.is_absolute() else there
        raise ShardError(
            f"{here.with_query(None).with_user(None)}: the host sends on to another one, {shown}, "
            "which is not followed; give that address itself if you trust it"
        )


@contextmanager
def _failures(url: str) -> Iterator[None]:
    """Turn whatever goes wrong at a URL into one sentence.

    Raises
    ------
    UnreachableError
        It may pass.
    ShardError
        It will not.
    """
    try:
        yield
    except SeqsynthError:
        raise
    except ImportError as error:
        raise ShardError(
            f"{url}: reading it needs another package ({_words(error)}); pip install "
            "seqsynth[remote], or the package named"
        ) from error
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise ShardError(f"{url}: there is no such file; check the address") from error
    except Exception as error:  # every backend of fsspec has errors of its own
        raise _sentence(url, error) from error


def _sentence(url: str, error: Exception) -> ShardError:
    status = getattr(error, "status", None)
    if isinstance(error, PermissionError) or status in (401, 403):
        return ShardError(f"{url}: access is denied; check the address and your credentials")
    if isinstance(status, int):
        words = " ".join(str(getattr(error, "message", "")).split())[:MOST_SAID]
        said = f"{url}: the host answers {status} {words}".rstrip()
        if 400 <= status < 500 and status not in _PASSING:
            return ShardError(f"{said}; check the address")
        return UnreachableError(f"{said}; try again later")
    if isinstance(error, ValueError):
        return ShardError(f"{url}: {_words(error)}; check the address")
    return UnreachableError(
        f"{url}: cannot be reached ({_words(error)}); check the address and "
        "the network, or try again later"
    )


def _words(error: Exception) -> str:
    """Return an error's text on one line; some have none."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return " ".join(str(error).split())[: 2 * MOST_SAID] or type(error).__name__


def _patiently(work: Callable[[], T]) -> T:
    """Do some work, again where it fails for a reason that may pass."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return work()
        except UnreachableError as error:
            log.info("%s; attempt %d of %d", error, attempt + 2, ATTEMPTS)
            time.sleep(PAUSE_S * 2**attempt)
    return work()


def _has_size(path: Path, nbytes: int) -> bool:
    """Tell a file of a size; a link in its place was planted."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == nbytes


def _is_sound(path: Path, nbytes: int, sha256: str | None) -> bool:
    """Tell whether a cached copy holds; its hash counts where one is given."""
    if not _has_size(path, nbytes):
        return False
    if sha256 is None:
        return True
    return hash_file(path)[1] == sha256


@contextmanager
def _alone(lock: Path) -> Iterator[bool]:
    """Be alone among all threads and processes that name the same lock; say whether that is so.

    Where the disk has no locks nobody waits: a file may then be fetched twice, each time whole,
    under a name of its own. The lock is a file of its own: HDF5 refuses to open a file that
    somebody has locked.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(lock, flags, 0o666)
    with os.fdopen(descriptor, "ab") as stream:  # closing it unlocks: no lock outlives its holder
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            log.info(
                "%s: no locks there (%s), so a file may be fetched twice",
                lock.parent,
                error.strerror,
            )
            is_alone = False
        else:
            is_alone = True
        yield is_alone


def _check_inside(path: Path, cache: Path) -> None:
    """Refuse a place in the cache that a link leads out of it.

    Raises
    ------
    OutputError
        A folder on the way is such a link.
    """
    if not real_path(path.parent).is_relative_to(real_path(cache)):
        raise OutputError(
            f"{path} lies outside the cache {cache}: a link on the way leads there; remove the "
            "link, or set SEQSYNTH_CACHE to another folder"
        )


def _make_way(target: Path, *, tidy: bool) -> None:
    """Make a file's folder, and (tidy) remove what a killed process left; others wait meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not tidy:
        return
    for path in target.parent.glob(f"{target.name}.*{PARTIAL_SUFFIX}"):
        path.unlink(missing_ok=True)
    target.with_name(f"{target.name}{PARTIAL_SUFFIX}").unlink(missing_ok=True)


def _keep(kept: Path, content: bytes) -> None:
    """Keep a small file for times without a connection; not being able to is no fault."""
    try:
        _check_inside(kept, kept.parent.parent)
        if kept.exists() and kept.read_bytes() == content:
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, content)
    except OSError as error:
        log.info("%s: not kept (%s)", kept, error.strerror)


@contextmanager
def _cache_errors(cache: Path) -> Iterator[None]:
    """Turn the system's refusal to write to the cache into one sentence."""
    try:
        yield
    except SeqsynthError:
        raise
    except OSError as error:
        raise OutputError(
            f"the cache {cache} cannot be written ({error.strerror or error}); make room, or set "
            "SEQSYNTH_CACHE to another folder"
        ) from error
