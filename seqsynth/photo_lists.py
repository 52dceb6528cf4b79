"""Lists of photos as they go round: an id a line, file names, paths, and the class lists of VOC."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seqsynth.errors import SourceError
from seqsynth.pictures.folders import same_name
from seqsynth.pictures.formats import PHOTOS, SUFFIXES

_SUFFIXES = frozenset().union(*(SUFFIXES[one] for one in PHOTOS))
"""What an id is without; those of photos that cannot be read here, too."""

_LABELLED = re.compile(r"(\S.*?)\s+(?:\d+\s+)?(\+?1|0|-1)(?:\.0+)?")
"""An id, in lists of actions the number of a person in the photo, and a label; some programs write
it as +1, or as 1.0."""

NAMED = 3
"""Names that a sentence gives of many."""


@dataclass(frozen=True)
class ClassList:
    """A list of VOC that says of each photo whether it shows a class.

    Attributes
    ----------
    shown : ids of those that do (label 1), in order
    difficult : number of photos in which it is hard to see (label 0)
    without : number of photos without it (label -1)
    """

    shown: tuple[str, ...]
    difficult: int
    without: int

    def describe(self) -> str:
        """Say what is taken of the list and what is not."""
        total = len(self.shown) + self.difficult + self.without
        return (
            f"a class list: {len(self.shown)} of its {total} photos show the class (label 1) and "
            f"are taken; left out: {self.difficult} difficult (0), {self.without} without it (-1)"
        )


def read_lines(path: Path) -> list[str]:
    """Return the lines of a list that say anything, without the blanks around them.

    Raises
    ------
    SourceError
        The file cannot be read, or is no text.
    """
    return [line.strip() for line in read_text(path, "list of ids").splitlines() if line.strip()]


def read_text(path: Path, noun: str) -> str:
    """Return the text of a file that is to be a list of some kind, without its BOM.

    Raises
    ------
    SourceError
        The file cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: is no {noun}: it is not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error


def as_class_list(lines: Sequence[str], is_name: Callable[[str], bool]) -> ClassList | None:
    """Read lines as a class list of VOC; None where they are none.

    Parameters
    ----------
    is_name : tells whether a whole line is the name of a photo, which then ends in no label
    """
    matches = [_LABELLED.fullmatch(line) for line in lines]
    if not lines or not all(matches) or any(map(is_name, lines)):
        return None
    labels: dict[str, int] = {}
    for match in matches:
        if match is not None:
            name, label = match[1], int(match[2])
            # Of several people in a photo one is enough.
            labels[name] = max(labels.get(name, -1), label)
    of = {label: tuple(n for n, found in labels.items() if found == label) for label in (1, 0, -1)}
    return ClassList(of[1], len(of[0]), len(of[-1]))


def without_suffix(name: str) -> str:
    """Return a file's name as an id: without its suffix, if it is a photo's."""
    path = Path(name)
    return path.with_suffix("").as_posix() if path.suffix.lower() in _SUFFIXES else path.as_posix()


def match_names(listed: Iterable[str], known: Collection[str]) -> tuple[set[str], list[str]]:
    """Find what the lines of a list stand for among known names; return it, and lines unmatched.

    A line may be a name, one with a suffix, a path that ends in one, or such a thing followed by
    more words; a file name alone may stand for the one name in a folder that ends in it. Names that
    differ only in how accents are stored are one.
    """
    alike: dict[str, set[str]] = {}
    tails: dict[str, set[str]] = {}
    for name in known:
        for form in {same_name(name), same_name(without_suffix(name))}:
            alike.setdefault(form, set()).add(name)
            tails.setdefault(PurePosixPath(form).name, set()).add(name)
    found: set[str] = set()
    unmatched = []
    for line in listed:
        names = _stands_for(line, alike, tails)
        found |= names
        if not names:
            unmatched.append(line)
    return found, unmatched


def describe_unmatched(unmatched: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(unmatched) - NAMED} more" if len(unmatched) > NAMED else ""
    return ", ".join(unmatched[:NAMED]) + more


def _stands_for(
    line: str, alike: Mapping[str, set[str]], tails: Mapping[str, set[str]]
) -> set[str]:
    for words in (line, line.split(maxsplit=1)[0]):
        for form in forms_of(words):
            if form in alike:
                return alike[form]
            if "/" not in form and len(tails.get(form, ())) == 1:
                return tails[form]
    return set()


def forms_of(words: str) -> Iterator[str]:
    """Yield what a path may name: all of it, then shorter and shorter ends, without suffix too."""
    parts = PurePosixPath(same_name(words.replace("\\", "/"))).parts
    for start in range(len(parts)):
        end = "/".join(parts[start:]).lstrip("/")
        yield end
        yield without_suffix(end)
