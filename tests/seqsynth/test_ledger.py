"""Results never replace what somebody else wrote, or changed, without being told to."""

import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from seqsynth import ledger
from seqsynth.errors import OutputError
from seqsynth.ledger import check_results, write_results

FILES = {"table.txt": "a b\n", "page.html": b"<p>"}


def test_results_are_written_and_replaced_by_later_ones(tmp_path: Path) -> None:
    write_results(tmp_path / "out", FILES)
    write_results(tmp_path / "out", {**FILES, "table.txt": "c\n"})
    assert (tmp_path / "out/table.txt").read_text() == "c\n"


def test_record_is_what_sha256sum_checks(tmp_path: Path) -> None:
    write_results(tmp_path, FILES)
    told = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    assert told.stdout == "page.html: OK\ntable.txt: OK\n"


@pytest.mark.parametrize("name", ["table.txt", "page.html", "SHA256SUMS"])
def test_file_of_somebody_else_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name} was not written by this command"):
        write_results(tmp_path, FILES)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"
    write_results(tmp_path, FILES, overwrite=True)
    assert (tmp_path / "table.txt").read_text() == "a b\n"


def test_result_that_was_edited_is_no_result_any_more(tmp_path: Path) -> None:
    write_results(tmp_path, FILES)
    (tmp_path / "table.txt").write_text("edited")
    with pytest.raises(OutputError, match="or was changed since"):
        check_results(tmp_path, FILES)


def test_folder_that_takes_no_files_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_results(tmp_path / "new/out", FILES)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"out cannot be made: \S*file is no folder; choose"):
        check_results(tmp_path / "file/below/out", FILES, overwrite=True)
    # What the system says of a folder that may only be read; root may write everywhere.
    monkeypatch.setattr("os.access", lambda path, mode: (path, mode) != (tmp_path, 3))
    with pytest.raises(OutputError, match="new/out cannot be written"):
        check_results(tmp_path / "new/out", FILES)


def test_link_in_place_of_a_result_is_not_ours(tmp_path: Path) -> None:
    write_results(tmp_path, FILES)
    (tmp_path / "table.txt").rename(tmp_path / "kept")
    (tmp_path / "table.txt").symlink_to(tmp_path / "kept")
    with pytest.raises(OutputError, match=r"table\.txt was not written"):
        write_results(tmp_path, FILES)


@pytest.mark.parametrize("stop", range(4))
def test_stop_between_any_two_files_leaves_nothing_that_looks_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    write_results(tmp_path, FILES)
    done = 0
    original = ledger.whole_stream

    def counted(path: Path) -> AbstractContextManager[BinaryIO]:
        nonlocal done
        if done == stop:
            raise KeyboardInterrupt
        done += 1
        return original(path)

    later = {"table.txt": "later\n", "page.html": b"later"}
    monkeypatch.setattr(ledger, "whole_stream", counted)
    with pytest.raises(KeyboardInterrupt):
        write_results(tmp_path, later)
    monkeypatch.undo()
    write_results(tmp_path, later)
    assert (tmp_path / "page.html").read_text() == "later"
