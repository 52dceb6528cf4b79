"""On disks without locks a file says who writes to a folder, and whether they still can."""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import OutputError
from seqsynth.output.owner import OWNER_NAME, Owner, clear_stale


def owner_file(folder: Path, **changes: Any) -> Path:
    """Leave an owner file behind, as a process does that is killed, and change what it states."""
    Owner(folder)
    file = folder / OWNER_NAME
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return file


def ended_process() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_owner_keeps_another_out_until_it_is_released(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    with pytest.raises(OutputError, match=rf"in use by process {os.getpid()} on .*begun 20\d\d-"):
        Owner(tmp_path)
    owner.release()
    Owner(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_owner_that_has_ended_is_followed_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ended = ended_process()
    owner_file(tmp_path, process=ended)
    Owner(tmp_path)
    assert f"process {ended}, which wrote there, has ended without saying so" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == [OWNER_NAME]
    assert json.loads((tmp_path / OWNER_NAME).read_text())["process"] == os.getpid()


def test_number_given_out_again_is_no_living_owner(tmp_path: Path) -> None:
    owner_file(tmp_path, started="1")
    clear_stale(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"host": "node17"}, {"machine": "another start of it"}])
def test_owner_on_another_machine_is_never_taken_for_ended(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    file = owner_file(tmp_path, process=ended_process(), **change)
    with pytest.raises(OutputError, match=rf"if it has ended, remove {file}"):
        Owner(tmp_path)
    assert file.exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"process": 1}', b"[" * 200_000, b"\xff"]
)
def test_owner_file_that_names_nobody_is_left_to_the_user(tmp_path: Path, content: bytes) -> None:
    (tmp_path / OWNER_NAME).write_bytes(content)
    with pytest.raises(OutputError, match="names nobody; if nothing writes there, remove that"):
        Owner(tmp_path)
    assert (tmp_path / OWNER_NAME).read_bytes() == content


def test_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / OWNER_NAME)
    with pytest.raises(OutputError, match="names nobody"):
        Owner(tmp_path)


def test_token_leads_to_no_file_outside(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    owner_file(tmp_path / "set", process=ended_process(), token="x/../../mark")
    with pytest.raises(OutputError, match="names nobody"):
        Owner(tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_planted_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("data")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / OWNER_NAME).symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        Owner(tmp_path / "set")
    assert target.read_text() == "data"


def test_owner_does_not_remove_the_file_of_its_successor(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    (tmp_path / OWNER_NAME).unlink()
    Owner(tmp_path)
    owner.release()
    assert (tmp_path / OWNER_NAME).exists()


def _race(folder: Path, line: Any, won: Any) -> None:
    line.wait()
    try:
        Owner(folder)
        won.put(os.getpid())
    except OutputError:
        pass
    line.wait()


def test_of_many_that_find_a_stale_owner_one_takes_over(tmp_path: Path) -> None:
    owner_file(tmp_path, process=ended_process())
    context = multiprocessing.get_context("fork")
    line, won = context.Barrier(8), context.SimpleQueue()
    racers = [context.Process(target=_race, args=(tmp_path, line, won)) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    winner = won.get()
    assert won.empty()
    assert json.loads((tmp_path / OWNER_NAME).read_text())["process"] == winner
