"""Folders of pictures, read back by the rules of those who read them."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from seqsynth.errors import ConfigError
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from seqsynth.shards import open_shards
from tests.seqsynth.export import peers
from tests.seqsynth.export.conftest import Export


@pytest.fixture(scope="module")
def errnet(export_to: Export, tiny_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("errnet")
    export_to(out, "errnet", tiny_shards)
    return out


@pytest.fixture(scope="module")
def dsrnet(export_to: Export, tiny_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dsrnet")
    export_to(out, "dsrnet", tiny_shards)
    return out


@pytest.fixture(scope="module")
def ibcln(export_to: Export, tiny_shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ibcln")
    export_to(out, "ibcln", tiny_shards)
    return out


def centres(shards: Path, split: str) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """I, T and R of the centre view (number 1 of 3), in shard order."""
    return [
        (s.blended[1], s.transmission[1], s.reflection[1]) for s in open_shards(shards).split(split)
    ]


def assert_equal_pictures(
    found: Sequence[Sequence[np.ndarray]], expected: Sequence[Sequence[np.ndarray]]
) -> None:
    assert len(found) == len(expected)
    for number, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        for picture, truth in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(picture, truth, err_msg=f"sample {number}")


def in_order(samples: dict) -> list:
    return [samples[name] for name in sorted(samples)]


# errnet


def test_errnet_pairs_are_the_centre_views_in_shard_order(errnet, tiny_shards):
    found = in_order(peers.blended_with_transmission(errnet / "real_train"))
    assert_equal_pictures(found, [(i, t) for i, t, _ in centres(tiny_shards, "train")])


def test_errnet_validation_pairs_have_a_root_of_their_own(errnet, tiny_shards):
    found = in_order(peers.three_layers(errnet / "testdata_val"))
    assert_equal_pictures(found, centres(tiny_shards, "val"))


def test_errnet_reflections_pair_with_transmissions_by_name(errnet, tiny_shards):
    found = in_order(peers.layers_to_blend(errnet / "real_train"))
    assert_equal_pictures(found, [(t, r) for _, t, r in centres(tiny_shards, "train")])


def test_errnet_pool_is_the_transmissions_and_its_halves_are_disjoint(errnet, tiny_shards):
    pool = errnet / "VOCdevkit/VOC2012/PNGImages"
    first, second = peers.halves_of_pool(pool, errnet / "VOC2012_224_train_png.txt")
    truths = [t for _, t, _ in centres(tiny_shards, "train")]
    assert_equal_pictures([[peers.look(path)] for path in first], [[t] for t in truths[:9]])
    assert_equal_pictures([[peers.look(path)] for path in second], [[t] for t in truths[9:18]])


def test_errnet_list_names_every_picture_of_the_pool(errnet):
    listed = (errnet / "VOC2012_224_train_png.txt").read_text().split()
    lying = {path.name for path in (errnet / "VOCdevkit/VOC2012/PNGImages").iterdir()}
    assert set(listed) == lying
    assert len(listed) == 19


@pytest.mark.parametrize(("layout", "root"), [("errnet", "."), ("dsrnet", "train")])
def test_reflections_in_the_pool_meet_their_own_transmission(
    layout, root, export_to, tiny_shards, tmp_path
):
    export_to(tmp_path / "out", layout, tiny_shards, pool_reflections=True)
    base = tmp_path / "out" / root
    listing = base / "VOC2012_224_train_png.txt"
    first, second = peers.halves_of_pool(base / "VOCdevkit/VOC2012/PNGImages", listing)
    found = [(peers.look(t), peers.look(r)) for t, r in zip(first, second, strict=True)]
    assert_equal_pictures(found, [(t, r) for _, t, r in centres(tiny_shards, "train")])


def test_pool_alone(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "errnet", tiny_shards, split=("train",), training="pool")
    tops = {path.name for path in (tmp_path / "out").iterdir()}
    assert tops == {
        "VOCdevkit",
        "VOC2012_224_train_png.txt",
        "samples.csv",
        "MANIFEST.json",
        "MANIFEST.sha256",
    }


def test_pairs_alone(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "errnet", tiny_shards, split=("train",), training="pairs")
    tops = {path.name for path in (tmp_path / "out").iterdir()}
    assert tops == {"real_train", "samples.csv", "MANIFEST.json", "MANIFEST.sha256"}


def test_captures_go_to_pairs_and_not_to_the_pool(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "errnet", captures)
    found = in_order(peers.blended_with_transmission(tmp_path / "out/real_train"))
    truth = [(s.blended[1], s.transmission[0]) for s in open_shards(captures).split("train")]
    assert_equal_pictures(found, truth)
    assert not (tmp_path / "out/VOCdevkit").exists()


def test_reflection_folder_is_left_out_where_a_reflection_is_unknown(
    export_to, captures, tiny_shards, tmp_path
):
    export_to(tmp_path / "out", "errnet", tiny_shards, captures)
    assert not (tmp_path / "out/real_train/reflection_layer").exists()
    assert len(peers.blended_with_transmission(tmp_path / "out/real_train")) == 22
    assert len(peers.three_layers(tmp_path / "out/testdata_val")) == 5


def test_pair_without_ground_truth_is_left_out_and_named(export_to, pairs, tmp_path):
    export_to(tmp_path / "out", "errnet", pairs)
    found = in_order(peers.blended_with_transmission(tmp_path / "out/testdata_test"))
    known = [s for s in open_shards(pairs) if s.transmission is not None]
    assert_equal_pictures(found, [(s.blended[0], s.transmission[0]) for s in known])
    manifest = json.loads((tmp_path / "out/MANIFEST.json").read_text())
    assert manifest["left_out"] == {"transmission unknown": 1}
    assert manifest["left_out_samples"] == [["2", None, "transmission unknown"]]


# dsrnet


def test_dsrnet_training_pairs(dsrnet, tiny_shards):
    found = in_order(peers.blended_with_transmission(dsrnet / "train/real"))
    assert_equal_pictures(found, [(i, t) for i, t, _ in centres(tiny_shards, "train")])


def test_dsrnet_validation_layers(dsrnet, tiny_shards):
    found = in_order(peers.three_layers(dsrnet / "test/val"))
    assert_equal_pictures(found, centres(tiny_shards, "val"))


def test_dsrnet_pool(dsrnet, tiny_shards):
    pool = dsrnet / "train/VOCdevkit/VOC2012/PNGImages"
    first, _ = peers.halves_of_pool(pool, dsrnet / "train/VOC2012_224_train_png.txt")
    truths = [t for _, t, _ in centres(tiny_shards, "train")]
    assert_equal_pictures([[peers.look(path)] for path in first], [[t] for t in truths[:9]])


# ibcln


def test_ibcln_layers_to_blend_pair_in_sorted_order(ibcln, tiny_shards):
    folders = [peers.sorted_pictures(ibcln / f"train{name}") for name in ("B", "A1", "A2")]
    found = [tuple(map(peers.look, paths)) for paths in zip(*folders, strict=True)]
    assert_equal_pictures(found, centres(tiny_shards, "train"))


def test_ibcln_natural_pairs(ibcln, tiny_shards):
    expected = [(i, t) for i, t, _ in centres(tiny_shards, "train")]
    assert_equal_pictures(peers.ibcln_natural(ibcln), expected)


def test_ibcln_test_pairs(ibcln, tiny_shards):
    expected = [(i, t) for i, t, _ in centres(tiny_shards, "val")]
    assert_equal_pictures(peers.ibcln_test(ibcln), expected)


def test_ibcln_test_runs_where_no_reflection_is_known(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "ibcln", captures)
    expected = [(s.blended[1], s.transmission[0]) for s in open_shards(captures).split("test")]
    assert_equal_pictures(peers.ibcln_test(tmp_path / "out"), expected)


# ceilnet


def test_ceilnet_triples(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "ceilnet", tiny_shards)
    for split in ("train", "val"):
        inputs = peers.ceilnet_inputs(tmp_path / "out" / split)
        found = [
            [
                peers.look(Path(str(path).replace("input", role)))
                for role in ("input", "label1", "label2")
            ]
            for path in inputs
        ]
        assert_equal_pictures(found, centres(tiny_shards, split))


def test_ceilnet_without_reflections_has_no_label2(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "ceilnet", captures)
    names = sorted(path.name for path in (tmp_path / "out/test").iterdir())
    assert names == ["000000-input.png", "000000-label1.png"]


# bdn


def test_bdn_triples(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "bdn", tiny_shards)
    for split in ("train", "val"):
        found = peers.bdn(tmp_path / "out" / split)
        assert_equal_pictures(found, centres(tiny_shards, split))


def test_bdn_refuses_sets_without_reflections(export_to, captures, tmp_path):
    with pytest.raises(
        ConfigError,
        match=r"can hold none of the 4 sequences \(first, attic: "
        r"reflection unknown\); choose another layout",
    ):
        export_to(tmp_path / "out", "bdn", captures)
    assert not (tmp_path / "out").exists()


# views, names, formats


def test_every_view_is_a_sample_and_they_sort_by_sequence_then_view(
    export_to, tiny_shards, tmp_path
):
    export_to(tmp_path / "out", "errnet", tiny_shards, views="all")
    found = in_order(peers.three_layers(tmp_path / "out/testdata_val"))
    expected = [
        (s.blended[v], s.transmission[v], s.reflection[v])
        for s in open_shards(tiny_shards).split("val")
        for v in range(3)
    ]
    assert_equal_pictures(found, expected)


def test_views_without_transmission_are_left_out_and_counted(export_to, captures, tmp_path):
    export_to(tmp_path / "out", "errnet", captures, views="all")
    assert sorted(p.name for p in (tmp_path / "out/real_train/blended").iterdir()) == [
        "000000-1.png",
        "000001-1.png",
        "000002-1.png",
    ]
    manifest = json.loads((tmp_path / "out/MANIFEST.json").read_text())
    assert manifest["left_out"] == {"transmission unknown": 8}
    assert ["attic", 0, "transmission unknown"] in manifest["left_out_samples"]


def test_list_of_samples_leads_back_to_the_sequence(errnet, tiny_shards):
    rows = list(csv.DictReader((errnet / "samples.csv").open()))
    names = [row["sequence"] for row in rows if row["part"] == "real_train"]
    assert names == [s.name for s in open_shards(tiny_shards).split("train")]
    (last,) = [row for row in rows if row["part"] == "testdata_val" and row["stem"] == "000004"]
    assert (last["sequence"], last["split"], last["view"]) == ("val-000004", "val", "1")


def test_jpeg_is_close_and_has_the_right_names(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "errnet", tiny_shards, format="jpg", quality=100)
    pool = tmp_path / "out/VOCdevkit/VOC2012/PNGImages"
    first, _ = peers.halves_of_pool(pool, tmp_path / "out/VOC2012_224_train_png.txt")
    assert first[0].suffix == ".jpg"
    truth = centres(tiny_shards, "train")[0][1].astype(int)
    assert np.abs(peers.look(first[0]) - truth).mean() < 2


@pytest.mark.parametrize("blend", ["linear", "zhang"])
def test_other_blends_are_exported_as_the_shards_hold_them(blend, make_shards, export_to, tmp_path):
    shards = make_shards(tmp_path / "shards", blend=blend, sequences=6)
    export_to(tmp_path / "out", "bdn", shards)
    found = peers.bdn(tmp_path / "out/train")
    assert_equal_pictures(found, centres(shards, "train"))


# and back


@pytest.mark.parametrize(
    ("layout", "benchmark", "folder"),
    [("ceilnet", "ceilnet", "val"), ("errnet", "real20", "testdata_val")],
)
def test_ingestion_takes_back_what_was_exported(
    layout, benchmark, folder, export_to, tiny_shards, tmp_path
):
    export_to(tmp_path / "out", layout, tiny_shards)
    ingest_pairs(find_pairs(benchmark, tmp_path / "out" / folder, {}), tmp_path / "back")
    back = open_shards(tmp_path / "back")
    found = [(s.blended[0], s.transmission[0], s.reflection[0]) for s in back]
    assert_equal_pictures(found, centres(tiny_shards, "val"))
