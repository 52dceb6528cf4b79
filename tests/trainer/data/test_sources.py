from collections.abc import Callable
from pathlib import Path

import pytest

from seqsynth.errors import ConfigError, ShardError
from seqsynth.shards import open_shards
from tests.trainer.data.mixtures import mixture
from trainer.data.sources import open_sources


def test_sequences_without_a_truth_are_left_out(write_views: Callable[..., Path]) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    assert len(open_sources([blind], "train", {})[0].sequences) == 0
    with pytest.raises(ShardError, match="no training sequences with a known transmission"):
        mixture([blind])


def test_a_crop_larger_than_a_sequence_is_refused(synthetic: Path) -> None:
    with pytest.raises(ShardError, match="train-000000 is 56x56 px, smaller than the crop of 64"):
        mixture([synthetic], crop=64)


def test_another_number_of_views_is_refused(five_views: Path) -> None:
    with pytest.raises(ShardError, match=r"5 views, 3 wanted: set net\.views = 5"):
        mixture([five_views])


def test_a_weight_for_what_is_not_there_is_refused(synthetic: Path) -> None:
    with pytest.raises(ConfigError, match="mix names 'captures', but there is only synthetic"):
        open_sources([synthetic], "train", {"captures": 2.0})


def test_a_folder_s_own_weight_comes_before_its_kind_s(synthetic: Path, five_views: Path) -> None:
    sources = open_sources([synthetic, five_views], "train", {"five": 2.0, "synthetic": 3.0})
    # The first folder is named as its kind is.
    assert [source.weight for source in sources] == [3.0, 2.0]


def test_held_out_sequences_are_not_trained_on(synthetic: Path) -> None:
    train, held_out = (open_sources([synthetic], split, {})[0] for split in ("train", "val"))
    names = [
        {source.sequences.name(n) for n in range(len(source.sequences))}
        for source in (train, held_out)
    ]
    assert [len(part) for part in names] == [8, 2]
    assert names[0] | names[1] == {s.name for s in open_shards(synthetic)}
