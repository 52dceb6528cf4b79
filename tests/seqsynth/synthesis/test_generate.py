"""The Python twin of ``seqsynth generate``: what it plans, makes, and leaves when it stops."""

import fcntl
import importlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import OutputError, ShardError, SourceError
from seqsynth.shards import ShardEntry, open_shards, read_index
from seqsynth.synthesis import generate, generation, plan_generation
from seqsynth.synthesis.generate import (
    GenerationPlan,
    SynthesisTask,
    make_packed_shard,
    synthesise_shard,
)

ALONE = RunConfig(jobs=1)


@pytest.fixture
def config(tiny_settings: dict[str, Any]) -> SynthesisConfig:
    return SynthesisConfig(**tiny_settings)


@pytest.fixture
def plan(tiny_voc: Path, config: SynthesisConfig) -> GenerationPlan:
    return plan_generation(tiny_voc, config)


def test_generate_returns_the_index_it_wrote(tiny_voc, config, tmp_path):
    index = generate(tiny_voc, tmp_path / "out", config, ALONE)
    assert index == read_index(tmp_path / "out")
    assert index.complete
    assert len(open_shards(tmp_path / "out")) == index.sequences == 24


def test_function_and_command_make_the_same_shards(tiny_voc, config, tmp_path, tiny_shards):
    generate(tiny_voc, tmp_path / "out", config, ALONE)
    for path in tiny_shards.iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_plan_divides_evenly_training_first(plan):
    assert [(task.file, task.split, task.first, task.count) for task in plan.tasks] == [
        ("train-00000.h5", "train", 0, 6),
        ("train-00001.h5", "train", 6, 6),
        ("train-00002.h5", "train", 12, 7),
        ("val-00000.h5", "val", 0, 5),
    ]


@pytest.mark.parametrize(
    ("sequences", "fraction", "expected"),
    [
        (10, 0.25, (7, 3)),
        (1, 0.05, (1, 0)),
        (1, 0.5, (0, 1)),
        (30, 0, (30, 0)),
        (30, 0.05, (28, 2)),
    ],
)
def test_validation_share_of_the_sequences_is_rounded_half_up(
    tiny_voc, config, sequences, fraction, expected
):
    settings = {"sequences": sequences, "val_fraction": fraction}
    plan = plan_generation(tiny_voc, config.model_copy(update=settings))
    counts = {
        split: sum(task.count for task in plan.tasks if task.split == split)
        for split in ("train", "val")
    }
    assert tuple(counts.values()) == expected


def test_shard_size_changes_no_sequence(tiny_voc, make_shards, tmp_path):
    one = open_shards(make_shards(tmp_path / "one", shard_size=2**30))
    many = open_shards(make_shards(tmp_path / "many", shard_size=1))
    assert len(list((tmp_path / "one").glob("*.h5"))) == 2
    assert len(list((tmp_path / "many").glob("*.h5"))) == 24
    for first, second in zip(one, many, strict=True):
        assert first.blended.tobytes() == second.blended.tobytes()
        assert (first.name, first.metadata) == (second.name, second.metadata)


@pytest.mark.parametrize(
    ("run", "each"),
    [
        (RunConfig(jobs=1, image_cache=1000), 1000),
        (RunConfig(jobs=4, image_cache=1000), 250),
        (RunConfig(jobs=4, image_cache=1000, backend="threading"), 1000),
    ],
    ids=["alone", "processes", "threads"],
)
def test_image_cache_is_shared_out_over_processes(
    tiny_voc, config, tmp_path, monkeypatch, run, each
):
    one_shard = config.model_copy(update={"shard_size": 2**30, "val_fraction": 0.0})
    module = importlib.import_module("seqsynth.synthesis.generate")
    rooms = []
    shared = module.shared_cache
    monkeypatch.setattr(module, "shared_cache", lambda room: rooms.append(room) or shared(room))
    generate(tiny_voc, tmp_path, one_shard, run)
    assert rooms == [each]


def test_fingerprint_follows_settings_and_photos_and_nothing_else(tiny_voc, config, tmp_path):
    first = plan_generation(tiny_voc, config).index.fingerprint
    assert plan_generation(tiny_voc / "VOC2012", config).index.fingerprint == first
    for other in ({"seed": 1}, {"attenuation": 1.4}, {"sequences": 25}, {"image_set": "val"}):
        assert plan_generation(tiny_voc, config.model_copy(update=other)).index.fingerprint != first


def test_number_of_sequences_is_stored_also_where_it_was_not_asked_for(tiny_voc, config):
    plan = plan_generation(tiny_voc, config.model_copy(update={"sequences": None}))
    assert plan.sequences == plan.index.configuration["sequences"] == 10


def stop_after_one_shard(plan: GenerationPlan, out: Path, run: RunConfig) -> None:
    with generation(plan, out, run) as making:
        for _ in making:
            raise KeyboardInterrupt


def test_stopping_between_shards_leaves_them_readable_and_the_folder_free(plan, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        stop_after_one_shard(plan, tmp_path, ALONE)
    assert len(open_shards(tmp_path)) == 6
    assert not read_index(tmp_path).complete
    assert is_free(tmp_path)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_nothing_is_written_once_the_work_is_left(tiny_voc, config, tmp_path, backend):
    many = config.model_copy(update={"sequences": 2000, "shard_size": 1})
    plan = plan_generation(tiny_voc, many)
    with pytest.raises(KeyboardInterrupt) as stop:
        stop_after_one_shard(plan, tmp_path, RunConfig(jobs=2, backend=backend))
    # The traceback still holds the loop, as it does while a command is being left.
    assert stop.tb is not None
    left = sorted(path.name for path in tmp_path.iterdir())
    assert not [name for name in left if name.endswith(".partial")]
    assert is_free(tmp_path)
    time.sleep(0.5)
    assert sorted(path.name for path in tmp_path.iterdir()) == left


def test_failure_before_the_first_shard_leaves_an_empty_folder(tiny_voc, config, tmp_path):
    plan = plan_generation(tiny_voc, config.model_copy(update={"window": (60, 60)}))
    with (
        pytest.raises(SourceError, match="unusable"),
        generation(plan, tmp_path, ALONE) as making,
    ):
        list(making)
    assert list(tmp_path.iterdir()) == []


def test_failure_after_the_first_shard_keeps_it(plan, tmp_path, monkeypatch):
    module = importlib.import_module("seqsynth.synthesis.generate")
    made = module.synthesise_shard

    def make_one(
        plan: GenerationPlan, task: SynthesisTask, out: Path, cache_bytes: int
    ) -> ShardEntry:
        if task.first:
            raise SourceError("no more photos")
        return made(plan, task, out, cache_bytes)

    monkeypatch.setattr(module, "synthesise_shard", make_one)
    with pytest.raises(SourceError), generation(plan, tmp_path, ALONE) as making:
        list(making)
    assert len(open_shards(tmp_path)) == 6


def test_finished_counts_earlier_runs_too(plan, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        stop_after_one_shard(plan, tmp_path, ALONE)
    with generation(plan, tmp_path, ALONE) as making:
        assert making.finished == 6
        files = [entry.file for entry in making]
        assert files == ["train-00001.h5", "train-00002.h5", "val-00000.h5"]
        assert making.finished == 24


def test_complete_set_is_left_as_it_is(tiny_shards, plan, shards_copy):
    before = {path.name: path.stat().st_mtime_ns for path in shards_copy.glob("*.h5")}
    with generation(plan, shards_copy, ALONE) as making:
        assert list(making) == []
        assert making.index == read_index(tiny_shards)
    assert {path.name: path.stat().st_mtime_ns for path in shards_copy.glob("*.h5")} == before


def test_other_configuration_is_refused_and_overwriting_is_asked_for(tiny_voc, config, shards_copy):
    other = plan_generation(tiny_voc, config.model_copy(update={"seed": 4}))
    with (
        pytest.raises(ShardError, match="seed 0 there, 4 asked for"),
        generation(other, shards_copy, ALONE),
    ):
        pass
    with generation(other, shards_copy, ALONE, overwrite=True) as making:
        list(making)
    assert read_index(shards_copy).configuration["seed"] == 4


def test_folder_in_use_is_refused(plan, tmp_path):
    with (
        generation(plan, tmp_path, ALONE),
        pytest.raises(OutputError, match="in use by another run"),
        generation(plan, tmp_path, ALONE),
    ):
        pass


def is_free(folder: Path) -> bool:
    """Say whether no run holds the folder's lock."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def test_what_a_task_takes_along_does_not_grow_with_the_number_of_shards(tiny_voc):
    def packed_size(shard_size: int) -> tuple[int, int]:
        config = SynthesisConfig(window=(16, 24), sequences=400, shard_size=shard_size)
        plan = plan_generation(tiny_voc, config)
        return len(plan.tasks), len(plan.packed())

    (few, small), (many, large) = packed_size(2**30), packed_size(1)
    assert many > 100 * few
    assert large < 1.05 * small


def test_packed_plan_makes_the_same_shard(plan, tmp_path):
    for name in ("plain", "packed"):
        (tmp_path / name).mkdir()
    task = plan.tasks[0]
    plain = synthesise_shard(plan, task, tmp_path / "plain", 0)
    assert make_packed_shard(plan.packed(), task, tmp_path / "packed", 0) == plain
