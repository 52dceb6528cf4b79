"""The dataset card as huggingface_hub reads it, and every statement against the index."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import yaml
from huggingface_hub import DatasetCard

from seqsynth.config import BlendName
from seqsynth.description import dataset_card
from seqsynth.shards import ShardEntry, ShardIndex, open_shards, read_index

MakeShards = Callable[..., Path]

SIZES = {
    1: "n<1K",
    999: "n<1K",
    1000: "1K<n<10K",
    8129: "1K<n<10K",
    10**6: "1M<n<10M",
    10**8: "100M<n<1B",
}


def other(kind: str, **details: object) -> ShardIndex:
    """An index of another kind, with one shard of two sequences."""
    entry = ShardEntry("test-00000.h5", "test", 2, 9, "a" * 64, details)
    return ShardIndex(kind, "views", {}, "f" * 64, "0", True, {"scenes": {"a": 1}}, (entry,))


@pytest.fixture(scope="module")
def card(tiny_shards: Path) -> str:
    return dataset_card(read_index(tiny_shards))


def test_card_keeps_its_fields_through_huggingface_hub(card: str) -> None:
    fields = DatasetCard(card).data.to_dict()
    assert fields == yaml.safe_load(card.split("---")[1])
    assert fields["license"] == "other"
    assert fields["license_name"] == "pascal-voc-and-flickr-terms"
    assert fields["task_categories"] == ["image-to-image"]
    assert fields["viewer"] is False


@pytest.mark.parametrize("sequences", SIZES)
def test_size_category_is_the_hubs(sequences: int) -> None:
    entry = ShardEntry("train-00000.h5", "train", sequences, 9, "a" * 64)
    index = ShardIndex("captured", "views", {}, "f", "0", True, {}, (entry,))
    assert DatasetCard(dataset_card(index)).data.to_dict()["size_categories"] == [SIZES[sequences]]


def test_counts_of_sequences_and_pools_are_the_indexes(card: str, tiny_shards: Path) -> None:
    document = json.loads((tiny_shards / "index.json").read_bytes())
    assert "| sequences | 24 (19 train, 5 val) |" in card
    for split in ("train", "val"):
        pools = document["sources"]["pools"][split]
        row = f"| {split} | {len(pools['transmission'])} | {len(pools['reflection'])} |"
        assert row in card
    assert document["fingerprint"] in card


def test_every_setting_is_stated(card: str, tiny_shards: Path) -> None:
    stated = dict(re.findall(r"^\| `(\w+)` \| `(.*)` \|$", card, re.MULTILINE))
    configuration = json.loads((tiny_shards / "index.json").read_bytes())["configuration"]
    assert {name: json.loads(value) for name, value in stated.items()} == configuration


def test_what_was_thrown_away_is_counted() -> None:
    details = {"redraws": 3, "rejections": {"dim-reflection": 7}, "unusable": {"a": "torn"}}
    entry = ShardEntry("train-00000.h5", "train", 2, 9, "a" * 64, details)
    index = ShardIndex("synthetic", "layers", {}, "f", "0", True, {}, (entry, entry))
    text = dataset_card(index)
    assert "6 photos drawn again because unusable (1 distinct," in text
    assert "14 drawn pairs rejected, 14 by `dim-reflection`." in text


@pytest.mark.parametrize(
    "settings", [{}, {"blend": "linear"}, {"compression": "gzip"}], ids=["layers", "views", "gzip"]
)
def test_code_of_the_card_reads_the_first_sequence(
    make_shards: MakeShards, tmp_path: Path, settings: dict[str, str]
) -> None:
    folder = make_shards(tmp_path / "set", **settings)
    with_seqsynth, alone = re.findall(
        r"```python\n(.*?)```", dataset_card(read_index(folder)), re.DOTALL
    )
    truth = open_shards(folder)[0]
    for code in (with_seqsynth, alone):
        names: dict[str, np.ndarray] = {}
        exec(code.replace("DIR", str(folder)), names)
        whole = names["I"].ndim == 4
        assert truth.transmission is not None
        assert truth.reflection is not None
        for letter, frames in (
            ("I", truth.blended),
            ("T", truth.transmission),
            ("R", truth.reflection),
        ):
            np.testing.assert_array_equal(names[letter], frames if whole else frames[0])


def test_code_of_captures_knows_that_layers_may_be_unknown() -> None:
    assert 'if "transmission" in shard else None' in dataset_card(other("captured"))


def test_voc_and_its_terms_are_named_for_vocs_photos_alone(
    card: str, make_shards: MakeShards, photo_folder: Path, tmp_path: Path
) -> None:
    assert "everingham2010pascal" in card
    assert "Flickr" in card
    own = dataset_card(read_index(make_shards(tmp_path / "own", voc=photo_folder)))
    assert "everingham2010pascal" not in own
    assert "Flickr" not in own


def test_strength_of_ceilnets_reflections_is_a_known_limit(card: str) -> None:
    assert "14 dB" in card
    assert "20 to 24 dB" in card


@pytest.mark.parametrize("blend", get_args(BlendName))
def test_only_ceilnets_blend_is_said_to_be_ceilnets(blend: str) -> None:
    index = ShardIndex("synthetic", "views", {"blend": blend}, "f", "0", True, {}, ())
    assert ("CEILNet's reflections are stronger" in dataset_card(index)) == (blend == "ceilnet")
    assert "No parallax" in dataset_card(index)


def test_licences_that_scenes_state_are_named() -> None:
    text = dataset_card(other("captured", sequences=[{"licence": "CC BY 4.0"}, {}]))
    assert "stated scene by scene, under CC BY 4.0" in text


def test_benchmark_is_named_and_sir2_not_to_be_passed_on() -> None:
    text = dataset_card(other("pair", sequences=[{"benchmark": "SIR2"}, {"benchmark": "Nature"}]))
    assert "belong to Nature and SIR2" in text
    assert "SIR2 is handed out by its authors and may not be passed on" in text
    assert "SIR2" not in dataset_card(other("pair", sequences=[{"benchmark": "Nature"}]))


def test_incomplete_set_says_so(tiny_shards: Path) -> None:
    index = read_index(tiny_shards)
    part = index.with_shards(list(index.shards[:1]), complete=False)
    assert "**Incomplete:**" in dataset_card(part)
    assert "Incomplete" not in dataset_card(index)


def test_empty_set_has_a_card() -> None:
    index = ShardIndex("pair", "views", {}, "f", "0", False, {}, ())
    assert DatasetCard(dataset_card(index)).data.to_dict()["size_categories"] == ["n<1K"]


def test_text_of_the_index_stays_in_its_place() -> None:
    nasty = "x` | </b>\n---\n# Title"
    index = ShardIndex("synthetic", "views", {"image_set": nasty}, "f", "0", True, {}, ())
    (line,) = [line for line in dataset_card(index).splitlines() if "image_set" in line]
    assert line.count("`") == 4
    assert re.search(r"(?<!\\)\|.*(?<!\\)\|.*(?<!\\)\|$", line)


def test_inputs_of_a_derived_set_are_named() -> None:
    inputs = [{"fingerprint": "e" * 64, "sequences": 1234, "library_version": "0.1.0"}]
    index = ShardIndex(
        "synthetic",
        "views",
        {"derived": {"command": "merge"}},
        "f",
        "0",
        True,
        {"inputs": inputs, "parts": [], "left_out": {"leaks": 7}},
        (),
    )
    assert f"| `{'e' * 64}` | 1,234 | 0.1.0 |" in dataset_card(index)
    assert "makes every byte again" not in dataset_card(index)
    assert "left out" not in dataset_card(index)


def test_only_a_set_at_first_hand_says_that_it_divided_its_photos(tiny_shards: Path) -> None:
    index = read_index(tiny_shards)
    derived = replace(index, configuration={**index.configuration, "derived": {}})
    assert "divided by seed" in dataset_card(index)
    assert "divided by seed" not in dataset_card(derived)
