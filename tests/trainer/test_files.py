from pathlib import Path

import pytest

from seqsynth.errors import OutputError
from trainer.files import open_file, write_file


def test_text_and_bytes_are_written_and_folders_made(tmp_path: Path) -> None:
    write_file(tmp_path / "deep" / "a.txt", "gr\u00fcn")
    write_file(tmp_path / "deep" / "b.bin", b"\x00\xff")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == b"gr\xc3\xbcn"
    assert (tmp_path / "deep" / "b.bin").read_bytes() == b"\x00\xff"


def test_a_broken_off_file_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_file(file, "before")

    def break_off() -> None:
        with open_file(file) as sink:
            sink.write(b"half")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # the one raised above
        break_off()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(OutputError, match=r"runs/table\.txt cannot be written"):
        write_file(tmp_path / "runs" / "table.txt", "")


def test_two_writers_do_not_share_a_partial_file(tmp_path: Path) -> None:
    with open_file(tmp_path / "a.txt") as one, open_file(tmp_path / "a.txt") as other:
        one.write(b"one, and longer")
        other.write(b"other")
    assert (tmp_path / "a.txt").read_bytes() == b"one, and longer"
