"""A folder has one writer at a time."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from seqsynth.errors import OutputError
from seqsynth.output.lock import FolderLock


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_locked_folder_is_refused_until_it_is_released(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(OutputError, match="is in use by another run; wait for it or stop it"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


def test_folder_is_made_and_holds_no_lock_file(tmp_path: Path) -> None:
    FolderLock(tmp_path / "a" / "b").release()
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_refused_lock_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = open_files()
    with pytest.raises(OutputError):
        FolderLock(tmp_path)
    assert open_files() == before


def test_folder_without_permission_is_left_unlocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="no permission to write there"):
        FolderLock(tmp_path)
    monkeypatch.undo()
    FolderLock(tmp_path).release()


def test_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="out: cannot be made"):
        FolderLock(tmp_path / "out")


@pytest.mark.parametrize(
    "number",
    [
        *(errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EINVAL),
        *(errno.EACCES, errno.EPERM, errno.EIO, 524),
    ],
)
def test_where_there_are_no_locks_an_owner_file_stands_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = open_files()
    lock = FolderLock(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".seqsynth-owner"]
    with pytest.raises(OutputError, match=f"is in use by process {os.getpid()} on "):
        FolderLock(tmp_path)
    lock.release()
    assert list(tmp_path.iterdir()) == []
    assert open_files() == before


def test_who_has_a_lock_heeds_the_owner_file_of_one_who_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "")

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(fcntl, "flock", refuse)
        owner = FolderLock(tmp_path)
    with pytest.raises(OutputError, match="is in use by process"):
        FolderLock(tmp_path)
    owner.release()
    FolderLock(tmp_path).release()
