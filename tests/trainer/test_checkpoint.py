from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqsynth.errors import OutputError
from tests.trainer.restoring.stubs import TINY
from trainer.checkpoint import (
    Checkpoint,
    current_versions,
    load_checkpoint,
    load_student,
    load_teacher,
    save_checkpoint,
)
from trainer.data.sources import ShardMark
from trainer.errors import CheckpointError
from trainer.nets import StudentNet, TeacherNet
from trainer.recipe import FitConfig, load_recipe
from trainer.training.changes import check_same_run

Recipe = Callable[..., FitConfig]


def mark(**changes: object) -> ShardMark:
    plain = ShardMark(
        name="shards",
        kind="synthetic",
        fingerprint="f0",
        configuration={"seed": 1, "window": [224, 224], "scale": 1.0},
        counts={"train": 10, "val": 2},
        digest={"train-00000.h5": "aa", "val-00000.h5": "bb"},
    )
    return replace(plain, **changes)


@pytest.fixture
def checkpoint(tiny: Recipe) -> Checkpoint:
    config = tiny()
    return Checkpoint(
        stage="teacher",
        step=3,
        config=config,
        shards=(mark(),),
        weights=TeacherNet(config.net).state_dict(),
        scores={"psnr": 20.5},
        versions=current_versions(),
        training={"best": 20.5},
    )


def test_what_is_saved_is_loaded(checkpoint: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(checkpoint, tmp_path / "last.pt")
    loaded = load_checkpoint(tmp_path / "last.pt")
    for name in ("stage", "step", "config", "shards", "scores", "versions", "training"):
        assert getattr(loaded, name) == getattr(checkpoint, name)
    assert all(torch.equal(loaded.weights[k], w) for k, w in checkpoint.weights.items())


def test_a_checkpoint_needs_no_code_to_be_read(checkpoint: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(checkpoint, tmp_path / "last.pt")
    with torch.serialization.safe_globals([]):
        document = torch.load(tmp_path / "last.pt", weights_only=True)
    assert document["config"]["seed"] == 0


def test_a_missing_checkpoint_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint; train one"):
        load_checkpoint(tmp_path / "last.pt")


def test_a_torn_checkpoint_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    save_checkpoint(checkpoint, file)
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match="torn or no checkpoint"):
        load_checkpoint(file)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"format": Path("x")}, tmp_path / "last.pt")
    with pytest.raises(
        CheckpointError, match=r"torn or no checkpoint .* or name another"
    ) as caught:
        load_checkpoint(tmp_path / "last.pt")
    # Torch would have it loaded all the same.
    assert "weights_only" not in str(caught.value)


def test_folder_is_not_called_a_torn_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"cannot be read \(Is a directory\); name a"):
        load_checkpoint(tmp_path)


def test_weights_alone_are_no_checkpoint(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, tmp_path / "weights.pt")
    with pytest.raises(CheckpointError, match="holds weights, but is no checkpoint"):
        load_checkpoint(tmp_path / "weights.pt")


def test_a_newer_checkpoint_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    save_checkpoint(checkpoint, file)
    document = torch.load(file, weights_only=True)
    torch.save(document | {"version": 99}, file)
    with pytest.raises(CheckpointError, match=r"version 99.*upgrade"):
        load_checkpoint(file)


def test_a_checkpoint_of_another_trainer_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    save_checkpoint(checkpoint, file)
    document = torch.load(file, weights_only=True)
    document["shards"] = [{"name": "shards"}]
    torch.save(document, file)
    with pytest.raises(CheckpointError, match="another trainer"):
        load_checkpoint(file)


def test_a_teacher_is_no_student(checkpoint: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(checkpoint, tmp_path / "best.pt")
    assert not load_teacher(tmp_path / "best.pt")[0].training
    with pytest.raises(CheckpointError, match="holds a teacher, a student is wanted"):
        load_student(tmp_path / "best.pt")


def test_a_failed_write_leaves_what_was_there(checkpoint: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(checkpoint, tmp_path / "last.pt")
    lame = replace(checkpoint, step=4, training={"best": (n for n in ())})
    with pytest.raises(TypeError):
        save_checkpoint(lame, tmp_path / "last.pt")
    assert load_checkpoint(tmp_path / "last.pt").step == 3
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_a_folder_that_cannot_be_made_is_named(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(OutputError, match=r"runs.*cannot be written"):
        save_checkpoint(checkpoint, tmp_path / "runs" / "last.pt")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"configuration": {"seed": 2, "window": [224, 224], "scale": 1.0}},
            "configuration.seed was 1, now 2",
        ),
        ({"counts": {"train": 11, "val": 2}}, "counts.train was 10, now 11"),
        (
            {"digest": {"train-00000.h5": "aa", "val-00000.h5": "cc"}},
            "digest.val-00000.h5 was 'bb', now 'cc'",
        ),
        ({"kind": "captured"}, "kind was 'synthetic', now 'captured'"),
    ],
)
def test_shards_that_changed_are_refused_with_the_difference(
    checkpoint: Checkpoint, change: dict[str, object], said: str
) -> None:
    with pytest.raises(CheckpointError) as error:
        check_same_run(checkpoint, Path("last.pt"), checkpoint.config, (mark(**change),))
    assert f"shards shards changed since, {said}" in str(error.value)


def test_shards_may_move(checkpoint: Checkpoint) -> None:
    check_same_run(checkpoint, Path("last.pt"), checkpoint.config, (mark(name="elsewhere"),))


def test_shards_that_are_gone_are_named(checkpoint: Checkpoint) -> None:
    marks = (mark(), mark(name="more"))
    with pytest.raises(CheckpointError, match="on shards shards, now shards, more"):
        check_same_run(checkpoint, Path("last.pt"), checkpoint.config, marks)


def test_another_recipe_is_refused_with_the_difference(
    checkpoint: Checkpoint, tiny: Recipe
) -> None:
    other = tiny({"teacher": {"weights": {"decoupling": 0.5}}})
    with pytest.raises(CheckpointError, match=r"teacher\.weights\.decoupling was 1\.0, now 0\.5"):
        check_same_run(checkpoint, Path("last.pt"), other, checkpoint.shards)


def test_settings_that_change_no_step_may_change(checkpoint: Checkpoint, tiny: Recipe) -> None:
    other = tiny({"max_steps": 9, "stage": "teacher", "prefetch": 0, "save_steps": 7})
    check_same_run(checkpoint, Path("last.pt"), other, checkpoint.shards)


def drop_version(document: dict) -> None:
    del document["version"]


def odd_version(document: dict) -> None:
    document["version"] = "1"


def drop_weight(document: dict) -> None:
    document["weights"] = dict(list(document["weights"].items())[1:])


def other_shape(document: dict) -> None:
    name = next(iter(document["weights"]))
    document["weights"] = {**document["weights"], name: torch.zeros(3, 5, 7)}


def other_type(document: dict) -> None:
    name = next(iter(document["weights"]))
    whole = document["weights"][name].to(torch.int64)
    document["weights"] = {**document["weights"], name: whole}


def no_tensor(document: dict) -> None:
    document["weights"] = {**document["weights"], "more": [1.0]}


def one_too_many(document: dict) -> None:
    document["weights"] = {**document["weights"], "more": torch.zeros(1)}


def no_weights(document: dict) -> None:
    document["weights"] = None


def odd_step(document: dict) -> None:
    document["step"] = "five"


def drop_config(document: dict) -> None:
    del document["config"]


def odd_versions(document: dict) -> None:
    document["versions"] = {"torch": torch.zeros(2)}


def odd_origin(document: dict) -> None:
    document["origin"] = float("nan")


def odd_changes(document: dict) -> None:
    document["changes"] = [{"step": 1}]


ODD = {
    drop_version: "has version None",
    odd_version: "has version '1'",
    drop_weight: "no weight ",
    other_shape: r"is \(3, 5, 7\), \(.*\) is wanted",
    other_type: r"is torch\.int64, torch\.float32 is wanted",
    no_tensor: "weight 'more' is",
    one_too_many: "weight 'more' is unknown",
    no_weights: "weights is None",
    odd_step: "step is 'five'",
    drop_config: "no config",
    odd_versions: r"version 'torch' is a tensor of \(2,\)",
    odd_origin: "origin is nan",
    odd_changes: r"a change is \{'step': 1\}",
}


@pytest.mark.parametrize("change", ODD, ids=lambda change: change.__name__)
def test_checkpoint_that_does_not_fit_is_one_line(tmp_path: Path, change: object) -> None:
    config = load_recipe("small", overrides={"net": TINY})
    net = StudentNet(config.net)
    file = tmp_path / "best.pt"
    save_checkpoint(
        Checkpoint("student", 1, config, (), net.state_dict(), {}, current_versions()), file
    )
    document = torch.load(file, weights_only=True)
    change(document)
    torch.save(document, file)
    with pytest.raises(CheckpointError, match=ODD[change]) as caught:
        load_student(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x80\2}q\0.", b"(" * 100_000, b"no"])
def test_file_that_is_no_checkpoint_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "best.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"best\.pt"):
        load_student(tmp_path / "best.pt")
