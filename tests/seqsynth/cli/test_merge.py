"""merge as a user meets it: what it prints, one line a fault, exit codes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsynth.shards import read_index
from tests.seqsynth.cli.conftest import Seqsynth

Folder = Callable[..., Path]


@pytest.fixture(scope="module")
def rival(make_shards: Folder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shards(tmp_path_factory.mktemp("rival") / "set", seed=9)


@pytest.fixture(scope="module")
def garden(
    make_shards: Folder, photo_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("garden") / "set"
    return make_shards(folder, photo_folder, sequences=10, seed=5)


def hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_merge_says_what_stands_there(
    seqsynth: Seqsynth, tiny_shards: Path, garden: Path, tmp_path: Path
) -> None:
    answer = seqsynth("merge", tiny_shards, garden, "--out", tmp_path / "out", "--jobs", "1")
    assert answer.code == 0
    assert f"{tmp_path / 'out'}: 27 train, 7 val sequences in 4 shards" in answer.out
    assert "merge: 34 of 34 sequences" in answer.err


def test_merge_says_how_many_it_left_out(
    seqsynth: Seqsynth, tiny_shards: Path, rival: Path, tmp_path: Path
) -> None:
    answer = seqsynth(
        "merge", tiny_shards, rival, "--out", tmp_path / "out", "--drop-leaks", "--jobs", "1"
    )
    number = 48 - read_index(tmp_path / "out").sequences
    wanted = f"left out because they show photos that another set holds out: {number} of"
    assert wanted in answer.out


def test_index_does_not_know_the_machine(
    seqsynth: Seqsynth, tiny_shards: Path, garden: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        seqsynth("merge", tiny_shards, garden, "--out", tmp_path / name, "--jobs", "1")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert str(tmp_path.parent) not in (tmp_path / "one" / "index.json").read_text()


FAULTS: dict[str, tuple[int, list[str], str]] = {
    "one set": (2, ["merge", "{tiny}"], "merge joins two sets or more"),
    "leak": (1, ["merge", "{tiny}", "{rival}"], "--drop-leaks leaves out what would leak"),
    "twice": (1, ["merge", "{tiny}", "{tiny}"], "24 sequences are there twice"),
    "torn index": (1, ["merge", "{tiny}", "{torn}"], "is torn or no shard index"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_one_line(
    name: str, seqsynth: Seqsynth, tiny_shards: Path, rival: Path, tmp_path: Path
) -> None:
    code, words, sentence = FAULTS[name]
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "index.json").write_bytes((rival / "index.json").read_bytes()[:700])
    places = {
        "tmp": tmp_path,
        "tiny": tiny_shards,
        "rival": rival,
        "torn": tmp_path / "torn",
    }
    answer = seqsynth(*(word.format(**places) for word in words), "--out", tmp_path / "out")
    assert answer.code == code
    (line,) = answer.error_lines
    assert sentence in line
    assert not (tmp_path / "out").exists()
