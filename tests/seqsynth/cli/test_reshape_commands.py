"""merge, split and subset as a user meets them: what they print, one line a fault, exit codes."""

import hashlib
import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsynth.shards import read_index

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


def test_merge_says_what_stands_there(seqsynth, tiny_shards, garden, tmp_path):
    answer = seqsynth("merge", tiny_shards, garden, "--out", tmp_path / "out", "--jobs", "1")
    assert answer.code == 0
    assert f"{tmp_path / 'out'}: 27 train, 7 val sequences in 4 shards" in answer.out
    assert "merge: 34 of 34 sequences" in answer.err


def test_merge_says_how_many_it_left_out(seqsynth, tiny_shards, rival, tmp_path):
    answer = seqsynth(
        "merge", tiny_shards, rival, "--out", tmp_path / "out", "--drop-leaks", "--jobs", "1"
    )
    number = 48 - read_index(tmp_path / "out").sequences
    wanted = f"left out because they show photos that another set holds out: {number} of"
    assert wanted in answer.out


def test_same_command_again_says_that_all_is_there(seqsynth, tiny_shards, tmp_path):
    words = ["subset", tiny_shards, "--out", tmp_path / "out", "--count", "7", "--jobs", "1"]
    assert seqsynth(*words).code == 0
    assert "was complete already: 7 sequences" in seqsynth(*words).out


def test_subset_takes_every_option(seqsynth, tiny_shards, tmp_path):
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


def test_one_sequence_is_not_called_sequences(seqsynth, tiny_shards, tmp_path):
    one = tmp_path / "one"
    answer = seqsynth("subset", tiny_shards, "--out", one, "--count", "1", "--jobs", "1")
    assert f"{one}: 1 train sequence in 1 shard, 0 MiB" in answer.out
    assert seqsynth("verify", one).out == f"{one}: 1 sequence in 1 shard, no fault\n"
    answer = seqsynth("export", one, "--to", "webdataset", "--out", tmp_path / "tar", "--dry-run")
    assert "would get 1 file; 1 sequence, centre views" in answer.out


def test_split_takes_counts_and_fractions(seqsynth, tiny_shards, tmp_path):
    answer = seqsynth(
        "split",
        tiny_shards,
        "--out",
        tmp_path / "out",
        "--val-fraction",
        "0.1",
        "--test-count",
        "3",
        "--drop-straddling",
        "--jobs",
        "1",
    )
    assert answer.code == 0, answer.err
    assert {"train", "val", "test"} == read_index(tmp_path / "out").counts().keys()


def test_index_does_not_know_the_machine(seqsynth, tiny_shards, garden, tmp_path):
    for name in ("one", "two"):
        seqsynth("merge", tiny_shards, garden, "--out", tmp_path / name, "--jobs", "1")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert str(tmp_path.parent) not in (tmp_path / "one" / "index.json").read_text()


def test_overwrite_replaces_another_choice(seqsynth, tiny_shards, tmp_path):
    words = ["subset", tiny_shards, "--out", tmp_path / "out", "--jobs", "1"]
    seqsynth(*words, "--count", "7")
    assert seqsynth(*words, "--count", "5").code == 1
    assert seqsynth(*words, "--count", "5", "--overwrite").code == 0
    assert read_index(tmp_path / "out").sequences == 5


# --- faults -------------------------------------------------------------------------------------

FAULTS = {
    "no such set": (1, ["subset", "{tmp}/none", "--count", "1"], "no such folder"),
    "no set": (1, ["subset", "{photos}", "--count", "1"], "has no index.json, so it is no shard"),
    "wrong fraction": (2, ["subset", "{tiny}", "--fraction", "2"], "fraction = 2.0: "),
    "too many": (2, ["subset", "{tiny}", "--count", "99"], "count 99 is more than the 24"),
    "nothing": (1, ["subset", "{tiny}", "--where", "sigma>9"], "none of its 24 sequences meets"),
    "no condition": (2, ["subset", "{tiny}", "--where", "sigma"], "in quotes: a shell takes <"),
    "no list": (1, ["subset", "{tiny}", "--sources-from", "{tmp}/list"], "list: cannot be read"),
    "nothing said": (2, ["split", "{tiny}"], "give --val-fraction, --test-fraction"),
    "one set": (2, ["merge", "{tiny}"], "merge joins two sets or more"),
    "leak": (1, ["merge", "{tiny}", "{rival}"], "--drop-leaks leaves out what would leak"),
    "twice": (1, ["merge", "{tiny}", "{tiny}"], "24 sequences are there twice"),
    "torn index": (1, ["merge", "{tiny}", "{torn}"], "is torn or no shard index"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_one_line(name, seqsynth, tiny_shards, rival, photo_folder, tmp_path):
    code, words, sentence = FAULTS[name]
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "index.json").write_bytes((rival / "index.json").read_bytes()[:700])
    places = {
        "tmp": tmp_path,
        "tiny": tiny_shards,
        "rival": rival,
        "photos": photo_folder,
        "torn": tmp_path / "torn",
    }
    answer = seqsynth(*(word.format(**places) for word in words), "--out", tmp_path / "out")
    assert answer.code == code
    (line,) = answer.error_lines
    assert sentence in line
    assert not (tmp_path / "out").exists()


def test_output_in_an_input_is_refused(seqsynth, shards_copy):
    before = hashes(shards_copy)
    answer = seqsynth("subset", shards_copy, "--out", shards_copy, "--overwrite", "--count", "2")
    assert answer.code == 1
    assert "which is copied from; choose another folder" in answer.err
    assert hashes(shards_copy) == before


def test_interrupted_copy_says_how_to_go_on(seqsynth, tiny_shards, tmp_path, monkeypatch):
    plan = importlib.import_module("seqsynth.reshape.plan")
    copy, copied = plan.copy_shard, []

    def copy_two(*arguments):
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
