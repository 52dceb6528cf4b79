"""What tells one kind of output folder from another: its names, its records, its words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Generic, Protocol, TypeVar

from seqsynth.errors import OutputError, SeqsynthError
from seqsynth.files import real_path


class Recorded(Protocol):
    """What is on record of a finished file, at the least what proves it whole."""

    @property
    def bytes(self) -> int:
        """Size of the file."""

    @property
    def sha256(self) -> str:
        """Hash of the file, in hexadecimal."""


R = TypeVar("R", bound=Recorded)


@dataclass(frozen=True)
class FileRecord:
    """Size and sha256 of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Head:
    """What is being made, as the first line of a journal states it.

    Attributes
    ----------
    fingerprint : of what determines the content
    configuration : the settings, in JSON types
    folders : folders made for it that may stay empty
    """

    fingerprint: str
    configuration: Mapping[str, Any]
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claims(Generic[R]):
    """What stands, or is being made, in a folder.

    Attributes
    ----------
    head : what it is
    records : file -> what is on record of it, as far as it is finished
    complete : whether all of it was finished
    """

    head: Head
    records: Mapping[str, R]
    complete: bool


@dataclass(frozen=True)
class OutputKind(Generic[R]):
    """A kind of output folder.

    Attributes
    ----------
    noun : what it is called
    journal : name of the file that says what is finished while the work goes on
    closing : names of the files that are written last and say what is there; the last of them
        tells a finished folder of this kind
    work : name of a folder in which files are made before they are moved into place; "" for none
    error : class of what is wrong with a journal of this kind, or with what it claims
    read_finished : reads what stands in a folder from its closing files; None where there is none
    head_document, head_of : a head as the journal's first line states it, and back
    documents, records_of : finished files as further lines of the journal, and one line back
    unrecorded : finds what a run of a fingerprint finished and was stopped before it could record
    owns : tells a file at the folder's top that belongs to the kind although nothing records it
    makes : tells the names at the folder's top that files of this kind may have, for what a stopped
        writer leaves half-written
    refuse_foreign : the sentence for a folder that holds these names of somebody else's
    refuse_other : the sentence for a folder that holds another output, "{}" for the difference
    unlike : what differs where no setting does
    after_torn : what to do about a folder whose journal is torn at its head
    """

    noun: str
    journal: str
    closing: tuple[str, ...]
    work: str
    error: type[SeqsynthError]
    read_finished: Callable[[Path], Claims[R] | None]
    head_document: Callable[[Head], Mapping[str, Any]]
    head_of: Callable[[Mapping[str, Any]], Head]
    documents: Callable[[Mapping[str, R]], Iterable[Mapping[str, Any]]]
    records_of: Callable[[Mapping[str, Any]], Mapping[str, R]]
    unrecorded: Callable[[Path, str], Iterable[Path]]
    owns: Callable[[Path], bool]
    makes: Callable[[str], bool]
    refuse_foreign: Callable[[Path, list[str]], str]
    refuse_other: Callable[[Path, str], str]
    unlike: str
    after_torn: Callable[[Path], str]


def checked_path(path: str) -> str:
    """Return a path that stays inside its folder: what is on record is input like any other.

    Raises
    ------
    ValueError
        It leads out of the folder.
    """
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute():
        raise ValueError(f"path {path!r} leads out of the folder")
    return path


def place_in(folder: Path, path: str) -> Path:
    """Return where a file lies that is to be written or removed, unless that is outside.

    Links on the way to it count; the file itself may be one, since it is replaced, not followed.

    Raises
    ------
    OutputError
        A link leads out of the folder.
    """
    place = folder / path
    if not real_path(place.parent).is_relative_to(real_path(folder)):
        raise OutputError(
            f"{place} lies outside {folder}: a link on the way leads there; remove the link"
        )
    return place
