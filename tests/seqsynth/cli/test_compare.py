"""``seqsynth compare``: what it prints, and what it refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

MakeShards = Callable[..., Path]
Seqsynth = Callable[..., Any]


def test_comparison_is_a_table_with_a_suggestion_for_a_synthetic_set(
    seqsynth: Seqsynth, make_shards: MakeShards, tiny_voc: Path, tmp_path: Path
) -> None:
    settings = {"window": (24, 24), "sequences": 6}
    strong = make_shards(tmp_path / "strong", **settings)
    weak = make_shards(tmp_path / "weak", seed=3, reflection_strength=(0.2, 0.4), **settings)
    out = tmp_path / "out"
    options = ("--samples", "6", "--voc", tiny_voc, "--out", out, "--rounds", "1")
    told = seqsynth("compare", strong, weak, *options)
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0].split() == ["strong", "weak"]
    assert sum(line.startswith("mean distance") for line in lines) == 2
    assert sum(line.startswith("suggested: seqsynth generate --refl") for line in lines) == 2
    assert f"making 6 sequences in {out / 'round-1'}" in lines
    assert lines[-1] == f"{out}: comparison.json, comparison.png"


def test_photos_without_a_folder_are_a_usage_error(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    told = seqsynth("compare", tiny_shards, tiny_shards, "--voc", tmp_path)
    assert told.code == 2
    assert told.error_lines == ["--voc makes shard sets: name a folder for them, --out DIR"]
