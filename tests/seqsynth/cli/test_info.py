"""``seqsynth info`` tells what a shard set holds, to people and to programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.synthesis import generation, plan_generation
from tests.seqsynth.cli.conftest import Seqsynth


def facts_of(seqsynth: Seqsynth, folder: Path) -> Any:
    answer = seqsynth("info", "--json", folder)
    assert answer.code == 0
    return json.loads(answer.out)


def test_json_counts_sequences_shards_and_bytes(seqsynth, tiny_shards):
    facts = facts_of(seqsynth, tiny_shards)
    assert facts["sequences"] == {"total": 24, "train": 19, "val": 5}
    assert facts["shards"] == 4
    assert facts["bytes"] == sum(path.stat().st_size for path in tiny_shards.glob("*.h5"))
    assert (facts["kind"], facts["layout"], facts["complete"]) == ("synthetic", "layers", True)


def test_json_gives_the_size_of_the_frames(seqsynth, tiny_shards):
    frames = facts_of(seqsynth, tiny_shards)["frames (V, H, W, 3)"]
    assert set(frames) == {"blended", "transmission", "reflection"}
    assert list(frames.values()) == [[3, 16, 24, 3]] * 3


def test_json_holds_the_configuration_it_was_made_with(seqsynth, tiny_shards, tiny_settings):
    stored = facts_of(seqsynth, tiny_shards)["configuration"]
    expected = SynthesisConfig(**tiny_settings).resolved() | {"image_set": "train"}
    assert stored == expected


def test_json_counts_the_photos_of_every_pool(seqsynth, tiny_shards):
    assert facts_of(seqsynth, tiny_shards)["sources"] == {
        "train transmission": 8,
        "train reflection": 8,
        "val transmission": 2,
        "val reflection": 2,
        "unused": 0,
        "unusable": 0,
    }


def test_text_tells_the_same_facts_a_line_each(seqsynth, tiny_shards):
    answer = seqsynth("info", tiny_shards)
    told = {
        line.split(":")[0].strip(): line.partition(":")[2].strip()
        for line in answer.out.splitlines()
    }
    assert (told["kind"], told["total"], told["train"], told["shards"]) == (
        "synthetic",
        "24",
        "19",
        "4",
    )
    assert told["reflection_step"] == "2 4"
    assert told["fingerprint"] == facts_of(seqsynth, tiny_shards)["fingerprint"]


def stop_after_one_shard(voc: Path, out: Path, config: SynthesisConfig) -> None:
    with generation(plan_generation(voc, config), out, RunConfig(jobs=1)) as making:
        for _ in making:
            raise KeyboardInterrupt


def test_stopped_set_is_told_to_be_incomplete(seqsynth, tiny_voc, tiny_settings, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        stop_after_one_shard(tiny_voc, tmp_path, SynthesisConfig(**tiny_settings))
    facts = facts_of(seqsynth, tmp_path)
    assert (facts["complete"], facts["sequences"]) == (False, {"total": 6, "train": 6})


def test_edited_index_is_refused(seqsynth, shards_copy):
    index = shards_copy / "index.json"
    index.write_text(index.read_text().replace('"seed": 0', '"seed": 1'))
    answer = seqsynth("info", shards_copy)
    assert answer.code == 1
    assert answer.error_lines == [
        f"{index} was changed after it was written: its digest does not match; copy it here again, "
        "or have seqsynth repair write it anew"
    ]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.mkdir(), "has no index.json, so it is no shard set"),
        (lambda folder: write(folder, "{"), "is torn or no shard index"),
        (lambda folder: write(folder, '{"format": "cooking"}'), "is of format 'cooking'"),
        (lambda folder: write(folder, "{}"), "no shard index (no 'format'); there are no shards"),
        (lambda folder: write(folder, "[]"), "is torn or no shard index"),
    ],
    ids=["missing", "empty", "torn", "other", "bare", "list"],
)
def test_what_is_no_shard_set_is_one_line(seqsynth, tmp_path, make, told):
    make(tmp_path / "shards")
    answer = seqsynth("info", tmp_path / "shards")
    assert (answer.code, answer.out, len(answer.error_lines)) == (1, "", 1)
    assert str(tmp_path / "shards") in answer.error_lines[0]
    assert told in answer.error_lines[0]


def write(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "index.json").write_text(text)
