"""Files are whole or absent, partial ones are nobody's to foresee, and JSON has one form."""

import errno
import hashlib
import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqsynth import files
from seqsynth.files import (
    HashedWriter,
    canonical_json,
    canonical_sha256,
    hash_file,
    json_line,
    json_text,
    partial_name,
    partial_target,
    sync_folder,
    whole_path,
    whole_stream,
    write_whole,
)
from tests.seqsynth.disks import full_disk

CONTENT = random.Random(0).randbytes(100_000)


def by_content(path: Path, content: bytes) -> None:
    write_whole(path, content)


def by_stream(path: Path, content: bytes) -> None:
    with whole_stream(path) as stream:
        stream.write(content[:-9])
        stream.write(content[-9:])  # few enough to wait in the stream's buffer


def by_path(path: Path, content: bytes) -> None:
    with whole_path(path) as partial:
        partial.write_bytes(content)


Writer = Callable[[Path, bytes], None]

every_way = pytest.mark.parametrize("write", [by_content, by_stream, by_path])


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- whole or not at all ------------------------------------------------------------------------


@every_way
def test_file_is_written_and_nothing_else(tmp_path: Path, write: Writer) -> None:
    write(tmp_path / "a.bin", CONTENT)
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


@every_way
def test_earlier_file_is_replaced(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "a.bin").write_bytes(b"old" * 99_999)
    write(tmp_path / "a.bin", CONTENT)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_text_is_written_as_utf8_with_its_line_ends(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "Straße\r\n\n")
    assert (tmp_path / "a.txt").read_bytes() == b"Stra\xc3\x9fe\r\n\n"


@every_way
@pytest.mark.parametrize("old", [None, b"old"])
def test_full_disk_keeps_what_stood_there(tmp_path: Path, write: Writer, old: bytes | None) -> None:
    if old is not None:
        (tmp_path / "a.bin").write_bytes(old)
    with pytest.raises(OSError, match="File too large"), full_disk(4096):
        write(tmp_path / "a.bin", CONTENT)
    assert names(tmp_path) == ([] if old is None else ["a.bin"])
    assert old is None or (tmp_path / "a.bin").read_bytes() == old


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("way", [whole_path, whole_stream])
def test_any_error_in_the_block_keeps_what_stood_there(
    tmp_path: Path, way: Callable[..., object], error: type[BaseException]
) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(error), way(tmp_path / "a.bin"):  # type: ignore[attr-defined]
        raise error
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"old"


@every_way
def test_content_is_synced_before_and_the_folder_after_the_move(
    tmp_path: Path, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut can leave behind is then the old file or the new one."""
    steps: list[tuple[str, int]] = []
    fsync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        state = os.fstat(descriptor)
        steps.append(("folder", 0) if stat.S_ISDIR(state.st_mode) else ("file", state.st_size))
        fsync(descriptor)

    def note_move(path: Path, target: Path) -> Path:
        steps.append(("move", 0))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_move)
    write(tmp_path / "a.bin", CONTENT)
    assert steps == [("file", len(CONTENT)), ("move", 0), ("folder", 0)]


@every_way
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_failing_sync_of_the_content_keeps_what_stood_there(
    tmp_path: Path, write: Writer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "a.bin").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        write(tmp_path / "a.bin", CONTENT)
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"old"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_file_system_that_syncs_no_folders_is_written_to(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_whole(tmp_path / "a.bin", CONTENT)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_folder_that_cannot_be_synced_for_want_of_room_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(tmp_path)


@every_way
def test_missing_folder_is_said(tmp_path: Path, write: Writer) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "none" / "a.bin", CONTENT)


@every_way
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_mode_is_what_the_umask_leaves(tmp_path: Path, write: Writer, mask: int, mode: int) -> None:
    with umask(mask):
        write(tmp_path / "a.bin", CONTENT)
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == mode


# --- links and strangers ------------------------------------------------------------------------


@every_way
def test_link_in_the_files_place_is_replaced_and_its_target_kept(
    tmp_path: Path, write: Writer
) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "a.bin").symlink_to(tmp_path / "target")
    write(tmp_path / "a.bin", CONTENT)
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "a.bin").is_symlink()


@every_way
@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_what_stands_under_the_partial_name_is_neither_followed_nor_removed(
    tmp_path: Path, write: Writer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one who foresees the token gains nothing."""
    monkeypatch.setattr(files, "partial_name", lambda name: f"{name}.known.partial")
    planted, target = tmp_path / "a.bin.known.partial", tmp_path / "target"
    if kind == "link":
        target.write_bytes(b"precious")
    if kind == "file":
        planted.write_bytes(b"precious")
    else:
        planted.symlink_to(target)
    before = names(tmp_path)
    with pytest.raises(FileExistsError):
        write(tmp_path / "a.bin", CONTENT)
    assert names(tmp_path) == before
    assert kind == "dangling link" or planted.read_bytes() == b"precious"


def test_path_put_in_place_of_the_partial_file_is_not_followed_to_be_synced(
    tmp_path: Path,
) -> None:
    def swap(partial: Path) -> None:
        partial.unlink()
        partial.symlink_to(tmp_path / "target")

    (tmp_path / "target").write_bytes(b"precious")
    with pytest.raises(OSError, match="symbolic link"), whole_path(tmp_path / "a.bin") as partial:
        swap(partial)
    assert names(tmp_path) == ["target"]


def test_no_two_partial_names_are_alike() -> None:
    assert len({partial_name("a") for _ in range(1000)}) == 1000


def test_partial_names_do_not_follow_a_seed() -> None:
    random.seed(0)
    first = partial_name("a")
    random.seed(0)
    assert partial_name("a") != first


@pytest.mark.parametrize("name", ["index.json", "a b.h5", "ß.png", "new\nline", ".hidden"])
def test_partial_name_tells_what_it_is_to_become(name: str) -> None:
    assert partial_name(name).startswith(f"{name}.")
    assert partial_target(partial_name(name)) == name


def test_partial_name_that_somebody_could_have_given_is_not_ours() -> None:
    assert partial_target("train-00000.h5.4711.partial") is None


@pytest.mark.parametrize(
    "name",
    [
        "film.mp4.partial",
        "notes.partial",
        "a.0123456789abcde.partial",
        "a.1.partial.txt",
        ".1.partial",
    ],
)
def test_partial_file_of_somebody_else_is_not_ours(name: str) -> None:
    assert partial_target(name) is None


@every_way
@pytest.mark.parametrize("name", ["n" * 255, "x" + "ß" * 127])
def test_longest_name_a_folder_takes_can_be_written(
    tmp_path: Path, write: Writer, name: str
) -> None:
    write(tmp_path / name, CONTENT)
    assert names(tmp_path) == [name]


# --- hashes and JSON ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_hash_is_that_of_sha256sum(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT[:size])
    said = subprocess.run(
        ["sha256sum", tmp_path / "a.bin"], capture_output=True, text=True, check=True
    )
    assert hash_file(tmp_path / "a.bin") == (size, said.stdout.split()[0])


def test_hash_of_what_is_being_written_is_that_of_the_file(tmp_path: Path) -> None:
    with whole_stream(tmp_path / "a.bin") as stream:
        writer = HashedWriter(stream)
        assert [writer.write(CONTENT[:7]), writer.write(CONTENT[7:])] == [7, len(CONTENT) - 7]
    assert (writer.nbytes, writer.sha256) == hash_file(tmp_path / "a.bin")


DOCUMENT = {"b": [1, 2.5, None], "a": {"z": "ß", "y": True}}


def test_canonical_json_has_sorted_keys_no_spaces_and_plain_letters() -> None:
    assert canonical_json(DOCUMENT) == '{"a":{"y":true,"z":"ß"},"b":[1,2.5,null]}'


def test_canonical_hash_is_that_of_the_utf8_bytes() -> None:
    known = hashlib.sha256(b'{"a":{"y":true,"z":"\xc3\x9f"},"b":[1,2.5,null]}').hexdigest()
    assert canonical_sha256(DOCUMENT) == known


def test_json_line_is_one_line_of_sorted_keys() -> None:
    assert json_line(DOCUMENT) == '{"a": {"y": true, "z": "ß"}, "b": [1, 2.5, null]}'
    assert "\n" not in json_line({"a": "two\nlines"})


def test_json_text_has_a_line_for_each_value_and_an_end() -> None:
    text = json_text({"b": [1], "a": "ß"})
    assert text == '{\n "a": "ß",\n "b": [\n  1\n ]\n}\n'
    assert json.loads(text) == {"a": "ß", "b": [1]}


def test_module_needs_the_standard_library_alone() -> None:
    """So that whatever writes files may import it."""
    code = (
        "import sys; before = set(sys.modules); import seqsynth.files; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['seqsynth']"
