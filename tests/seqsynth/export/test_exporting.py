"""What is chosen, refused and written down."""

import json
import os
import pickle
import subprocess
import sys

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import OutputError, ShardError
from seqsynth.export import ExportConfig, export, plan_export
from seqsynth.shards import open_shards

# The source


def test_damaged_shard_is_not_passed_on(shards_copy, tmp_path, bdn):
    shard = shards_copy / "train-00000.h5"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(ShardError, match=r"train-00000\.h5 is not the file that its index"):
        export([shards_copy], tmp_path / "out", bdn, RunConfig(jobs=1))


def test_set_named_twice_is_refused(tiny_shards, tmp_path, bdn):
    with pytest.raises(ShardError, match=f"{tiny_shards} is named twice"):
        export([tiny_shards, tiny_shards], tmp_path / "out", bdn)


@pytest.mark.parametrize("place", [".", "for_bdn"])
def test_output_in_a_set_that_is_exported_is_refused(place, shards_copy, bdn):
    before = sorted(shards_copy.rglob("*"))
    with pytest.raises(OutputError, match=r"is, or lies in, .*; choose another folder"):
        export([shards_copy], shards_copy / place, bdn)
    assert sorted(shards_copy.rglob("*")) == before


def test_several_sets_follow_one_another(tiny_shards, make_shards, tmp_path):
    other = make_shards(tmp_path / "other", seed=1, sequences=5)
    config = ExportConfig(to="bdn", split=("train",))
    plan = export([tiny_shards, other], tmp_path / "out", config, RunConfig(jobs=1))
    rows = (tmp_path / "out/samples.csv").read_text().splitlines()[1:]
    assert [row.split(",")[2] for row in rows] == ["0"] * 19 + ["1"] * 4
    assert [source["chosen"] for source in plan.sources] == [{"train": 19}, {"train": 4}]


@pytest.mark.parametrize(("split", "warned"), [((), True), (("train",), False)])
def test_photos_trained_on_and_held_out_are_warned_of(
    split, warned, tiny_shards, make_shards, tmp_path, caplog
):
    other = make_shards(tmp_path / "other", seed=1, sequences=40)
    shown = [
        {name for s in open_shards(folder).split(side) for name in s.metadata["source"]}
        for folder, side in ((other, "train"), (tiny_shards, "val"))
    ]
    assert shown[0] & shown[1]
    plan_export([tiny_shards, other], ExportConfig(to="bdn", split=split))
    assert ("what is held out leaks into training" in caplog.text) is warned


@pytest.mark.parametrize("layout", ["bdn", "folders", "webdataset", "hf", "views"])
def test_task_of_a_worker_names_no_shard_but_its_own(layout, tiny_shards, small_blocks):
    """Naming thousands of shards in each of thousands of tasks would be most of the work."""
    plan = plan_export([tiny_shards], ExportConfig(to=layout))
    task = pickle.dumps(plan.layout.blocks[-1])
    assert b"val-00000.h5" in task
    assert b"train-00000.h5" not in task


# The manifest


def test_manifest_counts_and_hashes_every_file(whole, tmp_path):
    out = tmp_path / "whole"
    manifest = json.loads((out / "MANIFEST.json").read_text())
    files = {name: digest for name, digest in whole.items() if not name.startswith("MANIFEST")}
    assert {name: digest for name, (_, digest) in manifest["sha256"].items()} == files
    assert {name: size for name, (size, _) in manifest["sha256"].items()} == {
        name: (out / name).stat().st_size for name in files
    }
    assert manifest["bytes"] == sum((out / name).stat().st_size for name in files)
    assert manifest["samples"] == {"train": 4}
    assert manifest["files"] == len(files) == 13
    assert manifest["sources"][0]["chosen"] == {"train": 4}


def test_coreutils_check_the_sums(whole, tmp_path):
    check = ["sha256sum", "--check", "--strict", "MANIFEST.sha256"]
    run = subprocess.run(check, cwd=tmp_path / "whole", capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert run.stdout.count(": OK") == 13


def test_manifest_tells_no_machine_path(whole, tmp_path, tiny_shards):
    text = (tmp_path / "whole/MANIFEST.json").read_text()
    for secret in (str(tmp_path), str(tiny_shards), os.uname().nodename):
        assert secret not in text


# What is chosen


def test_conditions_and_limit_choose_sequences(tiny_shards, tmp_path):
    config = ExportConfig(to="bdn", where=("sigma>=3", "split=train"), limit=5)
    export([tiny_shards], tmp_path / "out", config, RunConfig(jobs=1))
    rows = (tmp_path / "out/samples.csv").read_text().splitlines()[1:]
    wanted = [s.name for s in open_shards(tiny_shards).split("train") if s.metadata["sigma"] >= 3]
    assert [row.split(",")[4] for row in rows] == wanted[:5]


CONTRADICTIONS: list[tuple[dict, str]] = [
    ({"to": "errnet", "format": "npy"}, "format npy is for layout webdataset"),
    ({"to": "ceilnet", "format": "jpg"}, "its loader looks for -input.png"),
    ({"to": "views", "format": "jpg"}, "it holds plain arrays"),
    ({"to": "bdn", "training": "pool"}, "training means nothing to layout bdn"),
    ({"to": "ibcln", "pool_reflections": True}, "pool_reflections means nothing"),
    ({"to": "bdn", "shard_size": 5}, "shard_size means nothing to layout bdn"),
    ({"to": "errnet", "quality": 80}, "quality is for format jpg"),
    ({"to": "errnet", "where": ("sigma",)}, "is not KEY OPERATOR VALUE"),
]


@pytest.mark.parametrize(("settings", "reason"), CONTRADICTIONS)
def test_settings_that_contradict_are_refused(settings, reason):
    with pytest.raises(ValueError, match=reason):
        ExportConfig(**settings)


def test_import_of_the_command_loads_no_heavy_library():
    code = (
        "import sys, seqsynth.export; "
        "print([m for m in ('datasets', 'pyarrow', 'webdataset', 'torch') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
