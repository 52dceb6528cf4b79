"""HDF5 of plain arrays: a shard set, and files that bare h5py reads."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from seqsynth.errors import ShardError
from seqsynth.shards import Fault, open_shards, read_index, verify_shards
from seqsynth.synthesis.blends import LEVEL_TABLES
from tests.seqsynth.web import serve


def faults(folder: Path) -> list[str]:
    return [str(one) for one in verify_shards(folder, LEVEL_TABLES) if isinstance(one, Fault)]


def test_bare_h5py_reads_every_frame(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "views", tiny_shards, views="all", shard_size=20_000)
    for split in ("train", "val"):
        frames = {kind: [] for kind in ("blended", "transmission", "reflection")}
        for path in sorted((tmp_path / "out").glob(f"{split}-*.h5")):
            with h5py.File(path) as file:
                for kind, listed in frames.items():
                    assert file[kind].chunks is None
                    listed.extend(file[kind][:])
        sequences = list(open_shards(tiny_shards).split(split))
        for kind, listed in frames.items():
            np.testing.assert_array_equal(listed, [getattr(s, kind) for s in sequences])


def test_it_is_a_shard_set_without_fault(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "views", tiny_shards, views="all", where=("sigma>=3",))
    wanted = [s for s in open_shards(tiny_shards) if s.metadata["sigma"] >= 3]
    found = list(open_shards(tmp_path / "out"))
    assert faults(tmp_path / "out") == []
    assert 0 < len(found) < 24
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(ours.blended, theirs.blended)
        np.testing.assert_array_equal(ours.trajectory.reflection, theirs.trajectory.reflection)
        assert ours.metadata["origin"]["name"] == theirs.name
        assert ours.metadata["attenuation"] == theirs.metadata["attenuation"]


def test_centre_view_is_a_set_of_one_view(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "views", tiny_shards)
    assert faults(tmp_path / "out") == []
    for ours, theirs in zip(open_shards(tmp_path / "out"), open_shards(tiny_shards), strict=True):
        np.testing.assert_array_equal(ours.blended, theirs.blended[1:2])
        np.testing.assert_array_equal(ours.reflection, theirs.reflection[1:2])
        np.testing.assert_array_equal(
            ours.trajectory.transmission, theirs.trajectory.transmission[1:2]
        )
        assert ours.metadata["attenuation"] == theirs.metadata["attenuation"][1:2]


@pytest.mark.parametrize("views", ["centre", "all"])
@pytest.mark.parametrize("blend", ["linear", "zhang", "ghosting"])
def test_other_blends_keep_their_views_and_numbers(blend, views, make_shards, export_to, tmp_path):
    shards = make_shards(tmp_path / "shards", blend=blend, sequences=6)
    export_to(tmp_path / "out", "views", shards, views=views)
    assert faults(tmp_path / "out") == []
    # Nothing is left that an older reader would not know.
    assert read_index(tmp_path / "out").schema_version == 1
    kept = slice(1, 2) if views == "centre" else slice(None)
    for ours, theirs in zip(open_shards(tmp_path / "out"), open_shards(shards), strict=True):
        assert ours.metadata["parameters"] == theirs.metadata["parameters"]
        for frames in ("blended", "transmission", "reflection"):
            np.testing.assert_array_equal(getattr(ours, frames), getattr(theirs, frames)[kept])


@pytest.mark.parametrize("views", ["centre", "all"])
def test_captures_keep_what_is_known_and_their_names(views, export_to, captures, tmp_path):
    export_to(tmp_path / "out", "views", captures, views=views)
    assert faults(tmp_path / "out") == []
    kept = slice(1, 2) if views == "centre" else slice(None)
    for ours, theirs in zip(open_shards(tmp_path / "out"), open_shards(captures), strict=True):
        np.testing.assert_array_equal(ours.blended, theirs.blended[kept])
        np.testing.assert_array_equal(ours.centre_transmission, theirs.centre_transmission)
        assert ours.reflection is None
        assert ours.name == theirs.name


def test_pairs_of_two_sizes_go_to_two_shards(export_to, pairs, tmp_path):
    export_to(tmp_path / "out", "views", pairs)
    assert faults(tmp_path / "out") == []
    found = {s.name: s for s in open_shards(tmp_path / "out")}
    for sequence in open_shards(pairs):
        np.testing.assert_array_equal(found[sequence.name].blended, sequence.blended)


def test_index_says_what_it_was_made_from(export_to, tiny_shards, tmp_path):
    export_to(tmp_path / "out", "views", tiny_shards, split=("val",))
    index, source = read_index(tmp_path / "out"), read_index(tiny_shards)
    assert index.configuration["derived"]["command"] == "export"
    assert (index.configuration["layout"], index.configuration["views"]) == ("views", 1)
    assert index.sources["parts"][0]["fingerprint"] == source.fingerprint
    assert index.fingerprint != source.fingerprint


def test_key_in_the_address_goes_with_every_request(export_to, tiny_shards, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQSYNTH_CACHE", str(tmp_path / "cache"))
    with serve(tiny_shards.parent) as web:
        export_to(tmp_path / "out", "views", f"{web.url}/{tiny_shards.name}?key=secret")
    assert web.requests
    assert all(request.endswith("?key=secret") for request in web.requests)


def test_equal_names_are_refused_with_a_command_that_helps(export_to, captures, tmp_path):
    other = shutil.copytree(captures, tmp_path / "other")
    with pytest.raises(ShardError, match=r"have the name 'attic'.*; seqsynth merge --rename"):
        export_to(tmp_path / "out", "views", captures, other)


def test_sets_of_two_kinds_are_refused(export_to, tiny_shards, captures, tmp_path):
    with pytest.raises(ShardError, match=r"is of kind synthetic, .* of captured"):
        export_to(tmp_path / "out", "views", tiny_shards, captures)


@pytest.mark.parametrize("views", ["centre", "all"])
def test_a_camera_s_motion_is_exported_with_its_views(export_to, camera_shards, tmp_path, views):
    export_to(tmp_path / "out", "views", camera_shards, views=views)
    assert [f for f in verify_shards(tmp_path / "out") if isinstance(f, Fault)] == []
    kept = slice(1, 2) if views == "centre" else slice(None)
    for exported, sequence in zip(
        open_shards(tmp_path / "out"), open_shards(camera_shards), strict=True
    ):
        assert np.array_equal(exported.camera.pose, sequence.camera.pose[kept])
        for layer in ("transmission", "reflection"):
            motions = [getattr(one.motion, layer) for one in (exported, sequence)]
            assert np.array_equal(motions[0].homographies, motions[1].homographies[kept])
        assert np.array_equal(exported.motion.transmission.mask, sequence.motion.transmission.mask)
