"""Pictures in folders: which files count, which are other programs' litter, which are left out."""

import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from seqsynth.errors import SourceError
from seqsynth.files import real_path
from seqsynth.pictures.formats import EXTRAS, PHOTOS, SUFFIXES, PictureFormat, suffixes_of

LITTER = frozenset(
    {
        "__macosx",
        "@eadir",
        "@recycle",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "lost+found",
        "system volume information",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
    }
)
"""What zips, network disks and file managers lay beside photos, lower case."""

SUFFIXES_SHOWN = 6


@dataclass(frozen=True)
class FolderFiles:
    """One folder of a walk: its path, and the names of the folders and files in it."""

    path: Path
    folders: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class PictureListing:
    """The pictures below a folder.

    Attributes
    ----------
    folder : where they were looked for
    files : their paths from there with "/" between parts, in the order of their bytes
    folders : the folders that were looked through, linked ones last; "." is the first
    others : suffix, lower case -> number of files of other kinds, litter not counted
    doubles : HEIC files left out because the photo is there in another format, too; as ``files``
    """

    folder: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    others: Mapping[str, int]
    doubles: tuple[str, ...] = ()

    def paths(self) -> list[Path]:
        """Return where the pictures lie."""
        return [self.folder / name for name in self.files]

    def describe_left_out(self) -> str:
        """Say what is left out, as "6 files of other kinds left out: .heic"; "" for nothing."""
        parts = [describe_others(self.others)] if self.others else []
        if self.doubles:
            files = "HEIC file" if len(self.doubles) == 1 else "HEIC files"
            parts.append(f"{len(self.doubles)} {files} left out beside a photo of the same name")
        return "; ".join(parts)


def list_pictures(
    folder: Path,
    suffixes: Collection[str] | None = None,
    *,
    outside: Iterable[Path] = (),
) -> PictureListing:
    """Find the pictures anywhere below a folder by their suffixes.

    ``suffixes`` are in lower case; by default those of `PHOTOS` that can be read here.

    Left out are hidden files and litter, and what lies below the folders ``outside``, such as the
    one that results go to. Linked folders are followed once. Of a photo that phones hand out twice,
    IMG_1.HEIC and IMG_1.JPG, the second is taken.

    Raises
    ------
    SourceError
        A folder may not be read.
    """
    known = suffixes_of(PHOTOS) if suffixes is None else suffixes
    files, folders = [], []
    others: Counter[str] = Counter()
    for found in walk(folder, outside=outside):
        inside = found.path.relative_to(folder)
        folders.append(inside.as_posix())
        for name in found.files:
            suffix = PurePath(name).suffix.lower()
            if suffix in known:
                files.append((inside / name).as_posix())
            else:
                others[suffix] += 1
    files.sort(key=os.fsencode)
    doubles = _doubles(files)
    kept = tuple(name for name in files if name not in doubles)
    return PictureListing(folder, kept, tuple(folders), dict(others), tuple(doubles))


def walk(root: Path, *, outside: Iterable[Path] = ()) -> Iterator[FolderFiles]:
    """Yield a folder and those below it without litter, real ones before linked ones.

    No folder comes twice: a link back to one that was seen, to one above the root or to one of
    ``outside`` is not followed. The root itself always is.

    Raises
    ------
    SourceError
        A folder may not be read.
    """
    barred = (*outside, *real_path(root).parents)
    seen = {identity for path in barred if (identity := _identity(path)) is not None}
    starts = [root]
    while starts:
        start = starts.pop(0)
        if start == root or _identity(start) not in seen:
            links: list[Path] = []
            yield from _walk_real(start, seen, links)
            starts = sorted({*starts, *links}, key=os.fsencode)


def is_litter(name: str) -> bool:
    """Say whether a file or folder is hidden, or what another program laid beside photos."""
    return name.startswith(".") or name.lower() in LITTER


def is_laid_by_system(name: str) -> bool:
    """Say whether a system or file manager laid a file or folder there, unasked."""
    return name.startswith("._") or name == ".DS_Store" or name.lower() in LITTER


def lies_in(path: Path, folders: Iterable[Path]) -> bool:
    """Say whether a file or folder is one of some folders or lies below one, links followed."""
    resolved = real_path(path)
    return any(resolved.is_relative_to(real_path(folder)) for folder in folders)


def same_name(name: str) -> str:
    """Return the form in which names are compared: macOS stores accents apart from letters."""
    return unicodedata.normalize("NFC", name)


def stored_path(path: Path) -> Path:
    """Return where a file lies whose accents, or those of a folder on the way, may be stored apart.

    The path itself where there is none of such a name.
    """
    if path == path.parent or path.exists():
        return path
    folder = stored_path(path.parent)
    try:
        alike = [one for one in folder.iterdir() if same_name(one.name) == same_name(path.name)]
    except OSError:
        return path
    return min(alike, default=path)


def describe_others(others: Mapping[str, int]) -> str:
    """Return "6 files of other kinds left out: .heic", or "" where there are none."""
    if not others:
        return ""
    count = sum(others.values())
    names = sorted(others, key=lambda suffix: (-others[suffix], suffix))
    shown = ", ".join(_shown(suffix) for suffix in names[:SUFFIXES_SHOWN])
    more = f" and {len(names) - SUFFIXES_SHOWN} more" if len(names) > SUFFIXES_SHOWN else ""
    files = "file" if count == 1 else "files"
    return f"{count} {files} of other kinds left out: {shown}{more}{_hint(names)}"


def _doubles(files: Iterable[str]) -> dict[str, None]:
    """Return the HEIC files beside which there is one of the same name in another format."""
    heic = SUFFIXES[PictureFormat.HEIC]
    is_heic = {name: PurePath(name).suffix.lower() in heic for name in files}
    if not any(is_heic.values()):
        return {}
    others = {PurePath(name).with_suffix("") for name, found in is_heic.items() if not found}
    return {
        name: None
        for name, found in is_heic.items()
        if found and PurePath(name).with_suffix("") in others
    }


def _walk_real(start: Path, seen: set[tuple[int, int]], links: list[Path]) -> Iterator[FolderFiles]:
    """Yield a folder and the real folders below it that were not seen; collect links to others."""
    stack = [start]
    while stack:
        path = stack.pop()
        identity = _identity(path)
        if path != start and identity in seen:
            continue
        if identity is not None:
            seen.add(identity)
        folders, files = _entries(path)
        yield FolderFiles(path, tuple(folders), tuple(files))
        below = [path / name for name in folders]
        links += [folder for folder in below if folder.is_symlink()]
        stack += [folder for folder in reversed(below) if not folder.is_symlink()]


def _entries(path: Path) -> tuple[list[str], list[str]]:
    """Return the names of the folders and of the files in a folder, litter left out."""
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if is_litter(entry.name):
                    continue
                if _is_folder(entry):
                    folders.append(entry.name)
                elif entry.is_symlink() or entry.is_file():
                    # A link to nothing is a file that cannot be read, and will be named as one.
                    files.append(entry.name)
    except OSError as error:
        raise SourceError(
            f"{error.filename}: cannot be read ({error.strerror}); make it readable or move it away"
        ) from error
    return sorted(folders, key=os.fsencode), sorted(files, key=os.fsencode)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or into a folder that may not be looked into
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a folder from all others, whatever leads to it; None where it is not."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _shown(suffix: str) -> str:
    if not suffix:
        return "no suffix"
    return suffix if suffix.isprintable() else ascii(suffix)[1:-1]


def _hint(suffixes: Iterable[str]) -> str:
    """Name the extra that would read what was left out."""
    extras = [
        extra
        for one, (_, _, extra) in EXTRAS.items()
        if one in PHOTOS and SUFFIXES[one] & {*suffixes}
    ]
    return f" (pip install 'seqsynth[{extras[0]}]' to read them)" if extras else ""
