"""A shard that cannot be opened is never called torn before its bytes have been looked at."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import open_shards
from seqsynth.shards.folder import shards_of
from seqsynth.shards.opening import open_hdf5

NO_LOCKS = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <fcntl.h>
#include <dlfcn.h>
int flock(int file, int how) { errno = ENOLCK; return -1; }
static int call(const char *name, int file, int command, void *value) {
    if (command == F_SETLK || command == F_SETLKW || command == F_GETLK) {
        errno = ENOLCK;
        return -1;
    }
    int (*real)(int, int, ...) = dlsym(RTLD_NEXT, name);
    return real(file, command, value);
}
int fcntl(int file, int command, ...) {
    va_list more; va_start(more, command); void *value = va_arg(more, void *); va_end(more);
    return call("fcntl", file, command, value);
}
int fcntl64(int file, int command, ...) {
    va_list more; va_start(more, command); void *value = va_arg(more, void *); va_end(more);
    return call("fcntl64", file, command, value);
}
"""
"""A library that answers as a file system without locks does, for a process to be started with."""


def failing(
    monkeypatch: pytest.MonkeyPatch, number: int, *, only_locks: bool = False
) -> list[object]:
    """Have HDF5 fail with a number of the system's; of locks alone, unless it does without."""
    real, tried = h5py.File, []

    def open_file(path: Any, mode: str = "r", locking: Any = None, **options: Any) -> h5py.File:
        tried.append(locking)
        if locking is False and only_locks:
            return real(path, mode, locking=False, **options)
        words = f"unable to lock file, errno = {number}, error message = '{os.strerror(number)}'"
        raise OSError(f"Unable to synchronously open file ({words})")

    monkeypatch.setattr(h5py, "File", open_file)
    return tried


@pytest.mark.parametrize(
    "number",
    [
        *(errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EACCES, errno.EPERM, errno.EIO),
        *(errno.ESTALE, 524),  # the kernel's own "not supported", which NFS lets through
    ],
)
def test_reading_needs_no_lock(
    tiny_shards: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    expected = open_shards(tiny_shards)[0].blended
    tried = failing(monkeypatch, number, only_locks=True)
    assert (open_shards(tiny_shards)[0].blended == expected).all()
    assert tried == [None, False]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EAGAIN, "open for writing; .*HDF5_USE_FILE_LOCKING=FALSE if none has"),
        (errno.EIO, r"cannot be read \(Input/output error\): the disk or the network says so"),
        (errno.ESTALE, r"cannot be read \(Stale file handle\)"),
        (errno.EACCES, "no permission to read it"),
    ],
)
def test_what_the_system_refuses_is_not_called_torn(
    tiny_shards: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    failing(monkeypatch, number)
    with pytest.raises(ShardError, match=said) as caught:
        open_hdf5(tiny_shards / "train-00000.h5")
    assert "torn" not in str(caught.value)


def test_shard_open_for_writing_elsewhere_is_said(shards_copy: Path) -> None:
    code = "import sys, h5py; f = h5py.File(sys.argv[1], 'r+'); print('held', flush=True); input()"
    path = shards_copy / "train-00000.h5"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        with pytest.raises(ShardError, match="another program has it open for writing; close it"):
            open_shards(shards_copy)[0]
        writer.communicate("\n")
    assert open_shards(shards_copy)[0].views == 3


def test_file_opened_without_locks_beside_us_does_not_matter(tiny_shards: Path) -> None:
    path = tiny_shards / "train-00000.h5"
    with h5py.File(path, locking=False), open_hdf5(path) as file:
        assert file.attrs["format"] == "seqsynth-shard"


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def zero_head(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(bytes(64))


def break_superblock(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(20)
        stream.write(b"\xaa" * 4)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, r"is torn: (\d+) of its (\d+) bytes are there; copy it here again"),
        (empty, "is torn or no HDF5 file .it is empty.; run seqsynth verify"),
        (zero_head, "is torn or no HDF5 file .it holds [0-9]+ bytes that begin otherwise."),
        (break_superblock, r"is damaged \(.*\); run seqsynth verify"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_damage_is_named_by_its_bytes(shards_copy: Path, damage, said: str) -> None:
    path = shards_copy / "train-00000.h5"
    damage(path)
    with pytest.raises(ShardError, match=said):
        open_hdf5(path)


def test_missing_bytes_are_counted(shards_copy: Path) -> None:
    path = shards_copy / "train-00000.h5"
    size = path.stat().st_size
    os.truncate(path, 100)
    with pytest.raises(ShardError, match=f"is torn: 100 of its {size} bytes are there"):
        open_hdf5(path)


def test_shards_of_a_set_are_found_where_there_are_no_locks(
    tiny_shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with h5py.File(tiny_shards / "train-00000.h5") as file:
        fingerprint = str(file.attrs["fingerprint"])
    failing(monkeypatch, errno.ENOLCK, only_locks=True)
    found = {path.name for path in shards_of(tiny_shards, fingerprint)}
    assert found == {path.name for path in tiny_shards.glob("*.h5")}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the shim is built with gcc")
def test_set_is_made_verified_and_read_where_there_are_no_locks(
    tmp_path: Path, tiny_shards: Path
) -> None:
    (tmp_path / "nolock.c").write_text(NO_LOCKS)
    shim = tmp_path / "nolock.so"
    build = ["gcc", "-shared", "-fPIC", "-o", str(shim), str(tmp_path / "nolock.c"), "-ldl"]
    subprocess.run(build, check=True, capture_output=True)
    code = f"""
import fcntl, os
try:
    fcntl.flock(os.open(".", os.O_RDONLY), fcntl.LOCK_SH)
except OSError as error:
    print(error.errno)
from seqsynth.cli import group
made = "{tmp_path}/some"
choose = "subset {tiny_shards} --jobs 1 --out " + made
for words in ("verify {tiny_shards}", choose, "verify " + made):
    try:
        group(words.split())
    except SystemExit as stop:
        print(stop.code)
print(".seqsynth-owner" in os.listdir(made))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == str(errno.ENOLCK), done.stderr
    assert [line for line in lines if line in ("0", "1")] == ["0", "0", "0"], done.stderr
    assert lines[-1] == "False"
