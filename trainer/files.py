"""Write what a person asked for: whole or not at all, and an error that names the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from seqsynth.errors import OutputError
from seqsynth.files import whole_stream


def write_file(file: Path, content: bytes | str) -> None:
    """Write a file, text as UTF-8, and the folders above it.

    Raises
    ------
    OutputError
        There is no room, or no permission; what stood there before still does.
    """
    with open_file(file) as sink:
        sink.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def open_file(file: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose content becomes the file once the block ends without an error.

    Raises
    ------
    OutputError
        See `write_file`.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_stream(file) as sink:
            yield sink
    except OSError as error:
        raise OutputError(f"{file} cannot be written ({error.strerror or error})") from error
