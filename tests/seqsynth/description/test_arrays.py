"""Descriptions of datasets against the datasets that shards have."""

from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from seqsynth.description.arrays import list_arrays
from seqsynth.shards import read_index

MakeShards = Callable[..., Path]


@pytest.mark.parametrize("settings", [{}, {"layout": "views"}, {"blend": "zhang"}])
def test_what_is_always_there_is_in_the_shards(
    make_shards: MakeShards, tmp_path: Path, settings: dict[str, str]
) -> None:
    folder = make_shards(tmp_path / "set", sequences=2, val_fraction=0, **settings)
    arrays = list_arrays(read_index(folder))
    with h5py.File(folder / "train-00000.h5") as shard:
        always = {one.name for one in arrays if one.present == "always"}
        assert always == set(shard)
        for one in arrays:
            if one.name in always:
                assert len(one.shape) == shard[one.name].ndim - 1
                kind = shard[one.name].dtype
                assert one.dtype == ("bytes" if kind.kind == "S" else kind.name)


def test_every_dataset_is_described_in_words(tiny_shards: Path) -> None:
    assert all(one.meaning for one in list_arrays(read_index(tiny_shards)))
