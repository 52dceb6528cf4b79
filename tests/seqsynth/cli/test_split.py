"""split as a user meets it: what it prints, one line a fault, exit codes."""

from pathlib import Path

import pytest

from seqsynth.shards import read_index
from tests.seqsynth.cli.conftest import Seqsynth


def test_split_takes_counts_and_fractions(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
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


FAULTS: dict[str, tuple[int, list[str], str]] = {
    "nothing said": (2, ["split", "{tiny}"], "give --val-fraction, --test-fraction"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_one_line(
    name: str, seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    code, words, sentence = FAULTS[name]
    places = {
        "tmp": tmp_path,
        "tiny": tiny_shards,
    }
    answer = seqsynth(*(word.format(**places) for word in words), "--out", tmp_path / "out")
    assert answer.code == code
    (line,) = answer.error_lines
    assert sentence in line
    assert not (tmp_path / "out").exists()
