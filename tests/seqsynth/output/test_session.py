"""The engine of every output folder: what it takes up, removes, and never touches."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from seqsynth.errors import OutputError, SourceError
from seqsynth.output.journal import start_journal
from seqsynth.output.kind import FileRecord, Head, OutputKind
from seqsynth.output.session import OutputSession
from tests.seqsynth.output.conftest import documents, head_document

Kind = OutputKind[FileRecord]

HEAD = Head("one", {"seed": 1, "deep": {"views": 3}})
OTHER = Head("two", {"seed": 2, "deep": {"views": 3}})
FILES = ("a.bin", "sub/b.bin")


def record_of(content: str) -> FileRecord:
    return FileRecord(len(content), hashlib.sha256(content.encode()).hexdigest())


def write(folder: Path, file: str, content: str) -> FileRecord:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(content)
    return record_of(content)


def finish(session: OutputSession[FileRecord], head: Head) -> None:
    lines = [head_document(head), *documents(session.records)]
    done = "".join(f"{json.dumps(line)}\n" for line in lines)
    session.finish({"sums": b"", "done": done.encode()})


def make(folder: Path, kind: Kind, head: Head = HEAD, *, overwrite: bool = False) -> list[str]:
    """Make what is missing; return the files that were written."""
    made = []
    with OutputSession(folder, kind, head, overwrite=overwrite) as session:
        missing = [file for file in FILES if file not in session.records]
        session.make_way(missing)
        session.start()
        session.make_folders({"sub"})
        for file in missing:
            session.record({file: write(folder, file, f"{head.fingerprint} {file}")})
            made.append(file)
        finish(session, head)
    return made


def stop_after_one(folder: Path, kind: Kind, head: Head = HEAD) -> None:
    with OutputSession(folder, kind, head) as session:
        session.start()
        session.record({"a.bin": write(folder, "a.bin", f"{head.fingerprint} a.bin")})
        raise KeyboardInterrupt


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


# --- taking up ----------------------------------------------------------------------------------


def test_finished_output_is_its_files_and_what_says_so(tmp_path: Path, kind: Kind) -> None:
    assert make(tmp_path / "out", kind) == list(FILES)
    assert names(tmp_path / "out") == {*FILES, "sums", "done"}


def test_finished_output_is_known_as_complete(tmp_path: Path, kind: Kind) -> None:
    make(tmp_path, kind)
    with OutputSession(tmp_path, kind, HEAD) as session:
        assert session.was_complete
        assert session.records == {file: record_of(f"one {file}") for file in FILES}


def test_stopped_output_is_taken_up(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(KeyboardInterrupt):
        stop_after_one(tmp_path, kind)
    assert make(tmp_path, kind) == ["sub/b.bin"]
    assert names(tmp_path) == {*FILES, "sums", "done"}


@pytest.mark.parametrize("content", ["", "one a.bix", "one a.bin and more"])
def test_file_that_does_not_hold_is_made_again(tmp_path: Path, kind: Kind, content: str) -> None:
    make(tmp_path, kind)
    (tmp_path / "a.bin").write_text(content)
    assert make(tmp_path, kind) == ["a.bin"]


def test_journal_outranks_what_was_finished_before(tmp_path: Path, kind: Kind) -> None:
    make(tmp_path, kind)
    start_journal(tmp_path, kind, HEAD, {"a.bin": record_of("one a.bin")})
    with OutputSession(tmp_path, kind, HEAD) as session:
        assert not session.was_complete
        assert list(session.records) == ["a.bin"]


@pytest.mark.parametrize(
    "line",
    ['{"files": 3}', "3", "[]", '{"file": "../x", "bytes": 1, "sha256": ""}', '{"file": "/x"}'],
)
def test_journal_that_was_edited_is_refused_with_a_way_out(
    tmp_path: Path, kind: Kind, line: str
) -> None:
    start_journal(tmp_path, kind, HEAD, {})
    with (tmp_path / "log").open("a") as journal:
        journal.write(f"{line}\n")
    with pytest.raises(SourceError, match=f"what it was making; empty {tmp_path.name}"):
        make(tmp_path, kind)


# --- what else stands there ---------------------------------------------------------------------


def test_foreign_folder_is_refused(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "out").mkdir()
    for name in ("thesis.tex", "draft.partial", "page"):
        (tmp_path / "out" / name).write_text("mine")
    with pytest.raises(OutputError, match=r"out holds draft\.partial, page, thesis\.tex"):
        make(tmp_path / "out", kind)
    assert names(tmp_path / "out") == {"thesis.tex", "draft.partial", "page"}


def test_what_is_ours_without_a_record_is_not_in_the_way(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "page").write_text("ours")
    (tmp_path / "done.0123456789abcdef.partial").write_text("half")
    make(tmp_path, kind)
    assert names(tmp_path) == {*FILES, "sums", "done", "page"}


@pytest.mark.parametrize("name", [".DS_Store", "._x.h5", "Thumbs.db", "__MACOSX"])
def test_what_file_managers_lay_there_is_in_nobody_s_way_and_stays(
    tmp_path: Path, kind: Kind, name: str
) -> None:
    (tmp_path / name).write_text("theirs")
    make(tmp_path, kind)
    assert (tmp_path / name).read_text() == "theirs"
    make(tmp_path, kind)
    assert names(tmp_path) == {*FILES, "sums", "done", name}


def test_folder_of_the_work_s_name_is_somebody_else_s_where_nothing_was_begun(
    tmp_path: Path, kind: Kind
) -> None:
    (tmp_path / "box.partial").mkdir()
    (tmp_path / "box.partial/mine").write_text("mine")
    with pytest.raises(OutputError, match=r"holds box\.partial"):
        make(tmp_path, kind)
    assert (tmp_path / "box.partial/mine").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["b.bin.0123456789abcdef.partial", "mine.partial", "log.old.partial"]
)
def test_partial_file_of_another_name_is_left(tmp_path: Path, kind: Kind, name: str) -> None:
    make(tmp_path, kind)
    (tmp_path / name).write_text("mine")
    make(tmp_path, kind)
    assert (tmp_path / name).read_text() == "mine"


def test_other_output_is_refused_with_what_differs(tmp_path: Path, kind: Kind) -> None:
    make(tmp_path, kind)
    with pytest.raises(SourceError, match=r"is another: seed 1 there, 2 asked for$"):
        make(tmp_path, kind, OTHER)
    with pytest.raises(SourceError, match="is another: same settings, other things"):
        make(tmp_path, kind, Head("three", HEAD.configuration))
    assert make(tmp_path, kind) == []


def test_deep_settings_are_named_by_their_path(tmp_path: Path, kind: Kind) -> None:
    make(tmp_path, kind)
    with pytest.raises(SourceError, match=r"another: deep\.views 3 there, 5 asked for$"):
        make(tmp_path, kind, Head("three", {"seed": 1, "deep": {"views": 5}}))


def test_run_stopped_before_anything_was_made_claims_nothing(tmp_path: Path, kind: Kind) -> None:
    start_journal(tmp_path, kind, OTHER, {})
    (tmp_path / "late.new").write_text("two")  # finished, and not yet recorded
    assert make(tmp_path, kind) == list(FILES)
    assert not (tmp_path / "late.new").exists()


def test_finished_output_that_is_being_mended_still_claims_its_folder(
    tmp_path: Path, kind: Kind
) -> None:
    make(tmp_path, kind)
    start_journal(tmp_path, kind, HEAD, {})
    with pytest.raises(SourceError, match="is another"):
        make(tmp_path, kind, OTHER)


def test_overwriting_removes_what_is_ours_and_nothing_else(tmp_path: Path, kind: Kind) -> None:
    make(tmp_path, kind)
    for name, content in {
        "page": "ours",
        "late.new": "one",
        "other.new": "?",
        "sub/n": "?",
    }.items():
        (tmp_path / name).write_text(content)
    with OutputSession(tmp_path, kind, OTHER, overwrite=True):
        assert names(tmp_path) == {"other.new", "sub/n"}


def test_overwriting_leaves_an_empty_folder_where_nothing_else_stood(
    tmp_path: Path, kind: Kind
) -> None:
    head = Head("one", {}, ("may/stay/empty",))
    make(tmp_path, kind, head)
    (tmp_path / "may/stay/empty").mkdir(parents=True)
    start_journal(tmp_path, kind, head, {file: record_of(f"one {file}") for file in FILES})
    with OutputSession(tmp_path, kind, OTHER, overwrite=True):
        assert list(tmp_path.iterdir()) == []


def test_file_of_somebody_else_is_never_written_over(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "sub").mkdir()
    start_journal(tmp_path, kind, HEAD, {})
    (tmp_path / "sub/b.bin").write_text("mine")
    with pytest.raises(OutputError, match=r"sub/b\.bin is not this box's; move it away"):
        make(tmp_path, kind)
    assert (tmp_path / "sub/b.bin").read_text() == "mine"


def test_link_to_nowhere_is_somebody_elses_too(tmp_path: Path, kind: Kind) -> None:
    start_journal(tmp_path, kind, HEAD, {})
    (tmp_path / "a.bin").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match=r"a\.bin is not this box's"):
        make(tmp_path, kind)


def test_damaged_file_makes_way_before_the_work_begins(tmp_path: Path, kind: Kind) -> None:
    make(tmp_path, kind)
    (tmp_path / "a.bin").write_text("damaged")
    with OutputSession(tmp_path, kind, HEAD) as session:
        session.make_way(FILES)
        assert names(tmp_path) == {"sub/b.bin", "sums", "done"}


def test_files_are_moved_from_where_they_were_made(tmp_path: Path, kind: Kind) -> None:
    with OutputSession(tmp_path, kind, HEAD) as session:
        work = tmp_path / "box.partial" / "one"
        write(work, "sub/b.bin", "content")
        session.make_folders({"sub"})
        session.move_from(work, ["sub/b.bin"])
        assert names(tmp_path) == {"sub/b.bin"}
        assert not work.exists()


def test_files_are_not_moved_through_a_link(tmp_path: Path, kind: Kind) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    home.mkdir()
    with OutputSession(out, kind, HEAD) as session:
        write(out / "box.partial", "sub/b.bin", "content")
        (out / "sub").symlink_to(home)
        with pytest.raises(OutputError, match="a link on the way"):
            session.move_from(out / "box.partial", ["sub/b.bin"])
    assert list(home.iterdir()) == []


def test_work_that_made_nothing_leaves_nothing(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(KeyError), OutputSession(tmp_path, kind, HEAD) as session:
        _start_and_fail(session)
    assert list(tmp_path.iterdir()) == []


def _start_and_fail(session: OutputSession[FileRecord]) -> None:
    session.start()
    session.make_folders({"sub/deeper", "."})
    raise KeyError


def test_work_that_fails_before_it_starts_leaves_the_journal(tmp_path: Path, kind: Kind) -> None:
    """What it claims may be damaged for now, and is the output's all the same."""
    forged(tmp_path, kind, "a.bin", "lost", HEAD)
    before = (tmp_path / "log").read_bytes()
    with pytest.raises(KeyError), OutputSession(tmp_path, kind, HEAD):
        raise KeyError
    assert (tmp_path / "log").read_bytes() == before


# --- links --------------------------------------------------------------------------------------


def forged(folder: Path, kind: Kind, file: str, content: str, head: Head = OTHER) -> None:
    """Leave a journal that claims a file."""
    start_journal(folder, kind, head, {file: record_of(content)})


def test_forged_journal_removes_nothing_through_a_link(tmp_path: Path, kind: Kind) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    home.mkdir()
    (home / "b.bin").write_text("precious")
    out.mkdir()
    (out / "sub").symlink_to(home)
    forged(out, kind, "sub/b.bin", "precious")
    with pytest.raises(OutputError, match=r"sub/b\.bin lies outside .*out: a link"):
        make(out, kind, overwrite=True)
    assert (home / "b.bin").read_text() == "precious"


def test_folder_that_is_a_link_is_not_made_files_in(tmp_path: Path, kind: Kind) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    home.mkdir()
    out.mkdir()
    (out / "sub").symlink_to(home)
    forged(out, kind, "page", "", HEAD)
    with pytest.raises(OutputError, match="a link on the way leads there; remove the link"):
        make(out, kind)
    assert list(home.iterdir()) == []


def test_link_in_a_files_place_is_removed_not_followed(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.bin").symlink_to(tmp_path / "precious")
    forged(out, kind, "a.bin", "precious")
    with OutputSession(out, kind, HEAD, overwrite=True):
        assert not os.path.lexists(out / "a.bin")
    assert (tmp_path / "precious").read_text() == "precious"


def test_journal_that_is_a_link_is_not_written_through(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out"
    with OutputSession(out, kind, HEAD) as session:
        session.start()
        (out / "log").unlink()
        (out / "log").symlink_to(tmp_path / "precious")
        with pytest.raises(OSError, match="symbolic link"):
            session.record({"a.bin": record_of("")})
    assert (tmp_path / "precious").read_text() == "precious"


def test_output_folder_may_itself_be_reached_by_a_link(tmp_path: Path, kind: Kind) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    assert make(tmp_path / "out", kind) == list(FILES)
