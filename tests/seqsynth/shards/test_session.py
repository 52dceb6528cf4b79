"""Making a set safely: one at a time, resumable, and nothing of anybody else's is touched."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqsynth.errors import OutputError, ShardError, SourceError
from seqsynth.shards import (
    Array,
    ShardEntry,
    ShardIndex,
    ShardPlan,
    WriteSession,
    read_index,
    write_shard,
)
from seqsynth.shards.folder import OWN_MARK, PAGE_MARK

FILES = ["train-00000.h5", "train-00001.h5", "val-00000.h5"]

INDEX = ShardIndex(
    kind="pair",
    layout="views",
    configuration={"views": 1, "seed": 3},
    fingerprint="a" * 64,
    library_version="0.1.0",
    complete=False,
    sources={},
    shards=(),
)
OTHER = replace(INDEX, fingerprint="b" * 64, configuration={"views": 1, "seed": 4})


def make_shard(folder: Path, file: str, index: ShardIndex = INDEX) -> ShardEntry:
    """Write a shard of one sequence whose pixels follow from its name."""
    split = file.partition("-")[0]
    value = sum(file.encode()) % 256
    frames = Array((1, 8, 8, 3), np.dtype("u1"))
    marks = {"split": split, "fingerprint": index.fingerprint}
    plan = ShardPlan(folder / file, "views", 1, {"blended": frames}, marks)
    size, digest = write_shard(plan, [{"blended": np.full((1, 8, 8, 3), value)}])
    return ShardEntry(file, split, 1, size, digest)


def make_set(
    folder: Path, index: ShardIndex = INDEX, *, overwrite: bool = False, stop_after: int = 99
) -> list[str]:
    """Make a set, or stop by Ctrl-C after some shards; return the files that were written."""
    written: list[str] = []
    with WriteSession(folder, index, overwrite=overwrite) as session:
        for file in session.plan(FILES):
            if len(written) == stop_after:
                raise KeyboardInterrupt
            session.record(make_shard(folder, file, index))
            written.append(file)
        session.finish()
    return written


def plan_and_stop(folder: Path) -> None:
    with WriteSession(folder, INDEX) as session:
        session.plan(FILES)
        raise KeyboardInterrupt


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A set that Ctrl-C stopped after two of three shards."""
    folder = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        make_set(folder, stop_after=2)
    return folder


@pytest.fixture
def killed(stopped: Path) -> Path:
    """The same after ``kill -9``, which leaves no time for an index."""
    (stopped / "index.json").unlink()
    return stopped


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_finished_set_is_shards_and_index_alone(tmp_path: Path) -> None:
    make_set(tmp_path / "set")
    assert contents(tmp_path / "set").keys() == {*FILES, "index.json"}


def test_index_lists_the_shards_in_planned_order(tmp_path: Path) -> None:
    with WriteSession(tmp_path, INDEX) as session:
        for file in reversed(session.plan(FILES)):
            session.record(make_shard(tmp_path, file))
        index = session.finish()
    assert [entry.file for entry in index.shards] == FILES


def test_finish_before_all_shards_are_made_is_refused(tmp_path: Path) -> None:
    with WriteSession(tmp_path, INDEX) as session:
        session.plan(FILES)
        session.record(make_shard(tmp_path, FILES[0]))
        with pytest.raises(ShardError, match=r"2 planned shards were not made, first train-00001"):
            session.finish()


# --- resuming -----------------------------------------------------------------------------------


def test_stopped_set_lists_its_finished_shards_as_incomplete(stopped: Path) -> None:
    index = read_index(stopped)
    assert not index.complete
    assert [entry.file for entry in index.shards] == FILES[:2]


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_only_missing_shards_are_made_after(how: str, request: pytest.FixtureRequest) -> None:
    assert make_set(request.getfixturevalue(how)) == FILES[2:]


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_resumed_set_equals_an_uninterrupted_one(
    how: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(how)
    make_set(folder)
    make_set(tmp_path / "straight")
    assert contents(folder) == contents(tmp_path / "straight")


def test_complete_set_is_not_made_again(tmp_path: Path) -> None:
    make_set(tmp_path)
    before = contents(tmp_path)
    assert make_set(tmp_path) == []
    assert contents(tmp_path) == before


def test_damaged_shard_of_a_complete_set_is_made_again(tmp_path: Path) -> None:
    make_set(tmp_path)
    before = contents(tmp_path)
    (tmp_path / FILES[1]).write_bytes(before[FILES[1]][:-1] + b"x")
    assert make_set(tmp_path) == [FILES[1]]
    assert contents(tmp_path) == before


def test_journalled_shard_whose_hash_fails_is_made_again(killed: Path) -> None:
    content = (killed / FILES[0]).read_bytes()
    (killed / FILES[0]).write_bytes(content[:-1] + b"x")
    assert make_set(killed) == [FILES[0], FILES[2]]


def test_lost_shard_is_made_again(killed: Path) -> None:
    (killed / FILES[1]).unlink()
    assert make_set(killed) == FILES[1:]


def test_shard_that_missed_the_journal_is_made_again(killed: Path) -> None:
    make_shard(killed, FILES[2])
    assert make_set(killed) == FILES[2:]


def test_partial_files_are_removed_and_never_trusted(killed: Path) -> None:
    leftover = killed / f"{FILES[2]}.0123456789abcdef.partial"
    leftover.write_bytes(b"half a shard")
    assert make_set(killed) == FILES[2:]
    assert not leftover.exists()


@pytest.mark.parametrize(
    "name",
    [
        "notes.partial",
        "model.123.partial",
        "train.partial",
        "my.h5.1.partial",
        f"{FILES[2]}.1.partial",
    ],
)
def test_partial_file_of_somebody_else_is_no_leftover(killed: Path, name: str) -> None:
    (killed / name).write_bytes(b"precious")
    make_set(killed)
    assert (killed / name).read_bytes() == b"precious"


def test_folder_with_a_partial_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mp4.partial").write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"it holds film\.mp4\.partial; choose an empty folder"):
        make_set(tmp_path)


def test_torn_last_line_of_the_journal_does_not_count(killed: Path) -> None:
    journal = killed / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-30])
    assert make_set(killed) == FILES[1:]


def test_journal_can_be_torn_again_after_resuming(killed: Path) -> None:
    journal = killed / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-30])
    with pytest.raises(KeyboardInterrupt):
        make_set(killed, stop_after=1)
    (killed / "index.json").unlink()
    journal.write_bytes(journal.read_bytes() + b'{"bytes": 12')
    assert make_set(killed) == FILES[2:]


@pytest.mark.parametrize("head", [b"", b'{"finger', b"3\n", b"{}\n"])
def test_journal_without_a_head_is_refused_with_a_way_out(killed: Path, head: bytes) -> None:
    (killed / "journal.jsonl").write_bytes(head)
    advice = r"torn at its head.*move it away, then seqsynth repair .* takes up the shards"
    with pytest.raises(ShardError, match=advice):
        make_set(killed)


def test_journal_without_a_head_beside_an_index_is_only_in_the_way(tmp_path: Path) -> None:
    make_set(tmp_path)
    (tmp_path / "journal.jsonl").touch()
    with pytest.raises(ShardError, match="move it away, then run the same command again"):
        make_set(tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    assert make_set(tmp_path) == []


def test_journal_that_leads_out_of_the_folder_is_refused(killed: Path) -> None:
    head = (killed / "journal.jsonl").read_text().splitlines()[0]
    entry = {"file": "../kept.h5", "split": "train", "count": 1, "bytes": 4, "sha256": "0" * 64}
    (killed / "journal.jsonl").write_text(f"{head}\n{json.dumps(entry)}\n")
    (killed.parent / "kept.h5").write_text("mine")
    with pytest.raises(ShardError, match="plain name"):
        make_set(killed, OTHER, overwrite=True)
    assert (killed.parent / "kept.h5").exists()


def test_journal_names_what_is_made_and_each_finished_shard(stopped: Path) -> None:
    head, *entries = map(json.loads, (stopped / "journal.jsonl").read_text().splitlines())
    assert head == {"fingerprint": INDEX.fingerprint, "configuration": INDEX.configuration}
    assert [entry["file"] for entry in entries] == FILES[:2]


def test_shard_is_in_the_journal_before_the_next_is_made(tmp_path: Path) -> None:
    with WriteSession(tmp_path, INDEX) as session:
        for number, file in enumerate(session.plan(FILES)):
            lines = (tmp_path / "journal.jsonl").read_text().splitlines()
            assert len(lines) == 1 + number
            session.record(make_shard(tmp_path, file))
        session.finish()


def test_error_in_a_complete_set_leaves_its_index_alone(tmp_path: Path) -> None:
    make_set(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        plan_and_stop(tmp_path)
    assert contents(tmp_path) == before


def test_error_before_planning_keeps_what_was_finished(stopped: Path) -> None:
    before = contents(stopped)
    with pytest.raises(RuntimeError), WriteSession(stopped, INDEX):
        raise RuntimeError("no photos")
    assert contents(stopped) == before


# --- what else may stand in the folder ----------------------------------------------------------


def test_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("chapter 1")
    with pytest.raises(OutputError, match=r"no shard set: it holds thesis\.tex; choose"):
        make_set(tmp_path)
    assert contents(tmp_path) == {"thesis.tex": b"chapter 1"}


def test_folder_of_something_else_is_refused_with_overwrite_too(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("chapter 1")
    with pytest.raises(OutputError, match="choose an empty folder"):
        make_set(tmp_path, overwrite=True)


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    make_set(tmp_path / "a" / "b")
    assert read_index(tmp_path / "a" / "b").complete


def test_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="out: cannot be made"):
        make_set(tmp_path / "out")


@pytest.mark.parametrize("how", ["complete", "stopped"])
def test_other_configuration_is_refused_with_the_difference(
    how: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if how == "stopped":
        folder = request.getfixturevalue("stopped")
    else:
        folder = tmp_path / "set"
        make_set(folder)
    before = contents(folder)
    with pytest.raises(ShardError, match=r"\(seed 3 there, 4 asked for\).*--overwrite"):
        make_set(folder, OTHER)
    assert contents(folder) == before


def test_other_photos_are_refused_as_such(tmp_path: Path) -> None:
    make_set(tmp_path)
    with pytest.raises(ShardError, match="same settings, other photos"):
        make_set(tmp_path, replace(INDEX, fingerprint="c" * 64))


def test_overwrite_replaces_the_set(tmp_path: Path) -> None:
    make_set(tmp_path)
    assert make_set(tmp_path, OTHER, overwrite=True) == FILES
    assert read_index(tmp_path).configuration == OTHER.configuration


def test_overwrite_makes_the_same_set_anew(tmp_path: Path) -> None:
    make_set(tmp_path)
    assert make_set(tmp_path, overwrite=True) == FILES


def test_overwrite_removes_the_cards_that_were_written_of_the_set(tmp_path: Path) -> None:
    make_set(tmp_path)
    for name in ("README.md", "croissant.json"):
        (tmp_path / name).write_text(f"({OWN_MARK})")
    assert make_set(tmp_path, overwrite=True) == FILES
    assert not (tmp_path / "README.md").exists()
    assert not (tmp_path / "croissant.json").exists()


def test_card_of_a_set_that_is_gone_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"({OWN_MARK})")
    assert make_set(tmp_path) == FILES


def test_somebody_elses_card_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# My thesis")
    with pytest.raises(OutputError, match=r"no shard set.*README\.md"):
        make_set(tmp_path)


def test_overwrite_leaves_somebody_elses_card(tmp_path: Path) -> None:
    make_set(tmp_path)
    (tmp_path / "README.md").write_text("# My thesis")
    make_set(tmp_path, overwrite=True)
    assert (tmp_path / "README.md").read_text() == "# My thesis"


def test_overwrite_removes_only_what_the_set_owns(tmp_path: Path) -> None:
    make_set(tmp_path)
    (tmp_path / "report.html").write_text(f"<head>{PAGE_MARK}</head> of the old set")
    (tmp_path / "shards.html").write_text("a page of my own")
    (tmp_path / "findings.json").write_text('{"scenes": "mine"}')
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "mine.h5").write_text("mine too")
    (tmp_path / "photos").mkdir()
    with WriteSession(tmp_path, OTHER, overwrite=True):
        left = {path.name for path in tmp_path.iterdir()}
    mine = {"shards.html", "findings.json", "notes.txt", "mine.h5", "photos"}
    assert left == {"journal.jsonl", *mine}


def test_overwrite_of_a_stopped_set_removes_its_shards(stopped: Path) -> None:
    with WriteSession(stopped, OTHER, overwrite=True):
        assert {path.name for path in stopped.iterdir()} == {"journal.jsonl"}


@pytest.mark.parametrize("recorded", [0, 1])
def test_overwrite_removes_a_shard_that_was_finished_but_not_recorded(
    killed: Path, recorded: int
) -> None:
    journal = killed / "journal.jsonl"
    head, *entries = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([head, *entries[:recorded]]))
    (killed / "mine.h5").write_text("mine")
    with WriteSession(killed, OTHER, overwrite=True):
        assert {path.name for path in killed.iterdir()} == {"journal.jsonl", "mine.h5"}


# --- one at a time ------------------------------------------------------------------------------


def test_second_session_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        WriteSession(tmp_path, INDEX),
        pytest.raises(OutputError, match="in use by another run"),
        WriteSession(tmp_path, INDEX),
    ):
        pass


def test_folder_is_free_after_a_session(tmp_path: Path) -> None:
    with WriteSession(tmp_path, INDEX):
        pass
    with WriteSession(tmp_path, INDEX):
        pass


def test_folder_is_free_after_a_refused_session(tmp_path: Path) -> None:
    make_set(tmp_path)
    with pytest.raises(ShardError), WriteSession(tmp_path, OTHER):
        pass
    assert make_set(tmp_path) == []


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from seqsynth.shards import *; "
        "index = ShardIndex('pair', 'views', {'views': 1, 'seed': 3}, 'a' * 64, '0', False, {}, ())"
        "; WriteSession(Path(sys.argv[1]), index).__enter__(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    assert make_set(tmp_path) == FILES


def test_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as root, who may write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="no permission to write there"):
        make_set(tmp_path)


def test_lost_disk_while_stopping_does_not_hide_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, "disk is gone")

    monkeypatch.setattr(WriteSession, "_write_index", fail)
    with pytest.raises(KeyboardInterrupt):
        make_set(tmp_path, stop_after=2)


def test_first_shard_that_the_disk_refuses_to_record_leaves_no_orphan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "disk is full")

    with monkeypatch.context() as full:
        full.setattr(WriteSession, "record", fail)
        with pytest.raises(OSError, match="disk is full"):
            make_set(tmp_path)
    assert contents(tmp_path) == {}
    assert make_set(tmp_path) == FILES


def test_shards_of_a_damaged_set_stay_when_mending_it_fails(tmp_path: Path) -> None:
    make_set(tmp_path)
    for file in FILES:
        with (tmp_path / file).open("ab") as shard:
            shard.write(b"damage")
    damaged = contents(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        plan_and_stop(tmp_path)
    assert contents(tmp_path) == damaged


def test_generated_set_is_stopped_by_a_bad_photo_and_goes_on(
    make_shards: Callable[..., Path], photo_folder: Path, tmp_path: Path
) -> None:
    """The photo is mended, the same call goes on, and the result is as if nothing had been."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, path in enumerate(sorted(photo_folder.rglob("*.*"))):
        (photos / f"{number}{path.suffix}").write_bytes(path.read_bytes())
    straight = make_shards(tmp_path / "straight", photos)
    held = json.loads((straight / "index.json").read_bytes())["sources"]["pools"]["val"]
    damaged = [next(photos.glob(f"{name}.*")) for name in held["transmission"]]
    whole = [path.read_bytes() for path in damaged]
    for path in damaged:
        path.write_bytes(b"torn")
    with pytest.raises(SourceError):
        make_shards(tmp_path / "resumed", photos)
    for path, content in zip(damaged, whole, strict=True):
        path.write_bytes(content)
    make_shards(tmp_path / "resumed", photos)
    assert contents(tmp_path / "resumed") == contents(straight)


def test_run_stopped_before_its_first_shard_claims_nothing(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    head = {"fingerprint": "another", "configuration": {"seed": 9}}
    (folder / "journal.jsonl").write_text(json.dumps(head) + "\n")
    with WriteSession(folder, INDEX) as session:
        assert session.plan(["train-00000.h5"]) == ["train-00000.h5"]


@pytest.mark.parametrize("name", ["train-00007.h5", "index.json", "README.md"])
def test_partial_file_of_a_sets_own_name_is_a_leftover(killed: Path, name: str) -> None:
    leftover = killed / f"{name}.0123456789abcdef.partial"
    leftover.write_bytes(b"half")
    make_set(killed)
    assert not leftover.exists()


def test_partial_file_that_is_a_link_is_removed_and_its_target_kept(
    killed: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("mine")
    (killed / f"{FILES[2]}.0123456789abcdef.partial").symlink_to(tmp_path / "precious")
    make_set(killed)
    assert (tmp_path / "precious").read_text() == "mine"
