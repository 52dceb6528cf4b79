"""What stands in the output folder is this export's own, or is left as it is."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import OutputError
from seqsynth.export import ExportConfig, ExportMaking, ExportPlan, export, plan_export

# What stands there


def test_folder_with_other_files_is_refused(tiny_shards, tmp_path, contents, bdn):
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    with pytest.raises(
        OutputError,
        match=r"holds 1 files or folders that are no export \(such as "
        r"photo.jpg\); choose an empty folder",
    ):
        export([tiny_shards], tmp_path, bdn)
    assert contents(tmp_path).keys() == {"photo.jpg"}


def test_download_of_somebody_else_is_no_rest_of_ours(tiny_shards, tmp_path, contents, bdn):
    (tmp_path / "movie.partial").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"such as movie.partial"):
        export([tiny_shards], tmp_path, bdn)
    assert contents(tmp_path).keys() == {"movie.partial"}


def test_other_shard_set_is_no_place_for_an_export(tiny_shards, shards_copy, contents, bdn):
    before = contents(shards_copy)
    with pytest.raises(OutputError, match="that are no export"):
        export([tiny_shards], shards_copy, bdn)
    assert contents(shards_copy) == before


def test_another_export_is_refused_with_the_difference(whole, tiny_shards, tmp_path, contents):
    config = ExportConfig(to="bdn", limit=3)
    with pytest.raises(OutputError, match=r"holds another export \(limit 4 there, 3 asked for\)"):
        export([tiny_shards], tmp_path / "whole", config)
    assert contents(tmp_path / "whole") == whole


def test_export_of_other_shards_is_refused(whole, make_shards, tmp_path, bdn):
    other = make_shards(tmp_path / "other", seed=1)
    with pytest.raises(OutputError, match="same settings, other shards"):
        export([other], tmp_path / "whole", bdn)


def test_overwriting_removes_the_old_export_and_nothing_else(
    whole, tiny_shards, tmp_path, contents
):
    out = tmp_path / "whole"
    (out / "train/I/notes.txt").write_text("mine")
    plan = plan_export([tiny_shards], ExportConfig(to="ceilnet", limit=1))
    with ExportMaking(plan, out, RunConfig(jobs=1), overwrite=True) as making:
        list(making)
    assert contents(out).keys() == {
        "train/I/notes.txt",
        "train/000000-input.png",
        "train/000000-label1.png",
        "train/000000-label2.png",
        "samples.csv",
        "MANIFEST.json",
        "MANIFEST.sha256",
    }


def test_file_in_the_way_is_not_written_over(whole, tiny_shards, tmp_path):
    out = tmp_path / "whole"
    manifest = out / "MANIFEST.json"
    plan = plan_export([tiny_shards], ExportConfig(to="ceilnet", limit=1))
    (out / "train/000000-label1.png").write_text("mine")
    with (
        pytest.raises(OutputError, match=r"000000-label1.png is not this export's; move it away"),
        ExportMaking(plan, out, RunConfig(jobs=1), overwrite=True) as making,
    ):
        list(making)
    assert (out / "train/000000-label1.png").read_text() == "mine"
    assert not manifest.exists()


def test_folder_in_use_is_refused(tiny_shards, tmp_path, bdn):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match="is in use by another run"):
        export([tiny_shards], tmp_path, bdn)
    os.close(descriptor)


def test_manifest_that_leads_out_of_its_folder_is_refused(whole, tiny_shards, tmp_path, bdn):
    """Overwriting must not remove what a forged manifest claims."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "whole/MANIFEST.json").unlink()
    head = {"fingerprint": "0", "configuration": {}, "folders": []}
    lines = [head, {"files": {"../victim": [4, "0"]}}]
    (tmp_path / "whole/export.journal").write_text("".join(f"{json.dumps(x)}\n" for x in lines))
    plan = plan_export([tiny_shards], bdn)
    with (
        pytest.raises(OutputError, match="nobody knows what it was making"),
        ExportMaking(plan, tmp_path / "whole", RunConfig(), overwrite=True),
    ):
        pass
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "else"}'])
def test_torn_manifest_is_refused(content, whole, tiny_shards, tmp_path, bdn):
    (tmp_path / "whole/MANIFEST.json").write_text(content)
    with pytest.raises(OutputError, match=r"MANIFEST.json is torn or no manifest"):
        export([tiny_shards], tmp_path / "whole", bdn)


def test_edited_manifest_is_refused(whole, tiny_shards, tmp_path, bdn):
    path = tmp_path / "whole/MANIFEST.json"
    path.write_text(path.read_text().replace('"sequences": 4', '"sequences": 5'))
    with pytest.raises(OutputError, match="was changed after it was written"):
        export([tiny_shards], tmp_path / "whole", bdn)


# Links


def claim(out: Path, plan: ExportPlan, files: Iterable[str]) -> None:
    """Leave a journal that claims files for this very export."""
    head = {
        "fingerprint": plan.fingerprint,
        "configuration": plan.config.resolved(),
        "folders": list(plan.layout.folders),
    }
    out.mkdir()
    lines = [head, {"files": {file: [4, "0" * 64] for file in files}}]
    (out / "export.journal").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.mark.parametrize("link", ["train", "train/B", "export.partial"])
def test_nothing_is_written_or_removed_through_a_link(link, tiny_shards, tmp_path, bdn, contents):
    """A folder that was handed over may hold a forged journal and links to a user's files."""
    out, home = tmp_path / "out", tmp_path / "home"
    for folder in ("B", "block-000000", "."):
        (home / folder).mkdir(parents=True, exist_ok=True)
        for number in range(4):
            (home / folder / f"{number:06d}.png").write_text("mine")
    before = contents(home)
    plan = plan_export([tiny_shards], bdn)
    claim(out, plan, [file for block in plan.layout.blocks for file in block.files])
    (out / link).parent.mkdir(exist_ok=True)
    (out / link).symlink_to(home)
    with pytest.raises(OutputError, match="a link on the way leads there; remove the link"):
        export([tiny_shards], out, bdn, RunConfig(jobs=1))
    with (
        pytest.raises(OutputError, match=r"a link on the way leads there|files .* no export"),
        ExportMaking(plan, out, RunConfig(jobs=1), overwrite=True) as making,
    ):
        list(making)
    assert contents(home) == before


# Room


@pytest.mark.parametrize(
    "settings", [{"to": "views"}, {"to": "webdataset", "format": "npy"}], ids=["views", "npy"]
)
def test_too_little_room_for_arrays_is_told_before_work_begins(
    settings, tiny_shards, tmp_path, monkeypatch, contents
):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(OutputError, match="GiB are free; make room, or choose fewer sequences"):
        export([tiny_shards], tmp_path / "out", ExportConfig(**settings), RunConfig(jobs=1))
    assert contents(tmp_path / "out") == {}


@pytest.mark.parametrize(
    "settings", [{"to": "views"}, {"to": "webdataset", "format": "npy"}], ids=["views", "npy"]
)
def test_room_asked_for_is_no_more_than_what_is_written(
    settings, tiny_shards, tmp_path, monkeypatch
):
    plan = plan_export([tiny_shards], ExportConfig(**settings))
    asked = sum(block.nbytes for block in plan.layout.blocks)
    with ExportMaking(plan, tmp_path / "out", RunConfig(jobs=1)) as making:
        list(making)
        assert 0.2 * making.nbytes < asked <= making.nbytes  # small pictures, large headers
