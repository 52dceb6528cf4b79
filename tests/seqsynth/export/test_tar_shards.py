"""Tar files, read by the webdataset library."""

import builtins
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset

from seqsynth.errors import ConfigError
from seqsynth.shards import open_shards


def read(*tars: Path) -> list[dict[str, Any]]:
    """All samples of some tar files, decoded by the library."""
    urls = [str(path) for path in tars]
    return list(webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8"))


def test_centre_views_come_back_in_shard_order(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "webdataset", tiny_shards)
    for split in ("train", "val"):
        samples = read(*sorted((tmp_path / "out").glob(f"{split}-*.tar")))
        for sample, sequence in zip(samples, open_shards(tiny_shards).split(split), strict=True):
            np.testing.assert_array_equal(sample["blended.png"], sequence.blended[1])
            np.testing.assert_array_equal(sample["transmission.png"], sequence.transmission[1])
            np.testing.assert_array_equal(sample["reflection.png"], sequence.reflection[1])
            assert sample["json"]["name"] == sequence.name
            assert sample["json"]["metadata"] == sequence.metadata


def test_all_views_are_numbered(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "webdataset", tiny_shards, views="all", split=("val",))
    samples = read(tmp_path / "out/val-000000.tar")
    for sample, sequence in zip(samples, open_shards(tiny_shards).split("val"), strict=True):
        for view in range(3):
            picture = sample[f"reflection.{view}.png"]
            np.testing.assert_array_equal(picture, sequence.reflection[view])


def test_npy_holds_the_views_of_a_sequence_in_one_array(export_to, tiny_shards, tmp_path):
    settings = {"views": "all", "split": ("val",), "format": "npy"}
    export_to(tmp_path / "out", "webdataset", tiny_shards, **settings)
    samples = read(tmp_path / "out/val-000000.tar")
    for sample, sequence in zip(samples, open_shards(tiny_shards).split("val"), strict=True):
        np.testing.assert_array_equal(sample["blended.npy"], sequence.blended)


def test_npy_of_the_centre_view_is_one_picture(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "webdataset", tiny_shards, limit=1, format="npy")
    (sample,) = read(tmp_path / "out/train-000000.tar")
    np.testing.assert_array_equal(sample["blended.npy"], open_shards(tiny_shards)[0].blended[1])


def test_what_is_unknown_is_no_member(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "webdataset", captures, views="all")
    (sample,) = read(tmp_path / "out/test-000000.tar")
    parts = {name for name in sample if not name.startswith("_")}
    assert parts == {
        "json",
        "blended.0.png",
        "blended.1.png",
        "blended.2.png",
        "transmission.1.png",
    }


def test_files_stay_below_the_size_asked_for(export_to, tiny_shards, tmp_path):
    each = 3 * 3 * 16 * 24  # pixels of I, T and R
    export_to(tmp_path / "out", "webdataset", tiny_shards, shard_size=5 * each, split=("train",))
    tars = sorted((tmp_path / "out").glob("*.tar"))
    assert [len(read(tar)) for tar in tars] == [5, 5, 5, 4]


def test_members_tell_no_time_and_no_user(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "webdataset", tiny_shards, limit=1)
    with tarfile.open(tmp_path / "out/train-000000.tar") as tar:
        assert {(m.mtime, m.uname, m.uid) for m in tar.getmembers()} == {(0, "seqsynth", 0)}


@pytest.mark.parametrize(("layout", "module"), [("webdataset", "webdataset"), ("hf", "datasets")])
def test_missing_library_is_named_with_its_extra(
    layout, module, export_to, tiny_shards, tmp_path, monkeypatch
):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(
        ConfigError,
        match=rf"layout {layout} needs the package {module}; "
        r"pip install seqsynth\[export\]",
    ):
        export_to(tmp_path / "out", layout, tiny_shards)
    assert builtins.list(tmp_path.iterdir()) == []
