"""What the system refuses is one sentence that names the place and what would help."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from seqsynth.errors import OutputError, ShardError
from seqsynth.output.disk import as_output_error, check_room


def test_too_little_room_says_how_much_and_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 3 * 2**30})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match=r"5\.00 GiB are needed and 3\.00 GiB are free; go away"):
        check_room(5 * 2**30, tmp_path, "go away")


def test_room_that_just_suffices_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    check_room(1000, tmp_path, "")


def test_full_disk_has_a_way_on() -> None:
    with (
        pytest.raises(OutputError, match=r"a: cannot be written \(No space left .*; make room and"),
        as_output_error(Path("a")),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_other_refusals_are_said_without_advice() -> None:
    with (
        pytest.raises(OutputError, match=r"a: cannot be written \(Permission denied\)$"),
        as_output_error(Path("a")),
    ):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_sentence_of_ours_is_left_as_it_is() -> None:
    with pytest.raises(ShardError, match=r"^mine$"), as_output_error(Path("a")):
        raise ShardError("mine")
