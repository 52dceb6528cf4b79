"""subset as a user meets it: what it prints, one line a fault, exit codes."""

import hashlib
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from seqsynth.shards import read_index
from tests.seqsynth.cli.conftest import Seqsynth


def hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_same_command_again_says_that_all_is_there(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    words = ["subset", tiny_shards, "--out", tmp_path / "out", "--count", "7", "--jobs", "1"]
    assert seqsynth(*words).code == 0
    assert "was complete already: 7 sequences" in seqsynth(*words).out


def test_subset_takes_every_option(seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path) -> None:
    ids = [
        i
        for layer in ("transmission", "reflection")
        for i in read_index(tiny_shards).sources["pools"]["train"][layer]
    ]
    (tmp_path / "list.txt").write_text("\n".join(ids))
    (tmp_path / "names.txt").write_text("".join(f"train-{n:06d}\n" for n in range(19)))
    answer = seqsynth(
        "subset",
        tiny_shards,
        "--out",
        tmp_path / "out",
        "--split",
        "train",
        "--where",
        "sigma>2.2",
        "--where",
        "attenuation>=0",
        "--sources",
        "20*",
        "--sources-from",
        tmp_path / "list.txt",
        "--names-from",
        tmp_path / "names.txt",
        "--fraction",
        "0.5",
        "--seed",
        "3",
        "--shard-size",
        "20kB",
        "--jobs",
        "1",
    )
    assert answer.code == 0, answer.err
    derived = read_index(tmp_path / "out").configuration["derived"]
    assert derived["where"] == ["sigma>2.2", "attenuation>=0"]
    assert len(derived["listed"]) == len(derived["named"]) == 64
    assert str(tmp_path) not in (tmp_path / "out" / "index.json").read_text()


def test_one_sequence_is_not_called_sequences(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    answer = seqsynth("subset", tiny_shards, "--out", one, "--count", "1", "--jobs", "1")
    assert f"{one}: 1 train sequence in 1 shard, 0 MiB" in answer.out
    assert seqsynth("verify", one).out == f"{one}: 1 sequence in 1 shard, no fault\n"
    answer = seqsynth("export", one, "--to", "webdataset", "--out", tmp_path / "tar", "--dry-run")
    assert "would get 1 file; 1 sequence, centre views" in answer.out


def test_overwrite_replaces_another_choice(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    words = ["subset", tiny_shards, "--out", tmp_path / "out", "--jobs", "1"]
    seqsynth(*words, "--count", "7")
    assert seqsynth(*words, "--count", "5").code == 1
    assert seqsynth(*words, "--count", "5", "--overwrite").code == 0
    assert read_index(tmp_path / "out").sequences == 5


def test_output_in_an_input_is_refused(seqsynth: Seqsynth, shards_copy: Path) -> None:
    before = hashes(shards_copy)
    answer = seqsynth("subset", shards_copy, "--out", shards_copy, "--overwrite", "--count", "2")
    assert answer.code == 1
    assert "which is copied from; choose another folder" in answer.err
    assert hashes(shards_copy) == before


def test_interrupted_copy_says_how_to_go_on(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = importlib.import_module("seqsynth.reshape.plan")
    copy = plan.copy_shard
    copied: list[tuple[Any, ...]] = []

    def copy_two(*arguments: Any) -> Any:
        if len(copied) == 2:
            raise KeyboardInterrupt
        copied.append(arguments)
        return copy(*arguments)

    monkeypatch.setattr(plan, "copy_shard", copy_two)
    words = [
        "subset",
        tiny_shards,
        "--out",
        tmp_path / "out",
        "--shard-size",
        "20kB",
        "--jobs",
        "1",
    ]
    answer = seqsynth(*words)
    assert answer.code == 130
    assert "sequences finished in" in answer.err
    assert "run the same command again to go on" in answer.err
    monkeypatch.undo()
    assert len(json.loads((tmp_path / "out" / "index.json").read_text())["shards"]) == 2


FAULTS: dict[str, tuple[int, list[str], str]] = {
    "no such set": (1, ["subset", "{tmp}/none", "--count", "1"], "no such folder"),
    "no set": (1, ["subset", "{photos}", "--count", "1"], "has no index.json, so it is no shard"),
    "wrong fraction": (2, ["subset", "{tiny}", "--fraction", "2"], "fraction = 2.0: "),
    "too many": (2, ["subset", "{tiny}", "--count", "99"], "count 99 is more than the 24"),
    "nothing": (1, ["subset", "{tiny}", "--where", "sigma>9"], "none of its 24 sequences meets"),
    "no condition": (2, ["subset", "{tiny}", "--where", "sigma"], "in quotes: a shell takes <"),
    "no list": (1, ["subset", "{tiny}", "--sources-from", "{tmp}/list"], "list: cannot be read"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_one_line(
    name: str, seqsynth: Seqsynth, tiny_shards: Path, photo_folder: Path, tmp_path: Path
) -> None:
    code, words, sentence = FAULTS[name]
    places = {
        "tmp": tmp_path,
        "tiny": tiny_shards,
        "photos": photo_folder,
    }
    answer = seqsynth(*(word.format(**places) for word in words), "--out", tmp_path / "out")
    assert answer.code == code
    (line,) = answer.error_lines
    assert sentence in line
    assert not (tmp_path / "out").exists()
