"""An export is the same to the byte, by any workers, and taken up where it stopped."""

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.config import RunConfig
from seqsynth.errors import OutputError
from seqsynth.export import (
    ExportConfig,
    ExportMaking,
    ExportPlan,
    blocks,
    export,
    pair_folders,
    plan_export,
)

# The same bytes, however it is made


@pytest.mark.parametrize("layout", ["errnet", "ibcln", "folders", "webdataset", "hf", "views"])
def test_two_workers_make_the_same_bytes_as_one(
    layout, tiny_shards, tmp_path, small_blocks, contents
):
    size = {"shard_size": 20_000} if layout in ("webdataset", "hf", "views") else {}
    config = ExportConfig(to=layout, limit=12, **size)
    for jobs in (1, 2):
        run = RunConfig(jobs=jobs, backend="threading")
        assert len(export([tiny_shards], tmp_path / str(jobs), config, run).layout.blocks) > 1
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_worker_processes_make_the_same_bytes(whole, tiny_shards, tmp_path, contents, bdn):
    export([tiny_shards], tmp_path / "out", bdn, RunConfig(jobs=2))
    assert contents(tmp_path / "out") == whole


def test_one_block_or_many_hold_the_same_pictures(
    whole, tiny_shards, tmp_path, monkeypatch, contents, bdn
):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2**30)
    export([tiny_shards], tmp_path / "out", bdn, RunConfig(jobs=1))
    assert contents(tmp_path / "out") == whole


# Interruptions


def stop_after_one(plan: ExportPlan, out: Path) -> None:
    """Press Ctrl-C once the first block is there."""
    with ExportMaking(plan, out, RunConfig(jobs=1)) as making:
        for _ in making:
            raise KeyboardInterrupt


def test_stopped_export_is_taken_up(whole, tiny_shards, tmp_path, contents, bdn):
    plan = plan_export([tiny_shards], bdn)
    with pytest.raises(KeyboardInterrupt):
        stop_after_one(plan, tmp_path / "out")
    assert not (tmp_path / "out/MANIFEST.json").exists()
    with ExportMaking(plan, tmp_path / "out", RunConfig(jobs=1)) as making:
        assert making.finished == 1
        assert sum(making) == 3
    assert contents(tmp_path / "out") == whole


def killed_at(step: int, shards: Path, out: Path) -> bool:
    """Export in a child that kills itself at the n-th write, rename, sync or removal."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(step)
            export([shards], out, ExportConfig(to="bdn", limit=4), RunConfig(jobs=1))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _die_at(step: int) -> None:
    counted = iter(range(step))

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(counted, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    for owner, name in (
        (Path, "replace"),
        (Path, "write_bytes"),
        (Path, "unlink"),
        (os, "fsync"),
        (shutil, "rmtree"),
    ):
        setattr(owner, name, dying(getattr(owner, name)))


def test_killed_at_every_fifth_step_it_is_taken_up_to_the_same_bytes(
    whole, tiny_shards, tmp_path, contents, bdn
):
    steps = 0
    while killed_at(steps, tiny_shards, tmp_path / f"out{steps}"):
        out = tmp_path / f"out{steps}"
        export([tiny_shards], out, bdn, RunConfig(jobs=1))
        assert contents(out) == whole, f"killed at step {steps}"
        shutil.rmtree(out)
        steps += 5
    assert steps > 40, "the sweep ended early"


def test_killed_twice_it_is_taken_up(whole, tiny_shards, tmp_path, contents, bdn):
    for steps in (45, 30, 20):
        assert killed_at(steps, tiny_shards, tmp_path / "out")
    export([tiny_shards], tmp_path / "out", bdn, RunConfig(jobs=1))
    assert contents(tmp_path / "out") == whole


def test_what_a_killed_export_left_is_replaced_without_rest(tiny_shards, whole, tmp_path):
    assert killed_at(45, tiny_shards, tmp_path / "out")
    plan = plan_export([tiny_shards], ExportConfig(to="ceilnet", limit=1))
    with ExportMaking(plan, tmp_path / "out", RunConfig(jobs=1), overwrite=True) as making:
        list(making)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "train",
        "samples.csv",
        "MANIFEST.json",
        "MANIFEST.sha256",
    }
    assert len(list((tmp_path / "out/train").iterdir())) == 3


def test_finished_export_is_left_alone(whole, tiny_shards, tmp_path, bdn):
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "whole").rglob("*")}
    export([tiny_shards], tmp_path / "whole", bdn, RunConfig(jobs=1))
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "whole").rglob("*")} == before


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [flip_a_bit, Path.unlink, lambda path: path.write_bytes(b"x")],
    ids=["flipped", "removed", "cut"],
)
def test_damaged_file_of_a_finished_export_is_made_again(
    damage, whole, tiny_shards, tmp_path, contents, bdn
):
    out = tmp_path / "whole"
    for file in ("train/B/000002.png", "samples.csv"):
        damage(out / file)
        export([tiny_shards], out, bdn, RunConfig(jobs=1))
        assert contents(out) == whole


def test_mending_may_be_killed_and_taken_up(whole, tiny_shards, tmp_path, contents, bdn):
    out = tmp_path / "whole"
    for step in range(1, 12, 2):
        flip_a_bit(out / "train/B/000002.png")
        assert killed_at(step, tiny_shards, out)
        export([tiny_shards], out, bdn, RunConfig(jobs=1))
        assert contents(out) == whole, f"killed at step {step}"


def test_full_disk_is_said_and_what_is_finished_stays(
    whole, tiny_shards, tmp_path, monkeypatch, contents, bdn
):
    written = Path.write_bytes
    left = iter(range(7))

    def write(self: Path, data: bytes) -> int:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written(self, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(
        OutputError,
        match=r"cannot be written \(No space left on device\); make "
        "room and run the same command again",
    ):
        export([tiny_shards], tmp_path / "out", bdn, RunConfig(jobs=1))
    monkeypatch.setattr(Path, "write_bytes", written)
    kept = contents(tmp_path / "out")
    assert kept.keys() >= {"export.journal", "train/I/000000.png"}
    assert not any("partial" in name for name in kept)
    export([tiny_shards], tmp_path / "out", bdn, RunConfig(jobs=1))
    assert contents(tmp_path / "out") == whole


def test_export_that_made_nothing_leaves_the_folder_as_it_was(
    tiny_shards, tmp_path, monkeypatch, contents, bdn
):
    monkeypatch.setattr(pair_folders, "encode_picture", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export([tiny_shards], tmp_path / "out", bdn, RunConfig(jobs=1))
    assert contents(tmp_path / "out") == {}
