"""The session in which an output folder is made: lock, take up, record, finish, leave nothing torn.

While the work goes on, a journal records each finished file with its hash; what says that all is
there is written last and the journal then removed. A session that finds a journal, or a finished
output, of the same fingerprint keeps every file whose hash still holds.
"""

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self

from seqsynth.errors import OutputError
from seqsynth.files import hash_file, partial_target, sync_folder, write_whole
from seqsynth.output.journal import append_journal, read_claims, start_journal
from seqsynth.output.kind import Claims, Head, OutputKind, R, place_in
from seqsynth.output.lock import FolderLock, is_owner_file
from seqsynth.pictures.folders import is_laid_by_system


class OutputSession(Generic[R]):
    """The making of one output folder: ``with OutputSession(folder, kind, head) as session``.

    Parameters
    ----------
    folder : made if absent
    kind : what it is a folder of
    head : what is to be made
    overwrite : replace another output that stands there (only the files that are its own)

    Attributes
    ----------
    records : file -> what is on record of it, for every file that is in its place, whole
    was_complete : whether the finished output stood there when the session was entered

    Raises
    ------
    OutputError
        On entering: the folder holds something else, cannot be written, or is in use by another
        run.
    SeqsynthError
        On entering: another output stands there, or what says so is torn; of the kind's own class.
    """

    def __init__(
        self, folder: Path, kind: OutputKind[R], head: Head, *, overwrite: bool = False
    ) -> None:
        self.folder = folder
        self.records: dict[str, R] = {}
        self.was_complete = False
        self._kind = kind
        self._head = head
        self._overwrite = overwrite
        self._claimed: frozenset[str] = frozenset()
        self._is_started = False
        self._is_claimed = False
        self._made_folders: set[str] = set()
        self._lock: FolderLock | None = None

    def __enter__(self) -> Self:
        """Lock the folder and find what an earlier run finished."""
        self._lock = FolderLock(self.folder)
        try:
            self._adopt()
            self._remove_partials()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing but finished files and the journal, and unlock."""
        try:
            self._remove_partials()
            if error is not None and self._is_started and not self.records:
                # Nothing was made, so the folder is as free for another output as before. What
                # the disk refused to record goes too: without the journal it would be nobody's.
                for path in self._kind.unrecorded(self.folder, self._head.fingerprint):
                    if path.name not in self._claimed:
                        path.unlink(missing_ok=True)
                self._remove_empty(self._made_folders)
                self._remove(self._kind.journal)
        finally:
            if self._lock is not None:
                self._lock.release()

    def make_way(self, files: Iterable[str]) -> None:
        """Remove what is damaged of files to be made again.

        Raises
        ------
        OutputError
            A file that is not this output's stands where one is to go.
        """
        for file in files:
            path = place_in(self.folder, file)
            if file in self.records or not (path.is_symlink() or path.exists()):
                continue
            if file not in self._claimed:
                raise OutputError(f"{path} is not this {self._kind.noun}'s; move it away")
            path.unlink()

    def start(self) -> None:
        """Start the journal: from here on the folder is known to be this output's."""
        self._is_started = self._is_claimed = True
        start_journal(self.folder, self._kind, self._head, self.records)

    def make_folders(self, names: Iterable[str]) -> None:
        """Make folders inside, which go again if nothing comes of the work."""
        self._made_folders = set(names) - {"."}
        for name in sorted(self._made_folders):
            place_in(self.folder, name).mkdir(parents=True, exist_ok=True)

    def record(self, made: Mapping[str, R]) -> None:
        """Note finished files in the journal."""
        append_journal(self.folder, self._kind, made)
        self.records.update(made)

    def move_from(self, work: Path, files: Iterable[str]) -> None:
        """Move recorded files from the folder they were made in to their places."""
        for file in files:
            (work / file).replace(place_in(self.folder, file))
        shutil.rmtree(work)

    def finish(self, closing: Mapping[str, bytes]) -> None:
        """Write the files that say what is there, and remove the journal."""
        for name, content in closing.items():
            write_whole(place_in(self.folder, name), content)
        self._remove(self._kind.journal)
        sync_folder(self.folder)

    def _adopt(self) -> None:
        """Take over what an earlier run left, or refuse, or (overwrite) clear it away."""
        claims = read_claims(self.folder, self._kind)
        self._is_claimed = claims is not None
        if claims is None:
            others = sorted(p.name for p in self.folder.iterdir() if not self._is_ours(p))
            if others:
                raise OutputError(self._kind.refuse_foreign(self.folder, others))
            return
        same = claims.head.fingerprint == self._head.fingerprint
        if not same and not self._overwrite and (claims.records or self._is_settled):
            difference = _difference(
                claims.head.configuration, self._head.configuration, self._kind.unlike
            )
            raise self._kind.error(self._kind.refuse_other(self.folder, difference))
        if self._overwrite or not same:
            self._remove_output(claims)
            return
        self._claimed = frozenset(claims.records)
        self.records = {
            file: record for file, record in claims.records.items() if self._holds(file, record)
        }
        self.was_complete = claims.complete and len(self.records) == len(claims.records)

    @property
    def _is_settled(self) -> bool:
        """Whether what says that all is there, or was once, stands in the folder."""
        return (self.folder / self._kind.closing[-1]).exists()

    def _holds(self, file: str, record: R) -> bool:
        path = self.folder / file
        try:
            return path.stat().st_size == record.bytes and hash_file(path)[1] == record.sha256
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _is_ours(self, path: Path) -> bool:
        # What file managers lay into every folder is in nobody's way.
        known = is_owner_file(path.name) or self._is_partial(path) or is_laid_by_system(path.name)
        return known or self._kind.owns(path)

    def _is_partial(self, path: Path) -> bool:
        """Tell what a stopped writer of this kind of output leaves half-written."""
        target = partial_target(path.name)
        return target is not None and self._kind.makes(target)

    def _remove_partials(self) -> None:
        if self._kind.work and self._is_claimed:
            shutil.rmtree(self.folder / self._kind.work, ignore_errors=True)
        for path in self.folder.glob("*.partial"):
            if self._is_partial(path):
                path.unlink(missing_ok=True)

    def _remove_output(self, claims: Claims[R]) -> None:
        """Remove an output: its files, the folders they leave empty, and nothing else."""
        for file in claims.records:
            self._remove(file)
        parents = {str(Path(file).parent) for file in claims.records}
        self._remove_empty({*parents, *claims.head.folders})
        unrecorded = self._kind.unrecorded(self.folder, claims.head.fingerprint)
        for path in [*unrecorded, *filter(self._kind.owns, self.folder.iterdir())]:
            path.unlink(missing_ok=True)
        # Last: until everything is gone, they say whose the rest is.
        for name in (*self._kind.closing, self._kind.journal):
            self._remove(name)

    def _remove(self, file: str) -> None:
        place_in(self.folder, file).unlink(missing_ok=True)

    def _remove_empty(self, names: Iterable[str]) -> None:
        """Remove folders, and those they lie in, as far as they are empty."""
        every = {parent for name in names for parent in (Path(name), *Path(name).parents)}
        for name in sorted(every - {Path()}, key=lambda path: -len(path.parts)):
            with contextlib.suppress(OSError):  # something else lies there
                place_in(self.folder, str(name)).rmdir()


def _difference(old: Mapping[str, Any], new: Mapping[str, Any], unlike: str) -> str:
    """Name the settings in which two configurations differ."""
    old, new = dict(_flat(old)), dict(_flat(new))
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if not keys:
        return f"same settings, {unlike}"
    return ", ".join(f"{key} {old.get(key)!r} there, {new.get(key)!r} asked for" for key in keys)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
